"""What everybody may read: submissions whose authors agreed and that a moderator published."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, BeforeValidator, Field
from shared.events.model import Identifier, Kind, Name
from shared.http.cursors import Cursor, read_cursor
from shared.http.openapi import refusals
from shared.http.problems import not_found
from shared.reference.directory import Directory
from shared.storage.paging import Paged

from intake.attachments.model import TYPES
from intake.http.bodies import BoundedRoute
from intake.publication.model import PublicPhoto, PublicPoint
from intake.publication.store import PublicationQuery, Publications
from intake.submissions.current_holder import holder_of
from intake.submissions.life import ANSWERED, UNDER_WAY, Status
from intake.submissions.model import OfficialFile, Submission
from intake.submissions.reference import normalised

router = APIRouter(route_class=BoundedRoute, prefix="/published", tags=["published"])

MOST_AT_ONCE = 100


class Stage(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    REFUSED = "refused"


STAGES = {
    Stage.OPEN: UNDER_WAY | {Status.MERGED},
    Stage.ANSWERED: ANSWERED | {Status.CLOSED},
    Stage.REFUSED: frozenset({Status.DECLINED, Status.REJECTED}),
}


class PhotoShown(BaseModel):
    """Copies that a moderator chose and painted over."""

    url: str
    thumbnail_url: str
    width: int
    height: int


class EvidenceShown(BaseModel):
    """A file that officials sent with their answer, and meant for everybody."""

    url: str
    thumbnail_url: str | None
    media_type: str
    size: int


class PublishedShown(BaseModel):
    """Nothing of its author: `text` and `photos` as the moderator left them, `point` to about a hundred metres."""

    reference: str
    kind: Kind
    language: str
    text: str
    status: str
    received_at: datetime
    published_at: datetime
    due_at: datetime | None
    answered_at: datetime | None
    category: str | None
    category_name: Name | None
    entity: str | None
    entity_name: Name | None
    area: str | None
    area_name: Name | None
    point: PublicPoint | None
    followers: int
    photos: list[PhotoShown] = []
    evidence: list[EvidenceShown] = Field(default=[], description="files that show what was done")


class PublishedPage(Paged):
    items: list[PublishedShown]


UNSET = BeforeValidator(lambda sent: sent or None)
"""A form sends a field that was left open as an empty one."""


class PublicationFilters:
    """The filters of an address, alike for the list, its page and its feeds."""

    def __init__(
        self,
        kind: Annotated[Kind | None, UNSET] = None,
        category: Annotated[Identifier | None, UNSET, Query(description="a category, or a group of them")] = None,
        entity: Annotated[Identifier | None, UNSET] = None,
        area: Annotated[Identifier | None, UNSET] = None,
        state: Annotated[Stage | None, UNSET] = None,
        words: Annotated[str, Query(max_length=200, description="each begins a word of the text")] = "",
    ) -> None:
        self.given = {"kind": kind, "category": category, "entity": entity, "area": area, "state": state}
        self.words = words
        self._category = category

    def query(self) -> dict[str, str]:
        """What was asked for, as an address says it."""
        asked = {name: str(value) for name, value in self.given.items() if value}
        return asked | {"words": self.words} if self.words else asked

    def wanted(self, directory: Directory, has_point: bool = False) -> PublicationQuery:
        kind, entity, area, state = (self.given[name] for name in ("kind", "entity", "area", "state"))
        below = [id for id, each in directory.categories.items() if each.parent == self._category]
        return PublicationQuery(
            kind=kind,
            categories=[self._category, *below] if self._category else None,
            entity=entity,
            area=area,
            statuses=STAGES[Stage(state)] if state else None,
            words=self.words,
            has_point=has_point,
        )


def the_publications(request: Request) -> Publications:
    return cast(Publications, request.app.state.publications)


ThePublications = Annotated[Publications, Depends(the_publications)]
Filters = Annotated[PublicationFilters, Depends()]


@router.get("", summary="Published submissions, the newest first", responses=refusals(422, 503))
async def list_published(
    request: Request,
    asked: Filters,
    publications: ThePublications,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = 50,
) -> PublishedPage:
    directory = request.app.state.directory
    return await page_of(publications, directory, asked.wanted(directory), cursor, limit)


@router.get("/{reference}", summary="A published submission", responses=refusals(404, 422, 503))
async def read_published(request: Request, reference: str, publications: ThePublications) -> PublishedShown:
    return published(await found(reference, publications), request.app.state.directory)


async def page_of(
    publications: Publications, directory: Directory, wanted: PublicationQuery, cursor: str | None, limit: int
) -> PublishedPage:
    page = await publications.published(wanted, read_cursor(cursor), limit)
    items = [published(each.state, directory) for each in page.items if each.state is not None]
    return PublishedPage(items=items, next_cursor=page.next_cursor, unreadable=page.unreadable)


async def found(reference: str, publications: Publications) -> Submission:
    """Raises Problem 404 alike for what is not there and for what is not published."""
    number = normalised(reference)
    submission = await publications.published_one(number) if number else None
    if submission is None:
        raise not_found()
    return submission


def published(submission: Submission, directory: Directory) -> PublishedShown:
    publication = submission.publication
    assert publication is not None
    assert publication.published_at is not None
    category = directory.categories.get(submission.category or "")
    holder = holder_of(submission, directory)
    entity = directory.entities.get(holder or "")
    area = directory.areas.get(publication.area or "")
    return PublishedShown(
        reference=submission.reference,
        kind=submission.kind,
        language=submission.language,
        text=publication.text or submission.text,
        status=submission.status,
        received_at=submission.received_at,
        published_at=publication.published_at,
        due_at=submission.due_at,
        answered_at=submission.answered_at,
        category=submission.category,
        category_name=category.name if category else None,
        entity=holder,
        entity_name=entity.name if entity else None,
        area=publication.area,
        area_name=area.name if area else None,
        point=publication.point,
        followers=submission.follower_count,
        photos=[_photo_shown(submission.reference, photo) for photo in publication.photos],
        evidence=[_evidence_shown(submission.reference, file) for file in submission.evidence if file.is_public],
    )


def _evidence_shown(reference: str, file: OfficialFile) -> EvidenceShown:
    url = f"/api/intake/v1/published/{reference}/evidence/{file.id}"
    thumbnail = f"{url}/thumbnail" if TYPES[file.media_type].is_image else None
    return EvidenceShown(url=url, thumbnail_url=thumbnail, media_type=file.media_type, size=file.size)


def _photo_shown(reference: str, photo: PublicPhoto) -> PhotoShown:
    url = f"/api/intake/v1/published/{reference}/photos/{photo.id}"
    return PhotoShown(url=url, thumbnail_url=f"{url}/thumbnail", width=photo.width, height=photo.height)
