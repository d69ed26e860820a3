"""Where the links in messages lead, all under the one public address; and the tokens in those that need no sign-in."""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from shared.privacy.contacts import KeyRing

MARK_BYTES = 16
LONGEST_TOKEN = 200
TOKEN = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
UNSUBSCRIBING = "unsubscribe"


@dataclass(frozen=True)
class Links:
    public_url: str

    def tracking(self, reference: str, secret: str | None) -> str:
        """The author's private page; without a secret, the page that asks for it."""
        path = f"{self._root}/track/{quote(reference, safe='')}"
        return f"{path}/{quote(secret, safe='')}" if secret else path

    def confirmation(self, reference: str, code: str) -> str:
        """Where whoever reads the mail says whether the address is theirs."""
        return f"{self.tracking(reference, None)}/confirm/{quote(code, safe='')}"

    def following(self, reference: str, contact_id: str, code: str) -> str:
        """Where who follows by mail confirms, and stops."""
        part = quote(contact_id, safe="")
        return f"{self.tracking(reference, None)}/following/{part}/{quote(code, safe='')}"

    def desk(self, reference: str | None) -> str:
        """A case at the desk, or all of them."""
        return f"{self._root}/desk/{quote(reference, safe='')}" if reference else f"{self._root}/desk"

    def entity(self) -> str:
        """The page of the cases that are due at one's own entity."""
        return f"{self._root}/performance/entity"

    def webhook(self, id: str) -> str:
        """An endpoint's page in its owner's console."""
        return f"{self._root}/inbox/webhooks/{quote(id, safe='')}"

    def unsubscribing(self, token: str, language: str) -> str:
        """The page that stops mail. Mail programs post to it, browsers show it."""
        return f"{self._root}/inbox/unsubscribe/{token}?{urlencode({'lang': language})}"

    @property
    def _root(self) -> str:
        return self.public_url.rstrip("/")


class NotOurToken(Exception):
    """Forged, damaged, or of a key that is not on the ring any more."""


class UnsubscribeTokens:
    """Which contact a link is about, signed: whoever has one of its mails may stop them, and nobody else."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def write(self, contact: str) -> str:
        return f"{_encoded(contact.encode())}.{_encoded(self._marks(contact)[0])}"

    def read(self, token: str) -> str:
        """The contact's key. Raises NotOurToken."""
        parts = TOKEN.fullmatch(token) if len(token) <= LONGEST_TOKEN else None
        if parts is None:
            raise NotOurToken
        try:
            contact, mark = (urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts.groups())
            key = contact.decode()
        except ValueError as error:
            raise NotOurToken from error
        if not any(hmac.compare_digest(mark, ours) for ours in self._marks(key)):
            raise NotOurToken
        return key

    def _marks(self, contact: str) -> list[bytes]:
        return [mark[:MARK_BYTES] for mark in self._ring.marks(UNSUBSCRIBING, contact)]


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
