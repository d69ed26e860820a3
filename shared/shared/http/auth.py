"""Authenticates callers by the bearer token of an OpenID provider or by a browser's session cookie.

A token is checked by issuer, audience, expiry and key; the keys are the provider's published ones (JWKS), cached and
fetched anew when a token names one we do not know. A cookie counts for a change only together with what `csrf` asks
for. A request with a token is never judged by its cookie.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import httpx2
from fastapi import Depends, Request, Security
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared.events.model import Role
from shared.http.csrf import SAFE, carries_token, is_from_own_pages
from shared.http.openapi import BEARER, COOKIE
from shared.http.problems import Problem, busy, forbidden, unauthorised
from shared.http.session_cookie import Session, SessionKeys, Unreadable, cookie_name, mail_mark
from shared.operations.metrics import REFUSALS
from shared.reference.working_time import utc_now

ALGORITHMS = ["RS256", "ES256", "EdDSA"]
KEYS_KEPT_SECONDS = 600.0
KEYS_AT_MOST_EVERY_SECONDS = 5.0
LEEWAY_SECONDS = 30


@dataclass(frozen=True)
class Caller:
    """A signed-in person. `entity` is set for officials, who act within it.

    `mail_mark` is there where the provider says that it has verified the person's mail address.
    """

    subject: str
    name: str
    roles: frozenset[Role]
    entity: str | None
    mail_mark: str | None = None

    def has(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    def acts_for(self, entity: str | None) -> bool:
        return entity is not None and self.entity == entity and self.has(*OFFICIALS)

    def reads(self, address: str | None) -> bool:
        """Whether this is the address that the provider has verified."""
        return address is not None and self.mail_mark == mail_mark(address)


OFFICIALS = (Role.OFFICER, Role.SUPERVISOR, Role.HEAD)


class ProviderKeys:
    """The provider's public keys. `discovery`: where its configuration is asked for, if not at the issuer itself."""

    def __init__(self, issuer: str, discovery: str = "") -> None:
        self.discovery = discovery or f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        self._keys: KeySet | None = None
        self._fetched = self._asked = float("-inf")
        self._attempts = 0
        self._failure: httpx2.HTTPError | None = None
        self._lock = asyncio.Lock()

    async def get(self, fresh: bool = False) -> KeySet:
        """Raises httpx2.HTTPError when the provider does not answer and nothing is cached."""
        age = time.monotonic() - self._fetched
        if self._keys is not None and age < (KEYS_AT_MOST_EVERY_SECONDS if fresh else KEYS_KEPT_SECONDS):
            return self._keys
        if self._keys is not None and self._lock.locked():
            return self._keys  # somebody asks already; a provider that hangs must not keep everybody waiting
        before = self._attempts
        async with self._lock:
            # What somebody was told meanwhile holds for all who waited: one after the other they would wait for ever.
            is_told = self._attempts > before
            if not is_told and (self._keys is None or time.monotonic() - self._asked >= KEYS_AT_MOST_EVERY_SECONDS):
                await self._ask()
            if self._keys is None:
                assert self._failure is not None
                raise self._failure
            return self._keys

    async def _ask(self) -> None:
        self._asked = time.monotonic()
        try:
            self._keys = await self._fetch()
            self._fetched = time.monotonic()
        except httpx2.HTTPError as error:
            self._failure = error
        self._attempts += 1

    async def _fetch(self) -> KeySet:
        async with httpx2.AsyncClient(timeout=5) as client:
            discovery = await client.get(self.discovery)
            discovery.raise_for_status()
            keys = await client.get(str(discovery.json().get("jwks_uri", "")))
            keys.raise_for_status()
            return KeySet.import_key_set(keys.json())


class Authenticator:
    def __init__(self, issuer: str, audience: str, discovery: str = "", leeway: int = LEEWAY_SECONDS) -> None:
        self.issuer = issuer.rstrip("/")
        self.audience = audience
        self.leeway = leeway
        self.keys = ProviderKeys(issuer, discovery)

    async def authenticate(self, token: str) -> Caller:
        """Raises Problem 401 for a token that is not good, 503 when the provider's keys cannot be had."""
        try:
            claims = await self.claims(token, self.audience)
        except (JoseError, ValueError, TypeError) as error:
            REFUSALS.labels("token").inc()
            raise unauthorised("The access token is not valid here, or has expired.") from error
        except httpx2.HTTPError as error:
            raise busy() from error
        return caller_of(claims)

    async def claims(self, token: str, audience: str) -> dict[str, Any]:
        """Read a token of the provider. Raises JoseError or ValueError for an invalid one."""
        try:
            verified = jwt.decode(token, await self.keys.get(), algorithms=ALGORITHMS)
        except (JoseError, ValueError, TypeError):
            verified = jwt.decode(token, await self.keys.get(fresh=True), algorithms=ALGORITHMS)
        claims = verified.claims
        rules = jwt.JWTClaimsRegistry(
            leeway=self.leeway,
            sub={"essential": True},
            exp={"essential": True},
            aud={"essential": True, "value": audience},
        )
        rules.validate(claims)
        if str(claims.get("iss", "")).rstrip("/") != self.issuer:
            raise ValueError("another issuer")
        return dict(claims)


def caller_of(claims: Mapping[str, Any]) -> Caller:
    known = set(Role)
    verified = claims.get("email") if claims.get("email_verified") is True else None
    return Caller(
        subject=str(claims["sub"]),
        name=str(claims.get("name", claims["sub"])),
        roles=frozenset(Role(role) for role in claims.get("roles") or [] if role in known),
        entity=claims.get("entity"),
        mail_mark=mail_mark(str(verified)) if verified else None,
    )


class SignInFirst(Problem):
    """A page was asked for by somebody who has not signed in: it leads to the sign-in, and from there back."""

    def __init__(self) -> None:
        super().__init__(401, "not-signed-in", unauthorised().en, unauthorised().ar)


class SessionExpired(Problem):
    """The cookie is too old, or of a key that is gone: a page goes through `/auth/renew` and comes back."""

    def __init__(self) -> None:
        super().__init__(
            401,
            "session-expired",
            "Your sign-in needs to be renewed.",
            "يلزم تجديد تسجيل الدخول.",
            headers={"WWW-Authenticate": "Bearer"},
        )


class NotFromOwnPages(Problem):
    """A change that another site's page may have asked for."""

    def __init__(self) -> None:
        super().__init__(
            403,
            "not-from-own-pages",
            "This was not sent from a page of Tawasul. Nothing was done.",
            "لم يُرسل هذا من إحدى صفحات تواصل. لم يُنفَّذ شيء.",
        )


class FormTokenDiffers(Problem):
    """Sent from our own pages, but in another session than the form was made in: a person may send it again."""

    def __init__(self) -> None:
        super().__init__(
            403,
            "form-token-differs",
            "Your sign-in changed since this form was opened. Nothing was done; please send it again.",
            "تغيّر تسجيل الدخول منذ فتح هذا النموذج. لم يُنفَّذ شيء، أرسله من جديد.",
        )


def cookie_session(request: Request) -> Session | None:
    """The session of the cookie; None without one. Raises SessionExpired. It proves nothing for a change: see below."""
    keys: SessionKeys | None = request.app.state.session_keys
    cookie = request.cookies.get(cookie_name(request.app.state.is_secure))
    if keys is None or not cookie:
        return None
    try:
        session = keys.read(cookie)
    except Unreadable as error:
        REFUSALS.labels("cookie").inc()
        raise SessionExpired from error
    if session.is_expired(utc_now()):
        raise SessionExpired
    return session


async def current_session(request: Request) -> Session | None:
    """The browser's session, checked against forgery across sites where the request may change something."""
    if request.headers.get("authorization") or not request.cookies.get(cookie_name(request.app.state.is_secure)):
        return None
    if request.method in SAFE:
        return cookie_session(request)
    # Before the cookie is read: the form of another site is not even given back to be sent again.
    check_own_page(request)
    session = cookie_session(request)
    if session is not None:
        await check_form_token(request, session.form_token)
    return session


def check_own_page(request: Request) -> None:
    if not is_from_own_pages(request.headers, request.app.state.origin):
        REFUSALS.labels("cross_site").inc()
        raise NotFromOwnPages


async def check_form_token(request: Request, expected: str) -> None:
    if not await carries_token(request, expected):
        REFUSALS.labels("form_token").inc()
        raise FormTokenDiffers


CurrentSession = Annotated[Session | None, Depends(current_session)]


async def optional_caller(request: Request) -> Caller | None:
    """The signed-in person, or None; a bad token is refused, never taken for none."""
    sent = {name for name, _ in request.scope["headers"]}
    if b"authorization" not in sent and b"cookie" not in sent:
        return None
    header = request.headers.get("authorization", "")
    if header:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthorised()
        authenticator: Authenticator = request.app.state.authenticator
        return await authenticator.authenticate(token.strip())
    session = await current_session(request)
    if session is None or session.subject is None:
        return None
    return Caller(session.subject, session.name, session.roles, session.entity, session.mail_mark)


async def signed_in(
    caller: Annotated[Caller | None, Depends(optional_caller)],
    described_bearer: Annotated[object, Security(BEARER)],
    described_cookie: Annotated[object, Security(COOKIE)],
) -> Caller:
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


def of_a_page(request: Request, caller: Caller | None) -> Caller:
    """The caller of a page. Raises SignInFirst; for a form SessionExpired, which gives back everything typed."""
    if caller is None:
        raise SignInFirst if request.method in SAFE else SessionExpired
    return caller


def refuse(reason: str, en: str | None = None, ar: str | None = None) -> Problem:
    """A counted 403, in words of its own where people read it; `reason` is one of a few fixed words."""
    REFUSALS.labels(reason).inc()
    problem = forbidden()
    return problem if en is None or ar is None else Problem(problem.status, problem.code, en, ar)


OptionalCaller = Annotated[Caller | None, Depends(optional_caller)]
SignedIn = Annotated[Caller, Depends(signed_in)]
