"""A published submission as JSON for everybody."""

from datetime import datetime

from pydantic import BaseModel, Field
from shared.events.model import Kind, Name
from shared.reference.directory import Directory
from shared.storage.aggregates import StoredAggregate
from shared.storage.paging import Page, Paged

from intake.attachments.model import TYPES
from intake.publication.model import PublicPhoto, PublicPoint
from intake.submissions.current_holder import holder_of
from intake.submissions.model import OfficialFile, Submission


class PhotoShown(BaseModel):
    """A redacted copy that a moderator published."""

    url: str
    thumbnail_url: str
    width: int
    height: int


class EvidenceShown(BaseModel):
    """An official's file that an answer published."""

    url: str
    thumbnail_url: str | None
    media_type: str
    size: int


class PublishedShown(BaseModel):
    """Contains nothing about the author: `text` and `photos` as moderated, `point` rounded to some hundred metres."""

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


def published_json(submission: Submission, directory: Directory) -> PublishedShown:
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


def published_page(page: Page[StoredAggregate[Submission]], directory: Directory) -> PublishedPage:
    items = [published_json(each.state, directory) for each in page.items if each.state is not None]
    return PublishedPage(items=items, next_cursor=page.next_cursor, unreadable=page.unreadable)
