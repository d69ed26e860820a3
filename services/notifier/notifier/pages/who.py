"""Who comes to the pages of the central office: a stranger signs in first, everybody else is told why not."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Request
from shared.auth import Caller, OptionalCaller, SessionExpired
from shared.events.model import Role
from shared.metrics import REFUSALS
from shared.problems import Problem, forbidden, unauthorised
from shared.session_end import here
from shared.web.language import language_of
from shared.web.pages import PRIVATE
from starlette.responses import RedirectResponse, Response


class SignInFirst(Problem):
    """A page was asked for by somebody who has not signed in: it leads to the sign-in, and from there back."""

    def __init__(self) -> None:
        super().__init__(401, "not-signed-in", unauthorised().en, unauthorised().ar)


def install(app: FastAPI) -> None:
    @app.exception_handler(SignInFirst)
    async def _sign_in(request: Request, error: SignInFirst) -> Response:
        asked = urlencode({"return_to": here(request), "language": language_of(request)})
        return RedirectResponse(f"/auth/sign-in?{asked}", 303, PRIVATE)


async def of_the_office(request: Request, caller: OptionalCaller) -> Caller:
    """Raises SignInFirst; for a form SessionExpired, which gives it back with all that was typed; and a counted 403."""
    if caller is None:
        raise SignInFirst if request.method in ("GET", "HEAD") else SessionExpired
    if not caller.has(Role.CENTRAL, Role.ADMINISTRATOR):
        REFUSALS.labels("role").inc()
        raise Problem(
            403,
            forbidden().code,
            "This page is for the central office and administrators. What you are told stands under “Notifications”.",
            "هذه الصفحة للمكتب المركزي ومديري النظام. تجد ما أُبلغت به في صفحة «الإشعارات».",
        )
    return caller


async def administrator(request: Request, caller: OptionalCaller) -> Caller:
    """Who changes what others are told. Raises as `of_the_office` does."""
    if caller is None:
        raise SignInFirst if request.method in ("GET", "HEAD") else SessionExpired
    if not caller.has(Role.ADMINISTRATOR):
        REFUSALS.labels("role").inc()
        raise Problem(
            403,
            forbidden().code,
            "Only administrators see and change who is told of what.",
            "لا يطّلع على من يُبلغ بماذا ولا يغيّره إلا مديرو النظام.",
        )
    return caller


Administrator = Annotated[Caller, Depends(administrator)]
OfTheOffice = Annotated[Caller, Depends(of_the_office)]
