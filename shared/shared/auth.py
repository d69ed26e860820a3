"""Who is asking: the bearer token of an OpenID provider, checked by issuer, audience, expiry and key.

The keys are the provider's published ones (JWKS), cached and fetched anew when a token names one we do not know.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

import httpx2
from fastapi import Depends, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared.events.model import Role
from shared.metrics import REFUSALS
from shared.problems import busy, forbidden, unauthorised

ALGORITHMS = ["RS256", "ES256", "EdDSA"]
KEYS_KEPT_SECONDS = 600.0
KEYS_AT_MOST_EVERY_SECONDS = 5.0
LEEWAY_SECONDS = 30


@dataclass(frozen=True)
class Caller:
    """A signed-in person. `entity` is set for officials, who act within it."""

    subject: str
    name: str
    roles: frozenset[Role]
    entity: str | None

    def has(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    def acts_for(self, entity: str | None) -> bool:
        return entity is not None and self.entity == entity and self.has(*OFFICIALS)


OFFICIALS = (Role.OFFICER, Role.SUPERVISOR, Role.HEAD)


class ProviderKeys:
    """The provider's public keys."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer.rstrip("/")
        self._keys: KeySet | None = None
        self._fetched = float("-inf")
        self._lock = asyncio.Lock()

    async def get(self, fresh: bool = False) -> KeySet:
        """Raises httpx2.HTTPError when the provider does not answer and nothing is cached."""
        age = time.monotonic() - self._fetched
        if self._keys is not None and age < (KEYS_AT_MOST_EVERY_SECONDS if fresh else KEYS_KEPT_SECONDS):
            return self._keys
        async with self._lock:
            if time.monotonic() - self._fetched >= KEYS_AT_MOST_EVERY_SECONDS or self._keys is None:
                try:
                    self._keys = await self._fetch()
                    self._fetched = time.monotonic()
                except httpx2.HTTPError:
                    if self._keys is None:
                        raise
            return self._keys

    async def _fetch(self) -> KeySet:
        async with httpx2.AsyncClient(timeout=5) as client:
            discovery = await client.get(f"{self.issuer}/.well-known/openid-configuration")
            discovery.raise_for_status()
            keys = await client.get(discovery.json()["jwks_uri"])
            keys.raise_for_status()
            return KeySet.import_key_set(keys.json())


class Authenticator:
    def __init__(self, issuer: str, audience: str) -> None:
        self.issuer = issuer.rstrip("/")
        self.audience = audience
        self.keys = ProviderKeys(issuer)

    async def authenticate(self, token: str) -> Caller:
        """Raises Problem 401 for a token that is not good, 503 when the provider's keys cannot be had."""
        try:
            claims = await self._claims(token)
        except (JoseError, ValueError) as error:
            REFUSALS.labels("token").inc()
            raise unauthorised("The access token is not valid here, or has expired.") from error
        except httpx2.HTTPError as error:
            raise busy() from error
        known = set(Role)
        return Caller(
            subject=str(claims["sub"]),
            name=str(claims.get("name", claims["sub"])),
            roles=frozenset(Role(role) for role in claims.get("roles", []) if role in known),
            entity=claims.get("entity"),
        )

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            verified = jwt.decode(token, await self.keys.get(), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            verified = jwt.decode(token, await self.keys.get(fresh=True), algorithms=ALGORITHMS)
        claims = verified.claims
        rules = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            sub={"essential": True},
            exp={"essential": True},
            aud={"essential": True, "value": self.audience},
        )
        rules.validate(claims)
        if str(claims.get("iss", "")).rstrip("/") != self.issuer:
            raise ValueError("another issuer")
        return dict(claims)


async def optional_caller(request: Request) -> Caller | None:
    """The caller, or None without a token; a bad token is refused, never taken for none."""
    header = request.headers.get("authorization", "")
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthorised()
    authenticator: Authenticator = request.app.state.authenticator
    return await authenticator.authenticate(token.strip())


async def signed_in(caller: Annotated[Caller | None, Depends(optional_caller)]) -> Caller:
    if caller is None:
        REFUSALS.labels("not_signed_in").inc()
        raise unauthorised()
    return caller


def require(*roles: Role) -> Callable[..., Awaitable[Caller]]:
    """A dependency that lets in only callers with one of `roles`."""

    async def _required(caller: Annotated[Caller, Depends(signed_in)]) -> Caller:
        if not caller.has(*roles):
            raise refuse("role")
        return caller

    return _required


def refuse(reason: str) -> Exception:
    """A counted 403; `reason` is one of a few fixed words."""
    REFUSALS.labels(reason).inc()
    return forbidden()


OptionalCaller = Annotated[Caller | None, Depends(optional_caller)]
SignedIn = Annotated[Caller, Depends(signed_in)]
