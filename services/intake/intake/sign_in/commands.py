"""Browser sign-in and sign-out: begin, complete, renew, open a tracking link, end.

An attempt (state, nonce, PKCE verifier, return address) is kept in a sealed cookie, so that nobody can be signed in
with another person's answer, and abandoned attempts leave nothing in the database.
"""

import asyncio
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.http.session_cookie import SessionKeys, Unreadable
from shared.reference.working_time import utc_now

from intake.sign_in.provider import Provider, ProviderAway, SignInFailed
from intake.sign_in.return_to import own_path
from intake.sign_in.store import Sessions, StoredSession, id_of

ATTEMPT = "sign-in"
ATTEMPT_LIFETIME = timedelta(minutes=10)
FRESH_FOR = timedelta(seconds=30)
"""Tabs that renew at the same time ask the provider once."""

LOOK_AGAIN_SECONDS = 0.1
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Begun:
    url: str
    state: str
    attempt: str
    """A sealed attempt; the browser returns it with the provider's answer."""


@dataclass(frozen=True)
class Completed:
    secret: str
    session: StoredSession
    return_to: str


async def begin(
    provider: Provider, keys: SessionKeys, return_to: str | None, language: str | None, now: datetime
) -> Begun:
    """Raises ProviderAway."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    url = await provider.sign_in_url(state, nonce, verifier, language)
    attempt = keys.seal(
        ATTEMPT,
        {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "return_to": own_path(return_to),
            "exp": int((now + ATTEMPT_LIFETIME).timestamp()),
        },
    )
    return Begun(url, state, attempt)


async def complete(
    provider: Provider,
    keys: SessionKeys,
    sessions: Sessions,
    attempt: str,
    state: str,
    code: str,
    earlier: str | None,
    now: datetime,
) -> Completed:
    """Begin a session for the identified person. It replaces the browser's `earlier` session and inherits the
    submissions that tracking links opened. Raises SignInFailed and ProviderAway."""
    try:
        begun = keys.open(ATTEMPT, attempt)
    except Unreadable as error:
        raise SignInFailed("no attempt of this browser") from error
    if not secrets.compare_digest(str(begun["state"]).encode(), state.encode()) or begun["exp"] < now.timestamp():
        raise SignInFailed("the attempt is another one, or too old")
    identified = await provider.exchange(code, begun["verifier"], begun["nonce"])
    before = await sessions.find(id_of(earlier), now) if earlier else None
    secret, session = await sessions.begin(identified, before.scope if before else (), now)
    if before:
        await sessions.end(before.id)
    return Completed(secret, session, own_path(begun["return_to"]))


async def renew(provider: Provider, sessions: Sessions, secret: str, now: datetime) -> StoredSession | None:
    """Update the session with the provider's current identity; None where it has ended. Raises ProviderAway."""
    id = id_of(secret)
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        session = await sessions.find(id, now)
        if session is None or session.caller is None or session.refreshed_at > now - FRESH_FOR:
            return session
        if session.refresh_token is None:
            await sessions.end(id)
            return None
        if await sessions.claim(id, utc_now()):
            # Read again, as another tab may have renewed the session before this one claimed it.
            session = await sessions.find(id, now)
            if session is None or session.refreshed_at > now - FRESH_FOR:
                await sessions.release(id)
                return session
            return await _refresh(provider, sessions, session)
        if asyncio.get_running_loop().time() > deadline:
            raise ProviderAway("another renewal of this session does not end")
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def _refresh(provider: Provider, sessions: Sessions, session: StoredSession) -> StoredSession | None:
    assert session.caller is not None
    assert session.refresh_token is not None
    try:
        identified = await provider.refresh(session.refresh_token, session.caller.subject)
    except SignInFailed:
        await sessions.end(session.id)
        return None
    except ProviderAway:
        await sessions.release(session.id)
        raise
    identified = replace(identified, id_token=identified.id_token or session.id_token)
    return await sessions.refreshed(session.id, identified, utc_now())


async def open_by_link(
    sessions: Sessions, session_id: str | None, submission: str, now: datetime
) -> tuple[str | None, StoredSession]:
    """Add a submission to the browser's session; returns a secret where a new session had to begin."""
    widened = await sessions.widen(session_id, submission, now) if session_id else None
    if widened is not None:
        return None, widened
    return await sessions.begin(None, (submission,), now)


async def end(provider: Provider, sessions: Sessions, secret: str, back_to: str, now: datetime) -> str | None:
    """End the session; returns the provider's sign-out address for a person who signed in there."""
    session = await sessions.find(id_of(secret), now)
    if session is None:
        return None
    await sessions.end(session.id)
    return await provider.sign_out_url(session.id_token, back_to) if session.caller else None
