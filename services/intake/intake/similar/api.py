"""What others have reported already, for somebody who is about to report it: of what everybody may read."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Identifier
from shared.http.json_bodies import JsonBody
from shared.http.openapi import refusals
from shared.reference.directory import Directory
from shared.reference.likeness import traits
from shared.reference.working_time import utc_now

from intake.http.bodies import BoundedRoute
from intake.http.models import LocationSent, LongText, Sent
from intake.public_register.api import PublishedShown, published
from intake.similar.commands import similar

router = APIRouter(route_class=BoundedRoute, prefix="/published", tags=["published"])

NOT_KEPT = {"Cache-Control": "no-store"}


class SimilarTo(Sent):
    """A submission that is not sent yet, as far as it is written."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "حفرة كبيرة أمام المدرسة", "location": {"lat": 26.2, "lon": 50.55}}]}
    )

    text: LongText
    category: Identifier | None = None
    location: LocationSent | None = None


class SimilarOnes(BaseModel):
    items: list[PublishedShown] = Field(description="at most three, the likest first")


@router.post("/similar", summary="Open ones that may be about the same", responses=refusals(413, 422, 503))
async def similar_ones(request: Request, sent: JsonBody[SimilarTo], response: Response) -> SimilarOnes:
    """By place, category, time and words, of submissions that nobody has answered yet. Whoever finds the own matter
    among them follows it instead of filing again. The text is neither kept nor logged."""
    response.headers.update(NOT_KEPT)
    return SimilarOnes(items=await similar_to(request, sent))


async def similar_to(request: Request, sent: SimilarTo) -> list[PublishedShown]:
    state, now = request.app.state, utc_now()
    directory: Directory = state.directory
    parents = {id: category.parent for id, category in directory.categories.items()}
    said = sent.location.model_dump(exclude_none=True) if sent.location else None
    of = traits(sent.text, state.places.located(said), sent.category, now, parents)
    return [published(each, directory) for each in await similar(state.publications, of, parents, now)]
