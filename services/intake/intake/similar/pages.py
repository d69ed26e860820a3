"""What others have reported already, on the form while somebody writes (asked for by a script) and at the check."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from shared.web.forms import posted
from shared.web.pages import PRIVATE, Pages
from starlette.responses import Response

from intake.filing.place_fields import location_from
from intake.http.bodies import BoundedRoute
from intake.http.words import PUBLIC_STATUSES
from intake.similar.api import SimilarTo, similar_to

router = APIRouter(route_class=BoundedRoute, include_in_schema=False)


@router.post("/submissions/similar")
async def offered(request: Request, form: Annotated[dict[str, str], Depends(posted)]) -> Response:
    """The part of a page that offers them; empty where there is none, or nothing yet to go by."""
    pages: Pages = request.app.state.pages
    return pages.render(request, "similar.html", await similar_in(request, form) | {"is_check": False}, 200, PRIVATE)


async def similar_in(request: Request, form: dict[str, str]) -> dict[str, Any]:
    """For a template: `similar`, and what their statuses are called."""
    location = location_from(form, request.app.state.places.gazetteer)
    try:
        sent = SimilarTo.model_validate(
            {"text": form.get("text", ""), "category": form.get("category") or None, "location": location or None}
        )
    except ValidationError:
        return {"similar": []}
    return {"similar": await similar_to(request, sent), "statuses": PUBLIC_STATUSES}
