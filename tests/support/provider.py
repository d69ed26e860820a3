"""An OpenID provider for tests: publishes its key where services look for it, and signs any token a test asks for."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

AUDIENCE = "tawasul"


class Signer:
    """Signs any token that a test asks for, as an issuer that publishes this key."""

    def __init__(self, issuer: str, key: ECKey | RSAKey, header: dict[str, str]) -> None:
        self.issuer = issuer
        self._key = key
        self._header = header

    def token(
        self, subject: str, *roles: str, entity: str | None = None, expires_in: float = 3600, **claims: Any
    ) -> str:
        """A bearer token; `claims` replace or add to the usual ones (`aud`, `iss`, `name`, …)."""
        now = int(time.time())
        known: dict[str, Any] = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": subject,
            "name": subject,
            "roles": list(roles),
            "iat": now,
            "exp": now + int(expires_in),
        }
        if entity is not None:
            known["entity"] = entity
        return jwt.encode(self._header, known | claims, self._key)

    def authorization(self, subject: str, *roles: str, entity: str | None = None, **claims: Any) -> dict[str, str]:
        """The request header of a person with these roles."""
        return {"Authorization": f"Bearer {self.token(subject, *roles, entity=entity, **claims)}"}


class Provider(Signer):
    """Give `issuer` to a service (TAWASUL_OIDC_ISSUER) and `authorization(...)` to its client."""

    def __init__(self) -> None:
        key = ECKey.generate_key("P-256", {"kid": "test", "use": "sig", "alg": "ES256"})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        super().__init__(f"http://127.0.0.1:{self._server.server_port}", key, {"alg": "ES256", "kid": "test"})
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                documents: dict[str, Any] = {
                    "/.well-known/openid-configuration": {
                        "issuer": provider.issuer,
                        "jwks_uri": f"{provider.issuer}/jwks",
                    },
                    "/jwks": {"keys": [provider._key.as_dict(private=False)]},
                }
                document = documents.get(self.path)
                body = json.dumps(document).encode()
                self.send_response(404 if document is None else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        return Handler


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    started = Provider()
    yield started
    started.close()
