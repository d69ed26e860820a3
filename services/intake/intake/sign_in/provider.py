"""A client of the OpenID provider: sign-in addresses, identities from codes and refresh tokens, sign-out."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError
from joserfc.errors import JoseError
from shared.http.auth import Authenticator, Caller, caller_of

SCOPE = "openid profile email"
CONFIGURATION_KEPT_SECONDS = 600.0
TIMEOUT_SECONDS = 10.0


class SignInFailed(Exception):
    """The provider refused, or its answer is not trustworthy."""


class ProviderAway(Exception):
    """The provider does not answer; it may do so later."""


@dataclass(frozen=True)
class Identified:
    """A person with the tokens that refresh the identity; `refresh_token` is None where the provider issues none."""

    caller: Caller
    refresh_token: str | None
    id_token: str | None


class Provider:
    """`authenticator` knows the provider's issuer and keys; `redirect_uri` is the callback address."""

    def __init__(self, authenticator: Authenticator, client_id: str, client_secret: str, redirect_uri: str) -> None:
        self.client_id = client_id
        self._authenticator = authenticator
        self._secret = client_secret
        self._redirect_uri = redirect_uri
        self._configuration: dict[str, Any] = {}
        self._asked = float("-inf")
        self._lock = asyncio.Lock()

    async def sign_in_url(self, state: str, nonce: str, verifier: str, language: str | None) -> str:
        endpoint = (await self._configured())["authorization_endpoint"]
        more = {"ui_locales": language} if language else {}
        url, _ = self._client().create_authorization_url(
            endpoint, state=state, nonce=nonce, code_verifier=verifier, **more
        )
        return str(url)

    async def exchange(self, code: str, verifier: str, nonce: str) -> Identified:
        """Raises SignInFailed, ProviderAway."""
        token = await self._token("fetch_token", code=code, code_verifier=verifier)
        claims = await self._id_token_claims(token)
        if claims is None or claims.get("nonce") != nonce:
            raise SignInFailed("the ID token is missing, or was made for another sign-in")
        return self._identified(claims, token)

    async def refresh(self, refresh_token: str, subject: str) -> Identified:
        """The person with current roles. Raises SignInFailed where the provider ended the session, ProviderAway."""
        token = await self._token("refresh_token", refresh_token=refresh_token)
        claims = await self._id_token_claims(token) or await self._userinfo(str(token["access_token"]))
        if claims.get("sub") != subject:
            raise SignInFailed("another person")
        return self._identified(claims, token)

    async def sign_out_url(self, id_token: str | None, back_to: str) -> str | None:
        """None where the provider has no sign-out address, or does not answer."""
        try:
            endpoint = (await self._configured()).get("end_session_endpoint")
        except ProviderAway:
            return None
        if not endpoint:
            return None
        query = {"client_id": self.client_id, "post_logout_redirect_uri": back_to}
        if id_token:
            query["id_token_hint"] = id_token
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def is_issuer(self, named: str | None) -> bool:
        """Whether the answer's issuer (RFC 9207) is this provider."""
        return named is None or named.rstrip("/") == self._authenticator.issuer

    def _client(self) -> Any:
        return AsyncOAuth2Client(
            client_id=self.client_id,
            client_secret=self._secret or None,
            token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
            scope=SCOPE,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
        )

    async def _token(self, grant: str, **what: str) -> dict[str, Any]:
        endpoint = (await self._configured())["token_endpoint"]
        try:
            async with self._client() as client:
                token: dict[str, Any] = await getattr(client, grant)(endpoint, **what)
        except OAuthError as error:
            raise SignInFailed(str(error.error)) from error
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderAway(type(error).__name__) from error
        if "access_token" not in token:
            raise SignInFailed("no access token")
        return token

    async def _id_token_claims(self, token: dict[str, Any]) -> dict[str, Any] | None:
        if not token.get("id_token"):
            return None
        try:
            claims = await self._authenticator.claims(str(token["id_token"]), self.client_id)
        except (JoseError, ValueError) as error:
            raise SignInFailed("the ID token is not good") from error
        except httpx2.HTTPError as error:
            raise ProviderAway(type(error).__name__) from error
        if claims.get("azp", self.client_id) != self.client_id:
            raise SignInFailed("an ID token for another client")
        return claims

    async def _userinfo(self, access_token: str) -> dict[str, Any]:
        """For providers that refresh without returning an ID token."""
        endpoint = (await self._configured()).get("userinfo_endpoint")
        if not endpoint:
            raise SignInFailed("neither an ID token nor a place to ask who it is")
        return await self._json(endpoint, {"Authorization": f"Bearer {access_token}"})

    async def _configured(self) -> dict[str, Any]:
        async with self._lock:
            if time.monotonic() - self._asked > CONFIGURATION_KEPT_SECONDS:
                try:
                    found = await self._json(self._authenticator.keys.discovery, {})
                except SignInFailed as error:
                    raise ProviderAway(str(error)) from error
                if str(found.get("issuer", "")).rstrip("/") != self._authenticator.issuer:
                    raise ProviderAway("another issuer answers")
                self._configuration, self._asked = found, time.monotonic()
            return self._configuration

    async def _json(self, address: str, headers: dict[str, str]) -> dict[str, Any]:
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS) as http:
                answer = await http.get(address, headers=headers)
                if answer.status_code >= 500:
                    raise ProviderAway(f"status {answer.status_code}")
                if not answer.is_success:
                    raise SignInFailed(f"status {answer.status_code}")
                document: dict[str, Any] = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderAway(type(error).__name__) from error
        return document

    def _identified(self, claims: dict[str, Any], token: dict[str, Any]) -> Identified:
        return Identified(caller_of(claims), token.get("refresh_token"), token.get("id_token"))
