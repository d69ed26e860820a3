"""One attempt to deliver a webhook: the secrets opened, the POST made, what came of it in a word."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from shared.privacy.contacts import KeyRing, Unreadable

from notifier.channels.webhook import Poster, new_secret
from notifier.outbound.safe_http import AddressNotAllowed, NoAnswer
from notifier.webhooks.model import Delivery, Endpoint, Secret, Try


class SecretBox:
    """The secrets of endpoints, sealed while they are kept."""

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring

    def make(self, endpoint: str, now: datetime) -> Secret:
        id = str(uuid4())
        return Secret(id=id, sealed=self.ring.seal_bytes(new_secret().encode(), _owner(endpoint, id)), made_at=now)

    def open(self, endpoint: str, secret: Secret) -> str:
        """Raises Unreadable."""
        return self.ring.open_bytes(secret.sealed, _owner(endpoint, secret.id)).decode()

    def signing(self, id: str, endpoint: Endpoint, now: datetime) -> list[str]:
        """The secrets that can be opened. Raises Unreadable if none can."""
        opened: list[str] = []
        for secret in endpoint.signing(now):
            try:
                opened.append(self.open(id, secret))
            except Unreadable:
                continue  # its key is off the ring: the other one signs
        if not opened:
            raise Unreadable("key")
        return opened


def _owner(endpoint: str, secret: str) -> str:
    return f"webhook/{endpoint}/{secret}"


async def attempt(
    poster: Poster,
    secrets: SecretBox,
    id: str,
    endpoint: Endpoint,
    delivery: Delivery,
    clock: Callable[[], datetime],
) -> Try:
    """One POST, and what came of it: never raises for what an endpoint does. Raises NotNow where it was not tried."""
    now = clock()
    try:
        answer = await poster.post(endpoint.url, delivery.id, delivery.body, secrets.signing(id, endpoint, now), now)
    except AddressNotAllowed:
        return Try(at=now, reason="not outside", milliseconds=0)
    except Unreadable:
        return Try(at=now, reason="no secret", milliseconds=0)
    except NoAnswer as error:
        return Try(at=now, reason=str(error), milliseconds=_since(now, clock))
    reason = "redirects are not followed" if 300 <= answer.status < 400 else None
    return Try(at=now, status=answer.status, reason=reason, milliseconds=answer.milliseconds)


def _since(began: datetime, clock: Callable[[], datetime]) -> int:
    return max(0, round((clock() - began) / timedelta(milliseconds=1)))
