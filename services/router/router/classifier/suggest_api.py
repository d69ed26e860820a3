"""POST /suggest: which categories a text is likely about, for forms in which a citizen is still writing it."""

from typing import cast

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from shared.events.directory import Elsewhere
from shared.events.model import Location, Name
from shared.http.json_bodies import JsonBody
from shared.http.openapi import refusals
from shared.http.problems import busy
from shared.reference.texts import free_text

from router.classifier.snapshot import Classification, ClassifierInUse, TooManyWaiting, Unplaced
from router.directory.snapshot import Directory
from router.http.dependencies import InUse

router = APIRouter(tags=["suggestions"])

NOT_KEPT = {"Cache-Control": "no-store"}

Text = free_text(4_000)


class SuggestFor(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "عمود الإنارة أمام بيتنا لا يضيء في الليل"}]}
    )

    text: Text  # type: ignore[valid-type]
    location: Location | None = Field(default=None, description="who answers may depend on it")


class SuggestedEntity(BaseModel):
    id: str = Field(examples=["ewa"])
    name: Name


class SuggestedCategory(BaseModel):
    category: str = Field(examples=["roads.lighting"])
    name: Name
    entity: SuggestedEntity | None = Field(description="who answers; absent where that depends on an unknown place")
    elsewhere: Elsewhere | None = Field(description="not for this system: what to do instead")
    probability: float = Field(ge=0, le=1)
    words: tuple[str, ...] = Field(description="that spoke for it, as they were written")


class SuggestedPage(BaseModel):
    items: list[SuggestedCategory] = Field(description="at most three, the likeliest first")
    model_version: int | None = Field(description="null while there is no model: then nothing is suggested")


@router.post("/suggest", responses=refusals(422, 429, 503))
async def suggest(body: JsonBody[SuggestFor], request: Request, response: Response, directory: InUse) -> SuggestedPage:
    """What it is likely about. The text is neither kept nor logged: no GET, since addresses are."""
    classifier = cast(ClassifierInUse, request.app.state.classifier)
    response.headers.update(NOT_KEPT)
    said: Classification | None = None
    if directory is not None:
        try:
            said = await classifier.suggest(Unplaced(body.text, directory.areas.find(body.location)), directory)
        except TooManyWaiting as error:
            raise busy() from error
    if directory is None or said is None:
        return SuggestedPage(items=[], model_version=None)
    items = [
        SuggestedCategory(
            category=item.category,
            name=directory.categories[item.category].name,
            entity=_entity(directory, item.entity),
            elsewhere=_elsewhere(directory, item.category),
            probability=item.probability,
            words=item.words,
        )
        for item in said.suggested.items
    ]
    return SuggestedPage(items=items, model_version=said.suggested.model_version)


def _entity(directory: Directory, id: str | None) -> SuggestedEntity | None:
    return SuggestedEntity(id=id, name=directory.entities[id].name) if id else None


def _elsewhere(directory: Directory, category: str) -> Elsewhere | None:
    found = directory.categories[category].elsewhere
    return Elsewhere.model_validate(found.model_dump()) if found else None
