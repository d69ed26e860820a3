"""Access to the pages of the central office: strangers sign in first, everybody else gets the reason for a refusal."""

from typing import Annotated

from fastapi import Depends, Request
from shared.events.model import Role
from shared.http.auth import Caller, OptionalCaller, of_a_page, refuse


async def of_the_office(request: Request, caller: OptionalCaller) -> Caller:
    """Raises as `of_a_page` does, and a counted 403."""
    caller = of_a_page(request, caller)
    if not caller.has(Role.CENTRAL, Role.ADMINISTRATOR):
        raise refuse(
            "role",
            "This page is for the central office and administrators. What you are told stands under “Notifications”.",
            "هذه الصفحة للمكتب المركزي ومديري النظام. تجد ما أُبلغت به في صفحة «الإشعارات».",
        )
    return caller


async def administrator(request: Request, caller: OptionalCaller) -> Caller:
    """A caller who may change the wording. Raises as `of_the_office` does."""
    caller = of_a_page(request, caller)
    if not caller.has(Role.ADMINISTRATOR):
        raise refuse(
            "role",
            "Only administrators see and change who is told of what.",
            "لا يطّلع على من يُبلغ بماذا ولا يغيّره إلا مديرو النظام.",
        )
    return caller


Administrator = Annotated[Caller, Depends(administrator)]
OfTheOffice = Annotated[Caller, Depends(of_the_office)]
