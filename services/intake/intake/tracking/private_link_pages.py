"""GET /track/{reference}/{secret}: turns the private link into a session, which removes its secret from the address
bar."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Request
from shared.http.auth import SessionExpired, cookie_session
from shared.http.problems import not_found
from shared.http.session_cookie import SessionKeys, Unreadable, cookie_name
from shared.reference.working_time import utc_now
from shared.web.session_end import renewal
from starlette.responses import RedirectResponse, Response

from intake.http.browser_cookies import set_cookies
from intake.http.headers import PRIVATE
from intake.http.throttle import throttle_of
from intake.sign_in.commands import open_by_link
from intake.submissions.reference import normalised

router = APIRouter(include_in_schema=False)


@router.get("/track/{reference}/{secret}")
async def open_tracking_link(
    request: Request, reference: str, secret: Annotated[str, Path(max_length=100)]
) -> Response:
    """A wrong secret is answered like a wrong number."""
    state = request.app.state
    number = normalised(reference)
    throttle = throttle_of(request)
    throttle.guess(request, number or "")
    id = await state.submissions.id_of(number) if number else None
    if id is None or not state.tracking.opens(secret, id) or state.session_keys is None:
        throttle.missed(request, number or "")
        raise not_found()
    return await redirect_with_session(request, id, f"/track/{number}")


async def redirect_with_session(request: Request, id: str, page: str) -> Response:
    """Redirect to a page with a session that may open this submission."""
    state, now = request.app.state, utc_now()
    new_secret, stored = await open_by_link(state.sessions, _session_id(request), id, now)
    session = stored.cookie(now)
    if new_secret is None:
        try:
            alive = cookie_session(request)
        except SessionExpired:
            # The expired cookie names the session; only `/auth` gets the cookie that proves its ownership.
            return RedirectResponse(renewal(page), 303, PRIVATE)
        if alive is not None:  # a tracking link does not extend a sign-in
            session = replace(session, expires_at=alive.expires_at)
    response = RedirectResponse(page, 303, PRIVATE)
    set_cookies(request, response, session, new_secret)
    return response


def _session_id(request: Request) -> str | None:
    keys: SessionKeys = request.app.state.session_keys
    try:
        return keys.read(request.cookies.get(cookie_name(request.app.state.is_secure), "")).id
    except Unreadable:
        return None
