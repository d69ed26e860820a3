"""A browser that takes web push, as far as its keys go: it opens what was sealed for it, by RFC 8291 alone."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SALT_BYTES, HEADER_BYTES, POINT_BYTES = 16, 21, 65
LAST_RECORD = b"\x02"


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class PushingBrowser:
    endpoint: str
    auth: bytes = b"sixteen bytes ok"
    _private: ec.EllipticCurvePrivateKey = field(default_factory=_key)

    @property
    def subscription(self) -> dict[str, Any]:
        """As browsers write it out."""
        keys = {"p256dh": _text(self._public), "auth": _text(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def opened(self, body: bytes) -> dict[str, Any]:
        """Open a payload. Raises where it was sealed for another browser."""
        salt, theirs = body[:SALT_BYTES], body[HEADER_BYTES : HEADER_BYTES + POINT_BYTES]
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        shared = self._private.exchange(ec.ECDH(), point)
        secret = _derived(shared, self.auth, b"WebPush: info\0" + self._public + theirs, 32)
        key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, body[HEADER_BYTES + POINT_BYTES :], None)
        said: dict[str, Any] = json.loads(padded.rstrip(b"\0").removesuffix(LAST_RECORD))
        return said

    @property
    def _public(self) -> bytes:
        return self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def a_push_key() -> str:
    """A private key of ours."""
    return _text(_key().private_numbers().private_value.to_bytes(32))


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
