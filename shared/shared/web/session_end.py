"""Handles the end of a session: a page renews it by itself, and a sent form loses nothing.

Programs get the 401 or 403 problem. A page that was asked for goes through `/auth/renew` and comes back. A form that
was posted is given back whole, to be sent again after renewing the sign-in in another tab; files cannot be given back
and are named.
"""

from urllib.parse import quote, urlencode

from fastapi import FastAPI, Request
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from shared.http.auth import FormTokenDiffers, SessionExpired, SignInFirst, cookie_session
from shared.http.csrf import FIELD, FORMS
from shared.http.problems import Problem, render
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages

WITH_FORM = PRIVATE | {"Referrer-Policy": "same-origin"}
"""Under `no-referrer` browsers send the forms of a page with `Origin: null`."""

RENEW = "/auth/renew"
RENEWED = "/auth/renewed"

Typed = list[tuple[str, str]]


def renewal(return_to: str) -> str:
    """The address that renews the session and leads back."""
    return f"{RENEW}?return_to={quote(return_to, safe='')}"


def here(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def is_for_a_person(request: Request) -> bool:
    """A browser that wants to show the answer, and no script that fetches it."""
    mode = request.headers.get("sec-fetch-mode")
    return (mode in (None, "navigate")) and "text/html" in request.headers.get("accept", "")


async def typed(request: Request) -> tuple[Typed, list[str]]:
    """Read a posted form without its token: names and values in order, and the names of files."""
    form = await request.form()
    values: Typed = []
    files: list[str] = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files += [value.filename] if value.filename else []
        elif name != FIELD:
            values.append((name, value))
    return values, files


def install(app: FastAPI) -> None:
    """Answer strangers, expired sessions and foreign forms of this application: each in their way."""

    @app.exception_handler(SignInFirst)
    async def _sign_in(request: Request, error: SignInFirst) -> Response:
        asked = urlencode({"return_to": here(request), "language": language_of(request)})
        return RedirectResponse(f"/auth/sign-in?{asked}", 303, PRIVATE)

    @app.exception_handler(SessionExpired)
    async def _expired(request: Request, error: SessionExpired) -> Response:
        if not is_for_a_person(request):
            return render(error, request.url.path)
        if request.method in ("GET", "HEAD"):
            return RedirectResponse(renewal(here(request)), 303, PRIVATE)
        return await _give_back(request, error)

    @app.exception_handler(FormTokenDiffers)
    async def _differs(request: Request, error: FormTokenDiffers) -> Response:
        return await _give_back(request, error) if is_for_a_person(request) else render(error, request.url.path)


async def _give_back(request: Request, error: Problem) -> Response:
    """The form with everything that was typed, to be sent again by the person; nothing of it was done."""
    content = request.headers.get("content-type", "")
    if not content.startswith(FORMS):
        return render(error, request.url.path)
    values, files = await typed(request)
    try:
        session = cookie_session(request)
    except SessionExpired:
        session = None  # its token is the one that the form carries
    token = session.form_token if session else str((await request.form()).get(FIELD, ""))
    pages: Pages = request.app.state.pages
    context = {
        "action": here(request),
        "encoding": content.partition(";")[0],
        "fields": [(FIELD, token), *values],
        "files": files,
        "renewal": renewal(RENEWED),
        "problem": error,
    }
    return pages.render(request, "given_back.html", context, error.status, WITH_FORM)
