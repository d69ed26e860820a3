"""Browsers that show what their owners are told: where they are reached, sealed by which keys, and for whom. Pure."""

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MOST_OF_ONE_READER = 10
"""Browsers; a new one takes the place of the one that was not seen for longest."""
MOST_SCOPE = 50
"""Submissions whose secret links were opened in one browser."""

UNCOMPRESSED, POINT_BYTES, SECRET_BYTES = 4, 65, 16

DevicesOf = Callable[[str], Sequence[str]]
"""The ids of a reader's browsers."""


def owner_of(id: str) -> str:
    """The context to which a browser's sealed subscription is bound."""
    return f"device/{id}"


def decoded(text: str) -> bytes:
    """Decode base64url with or without padding. Raises ValueError."""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("no base64url") from error


def _point(text: str) -> str:
    raw = decoded(text)
    if len(raw) != POINT_BYTES or raw[0] != UNCOMPRESSED:
        raise ValueError("no point of P-256")
    return text


def _secret(text: str) -> str:
    if len(decoded(text)) != SECRET_BYTES:
        raise ValueError("no secret of 16 bytes")
    return text


class Keys(BaseModel):
    """The keys of RFC 8291: the browser's public key, and the secret that it shares only with us."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    p256dh: Annotated[str, Field(max_length=100), AfterValidator(_point)]
    auth: Annotated[str, Field(max_length=30), AfterValidator(_secret)]


class Subscription(BaseModel):
    """As browsers write one out (`PushSubscription.toJSON()`)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    endpoint: str = Field(min_length=10, max_length=500)
    keys: Keys


@dataclass(frozen=True)
class Device:
    """A browser, owned like an inbox: by the person who signed in there and by the submissions whose links were opened
    there.

    `sealed`: its subscription, which only a holder of the contact keys can read.
    """

    id: str
    subject: str | None
    scope: tuple[str, ...]
    sealed: str

    def is_of(self, reader: str) -> bool:
        return reader == self.subject or reader in self.scope
