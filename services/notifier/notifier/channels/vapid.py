"""VAPID (RFC 8292): push services see that it is always us who writes, and whom to ask about it."""

import time
from base64 import urlsafe_b64encode
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from notifier.devices.model import decoded

KEY_BYTES = 32
GOOD_FOR_SECONDS = 12 * 3_600
"""At most a day may be asked for."""
RENEWED_BEFORE_SECONDS = 3_600
MOST_KEPT = 200
"""Tokens, one for each push service: there are a handful, and anybody may name another."""


class Vapid:
    """`contact`: a `mailto:` or `https:` address where the push services' operators find us."""

    def __init__(self, key: str, contact: str) -> None:
        """`key`: the private key, as its 32 bytes in base64url. Raises ValueError for what is none: told at start, not
        with the first message."""
        raw = decoded(key.strip())
        if len(raw) != KEY_BYTES:
            raise ValueError("the key for web push has not 32 bytes")
        private = ec.derive_private_key(int.from_bytes(raw), ec.SECP256R1())
        point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public_key = urlsafe_b64encode(point).rstrip(b"=").decode()
        """As browsers take it for `applicationServerKey`."""
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._key = ECKey.import_key(pem)
        self._contact = contact
        self._tokens: dict[str, tuple[float, str]] = {}

    def authorization(self, endpoint: str) -> str:
        """For the push service of this endpoint; one token serves all its browsers."""
        parts = urlsplit(endpoint)
        audience, now = f"{parts.scheme}://{parts.netloc}", time.time()
        until, token = self._tokens.get(audience, (0.0, ""))
        if until - RENEWED_BEFORE_SECONDS < now:
            until = now + GOOD_FOR_SECONDS
            claims = {"aud": audience, "exp": int(until), "sub": self._contact}
            token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, self._key)
            if len(self._tokens) >= MOST_KEPT:
                self._tokens.clear()
            self._tokens[audience] = (until, token)
        return f"vapid t={token}, k={self.public_key}"
