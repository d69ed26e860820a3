"""Check who opens a page of the desk: strangers sign in first, all but officials read why they may not."""

from typing import Annotated

from fastapi import Depends, Request
from shared.events.model import Role
from shared.http.auth import Caller, OptionalCaller, of_a_page, refuse
from shared.http.problems import not_found

from router.access.policy import LEADERS, Office, has_desk, visibility_of
from router.cases.model import Assignment


async def official(request: Request, caller: OptionalCaller) -> Caller:
    """Raises as `of_a_page` does, and a counted 403."""
    caller = of_a_page(request, caller)
    if not has_desk(caller):
        raise refuse(
            "role",
            "The desk is for officials of government entities and the central office. "
            "You find your own submissions under “Track”.",
            "هذه الصفحات لموظفي الجهات الحكومية والمكتب المركزي. تجد طلباتك في صفحة «المتابعة».",
        )
    return caller


Official = Annotated[Caller, Depends(official)]


async def leader(caller: Official) -> Caller:
    """Let supervisors, heads, the central office and auditors through."""
    if not caller.has(*LEADERS):
        raise refuse(
            "role",
            "This is for supervisors, heads of entities and the central office.",
            "هذه الصفحة للمشرفين ومسؤولي الجهات والمكتب المركزي.",
        )
    return caller


Leader = Annotated[Caller, Depends(leader)]


async def administrator(request: Request, caller: OptionalCaller) -> Caller:
    """Let administrators through. Raises as `official` does."""
    caller = of_a_page(request, caller)
    if not caller.has(Role.ADMINISTRATOR):
        raise refuse(
            "role",
            "Only administrators see and change the directory.",
            "الدليل يطّلع عليه ويغيّره مديرو النظام وحدهم.",
        )
    return caller


Administrator = Annotated[Caller, Depends(administrator)]


async def model_reader(request: Request, caller: OptionalCaller) -> Caller:
    """Let the central office and administrators through. Raises as `official` does."""
    caller = of_a_page(request, caller)
    if not caller.has(Role.ADMINISTRATOR, Role.CENTRAL):
        raise refuse(
            "role",
            "The central office and administrators see how good the classifier is.",
            "يطّلع على جودة المصنّف المكتب المركزي ومديرو النظام.",
        )
    return caller


ModelReader = Annotated[Caller, Depends(model_reader)]


def check_is_here(caller: Caller, assignment: Assignment, office: Office) -> None:
    """A counted 403 in words for somebody who had it once and follows an old link, or works in another area. What is
    confidential and not for this reader does not exist: Problem 404."""
    seen = visibility_of(caller, office)
    if not seen.is_confided(assignment):
        raise not_found()
    if seen.is_of_entity(assignment) and not seen.is_in_area(assignment):
        raise refuse(
            "area",
            "This submission is about another area. Only the officials who work there see it.",
            "هذا الطلب عن منطقة أخرى، ولا يطّلع عليه إلا الموظفون العاملون فيها.",
        )
    if not seen.holds(assignment):
        raise refuse(
            "entity",
            "This submission is with another entity. Only its officials see it.",
            "هذا الطلب لدى جهة أخرى، ولا يطّلع عليه إلا موظفوها.",
        )
