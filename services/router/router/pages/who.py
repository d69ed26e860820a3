"""Who comes to the desk: an official goes on, a stranger signs in first, everybody else is told why not."""

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

from router.api.access import LEADERS, has_desk, may_read
from router.domain.assignment import Assignment


class SignInFirst(Problem):
    """A page was asked for by somebody who has not signed in: it leads to the sign-in, and from there back."""

    def __init__(self) -> None:
        super().__init__(401, "not-signed-in", unauthorised().en, unauthorised().ar)


def install(app: FastAPI) -> None:
    @app.exception_handler(SignInFirst)
    async def _sign_in(request: Request, error: SignInFirst) -> Response:
        asked = urlencode({"return_to": here(request), "language": language_of(request)})
        return RedirectResponse(f"/auth/sign-in?{asked}", 303, PRIVATE)


async def official(request: Request, caller: OptionalCaller) -> Caller:
    """Raises SignInFirst; for a form SessionExpired, which gives it back with all that was typed; and a counted 403."""
    if caller is None:
        raise SignInFirst if request.method in ("GET", "HEAD") else SessionExpired
    if not has_desk(caller):
        raise refused(
            "role",
            "The desk is for officials of government entities and the central office. "
            "You find your own submissions under “Track”.",
            "هذه الصفحات لموظفي الجهات الحكومية والمكتب المركزي. تجد طلباتك في صفحة «المتابعة».",
        )
    return caller


Official = Annotated[Caller, Depends(official)]


async def leader(caller: Official) -> Caller:
    """Who leads others, at the entity or above it."""
    if not caller.has(*LEADERS):
        raise refused(
            "role",
            "This is for supervisors, heads of entities and the central office.",
            "هذه الصفحة للمشرفين ومسؤولي الجهات والمكتب المركزي.",
        )
    return caller


Leader = Annotated[Caller, Depends(leader)]


async def administrator(request: Request, caller: OptionalCaller) -> Caller:
    """Who changes the directory. Raises as `official` does."""
    if caller is None:
        raise SignInFirst if request.method in ("GET", "HEAD") else SessionExpired
    if not caller.has(Role.ADMINISTRATOR):
        raise refused(
            "role",
            "Only administrators see and change the directory.",
            "الدليل يطّلع عليه ويغيّره مديرو النظام وحدهم.",
        )
    return caller


Administrator = Annotated[Caller, Depends(administrator)]


async def model_reader(request: Request, caller: OptionalCaller) -> Caller:
    """Who sees how good the classifier is. Raises as `official` does."""
    if caller is None:
        raise SignInFirst if request.method in ("GET", "HEAD") else SessionExpired
    if not caller.has(Role.ADMINISTRATOR, Role.CENTRAL):
        raise refused(
            "role",
            "The central office and administrators see how good the classifier is.",
            "يطّلع على جودة المصنّف المكتب المركزي ومديرو النظام.",
        )
    return caller


ModelReader = Annotated[Caller, Depends(model_reader)]


def check_is_here(caller: Caller, assignment: Assignment) -> None:
    """A counted 403 in words for somebody who had it once and follows an old link."""
    if not may_read(caller, assignment):
        raise refused(
            "entity",
            "This submission is with another entity. Only its officials see it.",
            "هذا الطلب لدى جهة أخرى، ولا يطّلع عليه إلا موظفوها.",
        )


def refused(reason: str, en: str, ar: str) -> Problem:
    """A counted 403 that says why."""
    REFUSALS.labels(reason).inc()
    return Problem(403, forbidden().code, en, ar)
