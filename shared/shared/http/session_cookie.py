"""The session cookie: who signed in with a browser, readable by every service for at most a quarter of an hour.

A JWE (`dir`, A256GCM) under a key ring that all services share: the first key encrypts, all of them decrypt, so keys
rotate without a stop. Only intake makes cookies; what renews them (refresh tokens, the renewal cookie) never leaves it.
`use` inside keeps what was sealed for one purpose from being taken for another.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from shared.events.model import Role

LIFETIME = timedelta(minutes=15)
LARGEST_COOKIE = 3_800
"""Browsers keep 4,096 bytes for name, value and attributes together."""

SCOPES_KEPT = 8
LONGEST_NAME = 200
USE = "session"
ALGORITHMS = ["dir", "A256GCM"]


class Unreadable(Exception):
    """Forged, damaged, meant for something else, or under a key that is not on the ring (any more)."""


@dataclass(frozen=True)
class Session:
    """`subject` is None for somebody who came by tracking links alone: `scope` holds the ids of those submissions.

    `mail_mark` tells whether an address is the person's own one, as the provider has verified it, without being it.
    """

    id: str
    subject: str | None
    name: str
    roles: frozenset[Role]
    entity: str | None
    scope: tuple[str, ...]
    expires_at: datetime
    mail_mark: str | None = None

    def is_expired(self, now: datetime) -> bool:
        return now >= self.expires_at

    @property
    def person_mark(self) -> str:
        """Tells a script on a page whether this is the same person as before; empty for nobody signed in."""
        return hashlib.sha256(f"person\0{self.subject}".encode()).hexdigest()[:16] if self.subject else ""

    @property
    def form_token(self) -> str:
        return form_token(self.id)


class SessionKeys:
    """Keys of 32 bytes, base64url, newest first, separated by commas."""

    def __init__(self, keys: str) -> None:
        self._ring: dict[str, OctKey] = {}
        for encoded in filter(None, (part.strip() for part in keys.split(","))):
            raw = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            if len(raw) != 32:
                raise ValueError("a session key has 32 bytes")
            self._ring.setdefault(hashlib.sha256(raw).hexdigest()[:8], OctKey.import_key(raw))
        if not self._ring:
            raise ValueError("there is no session key")
        self._newest = next(iter(self._ring))

    def seal(self, use: str, content: Mapping[str, Any]) -> str:
        header = {"alg": "dir", "enc": "A256GCM", "kid": self._newest}
        plain = json.dumps({"use": use, **content}, ensure_ascii=False, separators=(",", ":")).encode()
        return jwe.encrypt_compact(header, plain, self._ring[self._newest], algorithms=ALGORITHMS)

    def open(self, use: str, sealed: str) -> dict[str, Any]:
        """Raises Unreadable."""
        try:
            header = json.loads(urlsafe_b64decode(sealed.partition(".")[0] + "=="))
            key = self._ring[header["kid"]]
            content = json.loads(jwe.decrypt_compact(sealed, key, algorithms=ALGORITHMS).plaintext or b"")
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Unreadable from error
        if not isinstance(content, dict) or content.pop("use", None) != use:
            raise Unreadable
        return content

    def write(self, session: Session) -> str:
        """The cookie's value. Raises ValueError for one that browsers would drop without a word."""
        value = self.seal(
            USE,
            {
                "sid": session.id,
                "sub": session.subject,
                "name": session.name[:LONGEST_NAME],
                "roles": sorted(session.roles),
                "entity": session.entity,
                "scope": session.scope[-SCOPES_KEPT:],
                "exp": int(session.expires_at.timestamp()),
                **({"mail": session.mail_mark} if session.mail_mark else {}),
            },
        )
        if len(value) > LARGEST_COOKIE:
            raise ValueError("this session does not fit into a cookie")
        return value

    def read(self, cookie: str) -> Session:
        """Expired or not: the caller asks. Raises Unreadable."""
        if len(cookie) > LARGEST_COOKIE:
            raise Unreadable
        content = self.open(USE, cookie)
        known = set(Role)
        try:
            return Session(
                id=content["sid"],
                subject=content["sub"],
                name=content["name"],
                roles=frozenset(Role(role) for role in content["roles"] if role in known),
                entity=content["entity"],
                scope=tuple(content["scope"]),
                expires_at=datetime.fromtimestamp(content["exp"], UTC),
                mail_mark=content.get("mail"),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Unreadable from error


def form_token(session_id: str) -> str:
    """Proof that a form came from a page of this session; stays the same when the cookie is renewed."""
    digest = hmac.digest(session_id.encode(), b"form", hashlib.sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")


def mail_mark(address: str) -> str:
    """The same for the ways in which people write one address."""
    return hashlib.sha256(f"mail\0{address.strip().casefold()}".encode()).hexdigest()[:32]


def cookie_name(is_secure: bool) -> str:
    """With TLS the prefix keeps subdomains and plain HTTP from setting it."""
    return "__Host-tawasul" if is_secure else "tawasul"
