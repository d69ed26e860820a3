"""What a text may be about: categories to choose from, while somebody writes. Nothing is stored or logged."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from shared.events.model import Identifier, Name
from shared.openapi import refusals

from intake.api.bodies import BoundedRoute
from intake.api.models import LongText, Sent

router = APIRouter(route_class=BoundedRoute, prefix="/categories", tags=["submissions"])


class TextSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "The lamp in front of the school is out."}]})

    text: LongText


class Suggested(BaseModel):
    category: Identifier
    name: Name
    group: Name | None


class SuggestedOnes(BaseModel):
    items: list[Suggested]


@router.post("/suggestions", summary="Categories that a text may belong to", responses=refusals(413, 422, 503))
async def suggest(request: Request, sent: TextSent) -> SuggestedOnes:
    """At most three, the likeliest first, by the words that the catalogue knows them by. Everybody may ask; a text
    that says none of them gets none."""
    categories = request.app.state.directory.categories
    items = []
    for category in request.app.state.suggester.suggested(sent.text):
        group = categories.get(category.parent or "")
        items.append(Suggested(category=category.category, name=category.name, group=group.name if group else None))
    return SuggestedOnes(items=items)
