"""`/auth/*`: browser sign-in and sign-out for the pages of every service."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from shared.http.auth import SessionExpired, check_form_token, check_own_page, cookie_session
from shared.http.problems import Problem, busy
from shared.http.session_cookie import SessionKeys, form_token
from shared.reference.working_time import utc_now
from starlette.responses import RedirectResponse, Response

from intake.http.bodies import BoundedRoute
from intake.http.browser_cookies import AUTH, forget, renewal_secret, set_cookies
from intake.http.headers import PRIVATE
from intake.metrics import SIGN_INS
from intake.sign_in import commands as use_cases
from intake.sign_in import pages as auth_pages
from intake.sign_in.provider import Provider, ProviderAway, SignInFailed
from intake.sign_in.return_to import HOME, RENEWED, own_path
from intake.sign_in.store import Sessions, id_of

router = APIRouter(route_class=BoundedRoute, prefix=AUTH, include_in_schema=False)

CALLBACK = f"{AUTH}/callback"
ReturnTo = Annotated[str | None, Query()]


class Desk:
    """The parts of a sign-in. Raises Problem 503 where no session keys are set."""

    def __init__(self, request: Request) -> None:
        state = request.app.state
        if state.session_keys is None:
            raise Problem(
                503,
                "sign-in-not-set-up",
                "Signing in with a browser is not set up here.",
                "تسجيل الدخول عبر المتصفح غير مهيأ هنا.",
            )
        self.keys: SessionKeys = state.session_keys
        self.provider: Provider = state.provider
        self.sessions: Sessions = state.sessions


TheDesk = Annotated[Desk, Depends()]


def _on(address: str) -> Response:
    return RedirectResponse(address, 303, PRIVATE)


def _attempt_name(state: str) -> str:
    """Names a cookie for each attempt, so that several tabs can sign in at the same time."""
    return f"tawasul-sign-in-{''.join(filter(str.isalnum, state))[:8]}"


@router.get("/sign-in")
async def sign_in(
    request: Request, desk: TheDesk, return_to: ReturnTo = None, language: Literal["ar", "en"] | None = None
) -> Response:
    try:
        begun = await use_cases.begin(desk.provider, desk.keys, return_to, language, utc_now())
    except ProviderAway as error:
        raise busy() from error
    response = _on(begun.url)
    response.set_cookie(
        _attempt_name(begun.state),
        begun.attempt,
        max_age=int(use_cases.ATTEMPT_LIFETIME.total_seconds()),
        path=CALLBACK,
        secure=request.app.state.is_secure,
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/callback")
async def callback(
    request: Request,
    desk: TheDesk,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4_000)] = "",
    iss: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Handles the provider's redirect. After any error the person is not signed in and may try again."""
    now = utc_now()
    attempt = request.cookies.get(_attempt_name(state), "")
    try:
        if not code or not desk.provider.is_issuer(iss):
            raise SignInFailed("refused by the person or by the provider")
        completed = await use_cases.complete(
            desk.provider, desk.keys, desk.sessions, attempt, state, code, renewal_secret(request), now
        )
    except ProviderAway as error:
        raise busy() from error
    except SignInFailed:
        SIGN_INS.labels("failed").inc()
        return auth_pages.not_signed_in(request, f"{AUTH}/sign-in")
    SIGN_INS.labels("signed_in").inc()
    response = _on(completed.return_to)
    set_cookies(request, response, completed.session.cookie(now), completed.secret)
    response.delete_cookie(_attempt_name(state), path=CALLBACK)
    return response


@router.get("/renew")
async def renew(request: Request, desk: TheDesk, return_to: ReturnTo = None) -> Response:
    """Renews the cookie and returns to the page; without a living session it returns signed out."""
    secret = renewal_secret(request)
    response = _on(own_path(return_to))
    now = utc_now()
    try:
        session = await use_cases.renew(desk.provider, desk.sessions, secret, now) if secret else None
    except ProviderAway as error:
        raise busy() from error
    if session is None:
        SIGN_INS.labels("ended").inc()
        forget(request, response)
    else:
        SIGN_INS.labels("renewed").inc()
        set_cookies(request, response, session.cookie(utc_now()))
    return response


@router.get("/renewed")
async def renewed(request: Request) -> Response:
    """The last page of a second tab in which a person renewed the sign-in for a form in the first one."""
    try:
        if cookie_session(request) is not None:
            return auth_pages.renewed(request)
    except SessionExpired:
        pass
    return _on(f"{AUTH}/sign-in?return_to={RENEWED}")


@router.get("/sign-out")
async def confirm_sign_out(request: Request) -> Response:
    """Asks for a confirmation, as other sites may link here; only its button ends the session."""
    secret = renewal_secret(request)
    return auth_pages.confirm_sign_out(request, form_token(id_of(secret))) if secret else _on(HOME)


@router.post("/sign-out")
async def sign_out(request: Request, desk: TheDesk) -> Response:
    """Ends the session here and at the provider. An expired cookie is sufficient."""
    check_own_page(request)
    secret = renewal_secret(request)
    elsewhere = None
    if secret:
        await check_form_token(request, form_token(id_of(secret)))
        back_to = request.app.state.service.settings.public_url.rstrip("/") + HOME
        elsewhere = await use_cases.end(desk.provider, desk.sessions, secret, back_to, utc_now())
        SIGN_INS.labels("signed_out").inc()
    response = auth_pages.leaving(request, elsewhere) if elsewhere else _on(HOME)
    forget(request, response)
    return response
