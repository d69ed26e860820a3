"""Bodies of the moderators' requests and answers."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Location
from shared.storage.paging import Paged

from intake.attachments.model import TYPES
from intake.http.models import LongText, Sent, ShortText
from intake.publication.model import Rectangle
from intake.submissions.model import Submission


class PublishSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "The lamp at the corner is out."}]})

    text: LongText | None = None
    """The text for the public; without it, the original."""
    shows_place: bool = True
    reason: ShortText | None = None


class EditSent(Sent):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "The lamp is out.", "reason": "A name was left in."}]}
    )

    text: LongText
    shows_place: bool = True
    reason: ShortText


class HideSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "It names a private person."}]})

    reason: ShortText


class ModerationShown(BaseModel):
    at: datetime
    action: str
    by: str | None
    reason: str | None
    text: str | None
    photo: str | None = Field(default=None, description="the attachment that the decision was about")
    rectangles: list[Rectangle] | None = Field(default=None, description="what was painted over in it")


class ModeratedPhoto(BaseModel):
    """A photo of the submission; `public` says whether a copy is published, redacted in `rectangles`."""

    id: str
    name: str
    url: str
    thumbnail_url: str
    public: bool
    rectangles: list[Rectangle]


class ModeratedShown(BaseModel):
    """`text` is the author's, `public_text` the moderator's version; `covers_photos` says that the author's agreement
    includes photos."""

    reference: str
    kind: str
    language: str
    text: str
    status: str
    received_at: datetime
    category: str | None
    entity: str | None
    location: Location | None
    publication: str
    public_text: str | None
    shows_place: bool
    covers_photos: bool = False
    photos: list[ModeratedPhoto] = []
    history: list[ModerationShown]


class ModeratedPage(Paged):
    items: list[ModeratedShown]


def moderated_json(submission: Submission) -> ModeratedShown:
    publication: Any = submission.publication
    return ModeratedShown(
        **{name: getattr(submission, name) for name in ModeratedShown.model_fields if hasattr(submission, name)}
        | {
            "publication": publication.state,
            "public_text": publication.text,
            "shows_place": publication.shows_place,
            "covers_photos": publication.covers_photos,
            "photos": _photos(submission),
            "history": [ModerationShown(**each.model_dump()) for each in publication.history],
        }
    )


def _photos(submission: Submission) -> list[ModeratedPhoto]:
    public = {photo.of: photo for photo in submission.publication.photos} if submission.publication else {}
    shown = []
    for attachment in submission.attachments:
        if not TYPES[attachment.media_type].is_image:
            continue
        url = f"/api/intake/v1/moderation/{submission.reference}/photos/{attachment.id}"
        copy = public.get(attachment.id)
        shown.append(
            ModeratedPhoto(
                id=attachment.id,
                name=attachment.name,
                url=url,
                thumbnail_url=f"{url}/thumbnail",
                public=copy is not None,
                rectangles=copy.rectangles if copy else [],
            )
        )
    return shown
