"""Web push (RFC 8030): one POST to a browser's push service, sealed for that browser (RFC 8291) and signed (VAPID).

A push service is a stranger's server that a browser names: it is reached as webhooks are, outside our network alone.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from notifier.channels import GiveUp, Message, RetryLater
from notifier.channels.vapid import Vapid
from notifier.devices.model import Subscription, decoded
from notifier.notifications.outcomes import Handover
from notifier.outbound.push_services import BUSY, PushServices
from notifier.outbound.safe_http import AddressNotAllowed, NoAnswer, SafeHttpClient

Urgency = Literal["normal", "high"]

KEPT_SECONDS = 24 * 3_600
"""For so long a push service waits for a browser that is off: as long as anything is told at all."""
LONGEST_PAYLOAD = 3_000
"""Bytes. Push services must take 4,096 with all that the sealing adds."""
GONE = frozenset({404, 410})


class WebPush:
    name = "push"

    def __init__(
        self,
        outside: SafeHttpClient,
        vapid: Vapid,
        at_once: int,
        urgency: Urgency,
        services: PushServices | None = None,
    ) -> None:
        self.outside = outside
        self.vapid = vapid
        self.at_once = at_once
        self.urgency = urgency
        self.services = services if services is not None else PushServices()

    async def send(self, message: Message) -> Handover:
        """`address` is a subscription as JSON, `text` what its service worker reads. `is_dead`: the browser is gone.

        Raises RetryLater, GiveUp or NotNow. Never Unavailable: one push service says nothing of the others.
        """
        try:
            subscription = Subscription.model_validate_json(message.address)
            sealed = sealed_for(subscription, message.text.encode())
        except ValueError as error:
            raise GiveUp("push not sealed") from error
        service = self.services.named(urlsplit(subscription.endpoint).netloc)
        headers = self._headers(subscription, message)
        try:
            answer = await service.ask(lambda: self.outside.post(subscription.endpoint, sealed, headers))
        except AddressNotAllowed as error:
            raise GiveUp("push not outside", is_dead=True) from error
        except NoAnswer as error:
            raise RetryLater(f"push {error}") from error
        if answer.status in GONE:
            raise GiveUp(f"push {answer.status}", is_dead=True)
        if answer.status in BUSY or answer.status >= 500:
            raise RetryLater(f"push {answer.status}")
        if not 200 <= answer.status < 300:
            raise GiveUp(f"push {answer.status}")
        return Handover()

    async def close(self) -> None:
        await self.outside.close()

    def _headers(self, subscription: Subscription, message: Message) -> Mapping[str, str]:
        """The same message handed over twice has the same topic: of two that wait a browser gets one."""
        topic = urlsafe_b64encode(hashlib.sha256(message.id.encode()).digest())[:32].decode()
        return {
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(KEPT_SECONDS),
            "Urgency": self.urgency,
            "Topic": topic,
            "Authorization": self.vapid.authorization(subscription.endpoint),
        }


def sealed_for(subscription: Subscription, payload: bytes) -> bytes:
    """Raises ValueError for a key that is no point of the curve, or a payload that no push service has to take."""
    if len(payload) > LONGEST_PAYLOAD:
        raise ValueError("the payload is too long")
    sealed: bytes = http_ece.encrypt(
        payload,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=decoded(subscription.keys.p256dh),
        auth_secret=decoded(subscription.keys.auth),
        version="aes128gcm",
    )
    return sealed
