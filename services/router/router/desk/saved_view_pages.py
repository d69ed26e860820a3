"""Views of the inbox that an official keeps under a name, and throws away again."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request
from shared.web.forms import posted
from shared.web.pages import PRIVATE
from starlette.responses import RedirectResponse, Response

from router.desk.filters import asked
from router.desk.saved_view_store import SavedView, SavedViews
from router.http.sign_in import Official

router = APIRouter(include_in_schema=False)

Form = Annotated[dict[str, str], Depends(posted)]
LONGEST = 60
FILTERS = ("view", "category", "entity", "reference", "official", "kind", "priority", "words")


def the_views(request: Request) -> SavedViews:
    return cast(SavedViews, request.app.state.saved_views)


@router.get("/desk/views")
async def back() -> Response:
    return RedirectResponse("/desk", 303, PRIVATE)


@router.post("/desk/views")
async def keep(request: Request, form: Form, caller: Official) -> Response:
    """The filters of the list under a name; with `do=remove` the one of this name goes."""
    name = " ".join(form.get("name", "").split())[:LONGEST]
    filters = asked(**{field: form.get(field, "")[:200] for field in FILTERS})
    if form.get("do") == "remove":
        await the_views(request).remove(caller.subject, name)
    elif name:
        await the_views(request).keep(caller.subject, SavedView(name, filters.query()))
    return RedirectResponse(f"/desk{filters.query()}", 303, PRIVATE)
