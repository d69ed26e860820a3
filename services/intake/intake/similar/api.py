"""An endpoint for published submissions that may be about the same matter as one that is being written."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from shared.http.json_bodies import JsonBody
from shared.http.openapi import refusals

from intake.http.bodies import BoundedRoute
from intake.public_register.json_view import PublishedShown
from intake.similar.http_models import SimilarTo
from intake.similar.use_cases import find_similar

router = APIRouter(route_class=BoundedRoute, prefix="/published", tags=["published"])

NOT_KEPT = {"Cache-Control": "no-store"}


class SimilarOnes(BaseModel):
    items: list[PublishedShown] = Field(description="at most three, the likest first")


@router.post("/similar", summary="Open ones that may be about the same", responses=refusals(413, 422, 503))
async def similar_ones(request: Request, sent: JsonBody[SimilarTo], response: Response) -> SimilarOnes:
    """Compares place, category, time and words with unanswered published submissions. A person who finds their matter
    can follow it instead of filing again. The text is neither stored nor logged."""
    response.headers.update(NOT_KEPT)
    state = request.app.state
    return SimilarOnes(items=await find_similar(state.publications, state.places, state.directory, sent))
