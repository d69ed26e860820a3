"""How to reach the author of a submission, sealed under the key ring that only intake and notifier hold."""

import binascii
import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, fields

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID_LETTERS = 8


@dataclass(frozen=True, slots=True)
class Contact:
    """`secret` opens the submission's private page; it travels here because mail is where its author finds it.

    `confirmation` is the code by which whoever reads the mail says that the address is theirs, and travels here for
    the same reason. Without one there is nothing to confirm. `number_confirmation` is that of the phone number, which
    only an SMS says.
    """

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    secret: str | None = None
    confirmation: str | None = None
    number_confirmation: str | None = None


FIELDS = tuple(field.name for field in fields(Contact))


class Unreadable(Exception):
    """Sealed under a key that is not on the ring (any more), for another owner, or changed since."""


def new_key() -> str:
    """A key for the ring: 32 random bytes as base64url."""
    return urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


class KeyRing:
    """Keys of 32 bytes as base64url, newest first: the first seals, all open, so that keys rotate without a stop.

    AES-256-GCM with the owner (`submission/contact`) bound in: a sealed contact that is put beside another submission
    does not open. A sealed contact is `key id.base64url(nonce, ciphertext)`; the key id is the start of the key's hash.
    """

    def __init__(self, keys: SecretStr) -> None:
        raw = [_read(part) for part in map(str.strip, keys.get_secret_value().split(",")) if part]
        self._raw = tuple(raw)
        self._keys = {hashlib.sha256(key).hexdigest()[:KEY_ID_LETTERS]: AESGCM(key) for key in raw}
        if not self._keys:
            raise ValueError("there is no contact key")
        self._newest, self._sealing = next(iter(self._keys.items()))

    def seal(self, contact: Contact, owner: str) -> str:
        return self.seal_bytes(orjson.dumps(contact), owner)

    def open(self, sealed: str, owner: str) -> Contact:
        """Raises Unreadable."""
        try:
            known = orjson.loads(self.open_bytes(sealed, owner))
        except orjson.JSONDecodeError as error:
            raise Unreadable("content") from error
        return Contact(**{name: known.get(name) for name in FIELDS})

    def seal_bytes(self, content: bytes, owner: str) -> str:
        """Anything else that is kept sealed; `owner` is bound in as it is with a contact."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._sealing.encrypt(nonce, content, owner.encode())
        return f"{self._newest}.{urlsafe_b64encode(nonce + sealed).decode()}"

    def open_bytes(self, sealed: str, owner: str) -> bytes:
        """Raises Unreadable."""
        key_id, _, encoded = sealed.partition(".")
        key = self._keys.get(key_id)
        if key is None:
            raise Unreadable("key")
        try:
            raw = urlsafe_b64decode(encoded)
            return key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], owner.encode())
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise Unreadable("content") from error

    def marks(self, purpose: str, content: str) -> list[bytes]:
        """One HMAC of this content for each key, newest first: only a holder of the ring can make them.

        `purpose` keeps what was made for one use from being taken for another.
        """
        made = (hmac.digest(key, f"mark\0{purpose}".encode(), hashlib.sha256) for key in self._raw)
        return [hmac.digest(key, content.encode(), hashlib.sha256) for key in made]


def _read(encoded: str) -> bytes:
    try:
        key = urlsafe_b64decode(encoded)
    except binascii.Error as error:
        raise ValueError("a contact key is no base64url") from error
    if len(key) != KEY_BYTES:
        raise ValueError(f"a contact key has {KEY_BYTES} bytes")
    return key
