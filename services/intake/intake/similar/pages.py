"""Similar submissions, on the form while a person writes (loaded by a script) and on the page before sending."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from shared.web.forms import posted
from shared.web.pages import PRIVATE, Pages
from starlette.responses import Response

from intake.filing.place_fields import location_from
from intake.http.bodies import BoundedRoute
from intake.http.words import PUBLIC_STATUSES
from intake.similar.http_models import SimilarTo
from intake.similar.use_cases import find_similar

router = APIRouter(route_class=BoundedRoute, include_in_schema=False)


@router.post("/submissions/similar")
async def offered(request: Request, form: Annotated[dict[str, str], Depends(posted)]) -> Response:
    """A fragment of a page; empty where nothing is similar."""
    pages: Pages = request.app.state.pages
    return pages.render(request, "similar.html", await similar_in(request, form) | {"is_check": False}, 200, PRIVATE)


async def similar_in(request: Request, form: dict[str, str]) -> dict[str, Any]:
    """Template context: `similar`, and the names of their statuses."""
    location = location_from(form, request.app.state.places.gazetteer)
    try:
        sent = SimilarTo.model_validate(
            {"text": form.get("text", ""), "category": form.get("category") or None, "location": location or None}
        )
    except ValidationError:
        return {"similar": []}
    state = request.app.state
    return {
        "similar": await find_similar(state.publications, state.places, state.directory, sent),
        "statuses": PUBLIC_STATUSES,
    }
