"""Signing in at the development OpenID provider as a person would: authorization code with PKCE.

The provider's access tokens are opaque, so local clients present its ID token, a JWT of the same issuer for the same
audience, as their bearer token. With a real provider they present its access token.
"""

import base64
import hashlib
import secrets
from urllib.parse import parse_qs, urlsplit

import httpx2

CLIENT = "tawasul"
SECRET = "local"
"""The development provider takes any, but not none."""
REDIRECT = "http://localhost:8080/auth/callback"
SCOPE = "openid profile email"


class SignInRefused(Exception):
    pass


async def sign_in(issuer: str, subject: str, client: str = CLIENT) -> str:
    """A bearer token (JWT) for the subject, with the claims that the provider knows of it."""
    async with httpx2.AsyncClient() as http:
        provider = await _get_json(http, f"{issuer}/.well-known/openid-configuration")
        verifier = secrets.token_urlsafe(48)
        code = await _authorise(http, str(provider["authorization_endpoint"]), subject, client, verifier)
        answer = await http.post(
            str(provider["token_endpoint"]),
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": REDIRECT,
                "code_verifier": verifier,
            },
            auth=(client, SECRET),
        )
        if not answer.is_success:
            raise SignInRefused(f"no token for {subject}: {answer.text}")
        return str(answer.json()["id_token"])


async def _authorise(http: httpx2.AsyncClient, endpoint: str, subject: str, client: str, verifier: str) -> str:
    state = secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    answer = await http.post(
        endpoint,
        params={
            "response_type": "code",
            "client_id": client,
            "redirect_uri": REDIRECT,
            "scope": SCOPE,
            "state": state,
            "nonce": secrets.token_urlsafe(16),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        },
        data={"sub": subject},
    )
    query = parse_qs(urlsplit(answer.headers.get("location", "")).query)
    if "code" not in query or query.get("state") != [state]:
        raise SignInRefused(f"{subject} was not signed in (status {answer.status_code}): {answer.text[:200]}")
    return query["code"][0]


async def _get_json(http: httpx2.AsyncClient, address: str) -> dict[str, object]:
    answer = await http.get(address)
    answer.raise_for_status()
    document: dict[str, object] = answer.json()
    return document


class Bearers:
    """Headers with a token of the given subject; each signs in once."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._tokens: dict[str, str] = {}

    async def headers(self, subject: str) -> dict[str, str]:
        if subject not in self._tokens:
            self._tokens[subject] = await sign_in(self._issuer, subject)
        return {"Authorization": f"Bearer {self._tokens[subject]}"}


class Installer(Bearers):
    """The provider's client `installer`, which is an administrator of its own: for machines, where nobody signs in."""

    def __init__(self, issuer: str, secret: str) -> None:
        super().__init__(issuer)
        self._secret = secret

    async def headers(self, subject: str) -> dict[str, str]:
        """Sign in as this person. Raises SignInRefused."""
        async with httpx2.AsyncClient() as http:
            provider = await _get_json(http, f"{self._issuer}/.well-known/openid-configuration")
            form = {"grant_type": "client_credentials", "client_id": "installer", "client_secret": self._secret}
            answer = await http.post(str(provider["token_endpoint"]), data=form)
        if not answer.is_success:
            raise SignInRefused(f"no token for the installer: {answer.text}")
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}
