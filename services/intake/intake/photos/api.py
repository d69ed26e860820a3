"""Photos for the public: what a moderator sees and decides, and what everybody may see afterwards."""

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import ConfigDict, Field
from shared.http.auth import Caller
from shared.http.commands import CommandKey, SeenVersions, read_command_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import not_found
from shared.privacy.audit import audit_of
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, Document, StoredAggregate
from starlette.responses import StreamingResponse

from intake.attachments.model import TYPES
from intake.attachments.store import StoredFile
from intake.http.bodies import BoundedRoute
from intake.http.file_responses import FOR_EVERYBODY, HARMLESS, content_of, the_attachments, thumbnail, whole
from intake.http.models import Sent, ShortText
from intake.photos.commands import painted_over, put_in_place, stage_copy
from intake.public_register.api import ThePublications, found
from intake.publication import commands as moderate
from intake.publication.api import (
    DECIDED,
    RIGHT,
    Change,
    Decide,
    HideSent,
    ModeratedShown,
    Moderator,
    ToModerate,
    Version,
    decide_on,
)
from intake.publication.model import PublicPhoto, Rectangle
from intake.submissions.model import Submission

router = APIRouter(route_class=BoundedRoute, prefix="/moderation/{reference}/photos/{id}", tags=["moderation"])
published = APIRouter(prefix="/published/{reference}/photos/{id}", tags=["published"])

READ = refusals(401, 403, 404, 422, 503)
READ_BY_ALL = refusals(404, 422, 503)
IMAGES = [name for name, type in TYPES.items() if type.is_image]
A_PHOTO, A_COPY, SMALL = (
    content_of("The photo.", *IMAGES),
    content_of("The copy.", "image/jpeg"),
    content_of("The thumbnail.", "image/jpeg"),
)
MOST_RECTANGLES = 20

Id = Annotated[str, Path(max_length=64)]


DecideOnPhoto = Callable[[PublicPhoto], Decide]


class RectangleSent(Sent):
    """In hundredths of the photo's width and height, from its upper left corner; what reaches over its edge is cut."""

    left: float = Field(ge=0, lt=100, allow_inf_nan=False)
    top: float = Field(ge=0, lt=100, allow_inf_nan=False)
    width: float = Field(gt=0, le=100, allow_inf_nan=False)
    height: float = Field(gt=0, le=100, allow_inf_nan=False)

    def rectangle(self) -> Rectangle:
        return Rectangle(**self.model_dump())


class PublishPhotoSent(Sent):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rectangles": [{"left": 12.5, "top": 40, "width": 20, "height": 25}],
                    "reason": "A face and a number plate are covered.",
                }
            ]
        }
    )

    rectangles: list[RectangleSent] = Field(default=[], max_length=MOST_RECTANGLES)
    """Painted over in the copy; without any the photo is shown as it is."""
    reason: ShortText


async def original_of(request: Request, submission: StoredAggregate[Submission], id: str, caller: Caller) -> StoredFile:
    """A photo as it was sent, recorded as read. Raises Problem 404 for what is no photo of this submission."""
    state, attachments = submission.state, the_attachments(request)
    sent = next((each for each in state.attachments if each.id == id), None) if state else None
    if sent is None or not TYPES[sent.media_type].is_image:
        raise not_found()
    stored = await attachments.find(submission.id, id)
    if stored is None:
        raise not_found()
    await audit_of(request).record(request, caller, "read", "attachment", [id], RIGHT)
    return stored


async def publish_photo(
    request: Request,
    caller: Caller,
    submission: StoredAggregate[Submission],
    id: str,
    rectangles: Sequence[Rectangle],
    decide: DecideOnPhoto,
    key: CommandKey | None,
    seen: SeenVersions,
) -> Document:
    """Make a copy of the original, painted over, and show it in place of the one that was shown."""
    original, attachments, now = await original_of(request, submission, id, caller), the_attachments(request), utc_now()
    made = await painted_over(original, rectangles, attachments, request.app.state.cleaner)
    if made is None:
        raise not_found()
    stored, photo = await stage_copy(made, original, rectangles, attachments, now)

    async def _carry(change: Change) -> StoredAggregate[Submission]:
        return await put_in_place([stored], submission.id, attachments, now, change)

    return await decide_on(request, caller, submission, "publish_photo", decide(photo), key, seen, _carry)


async def hide_photo(
    request: Request,
    caller: Caller,
    submission: StoredAggregate[Submission],
    decide: Decide,
    key: CommandKey | None,
    seen: SeenVersions,
) -> Document:
    async def _carry(change: Change) -> StoredAggregate[Submission]:
        return await put_in_place([], submission.id, the_attachments(request), utc_now(), change)

    return await decide_on(request, caller, submission, "hide_photo", decide, key, seen, _carry)


@router.get("", summary="A photo as it was sent", response_class=StreamingResponse, responses=A_PHOTO | READ)
async def read_original(request: Request, caller: Moderator, submission: ToModerate, id: Id) -> Response:
    return await whole(request, await original_of(request, submission, id, caller), HARMLESS)


@router.get("/thumbnail", summary="A small JPEG of it", response_class=Response, responses=SMALL | READ)
async def read_small_original(request: Request, caller: Moderator, submission: ToModerate, id: Id) -> Response:
    return thumbnail(await original_of(request, submission, id, caller), HARMLESS)


@router.post("/publish", summary="Show the public a copy of it, painted over", responses=DECIDED, openapi_extra=ONCE)
async def publish(
    request: Request, caller: Moderator, submission: ToModerate, id: Id, sent: JsonBody[PublishPhotoSent], seen: Version
) -> ModeratedShown:
    """Again from the original: other rectangles, or none, replace those of before."""
    key = await read_command_key(request, caller.subject)

    def decide(photo: PublicPhoto) -> Decide:
        return lambda _, state: moderate.publish_photo(state, caller.subject, photo, sent.reason, utc_now())

    rectangles = [each.rectangle() for each in sent.rectangles]
    answer = await publish_photo(request, caller, submission, id, rectangles, decide, key, seen)
    return ModeratedShown.model_validate(answer)


@router.post("/hide", summary="Take it from the public", responses=DECIDED, openapi_extra=ONCE)
async def hide(
    request: Request, caller: Moderator, submission: ToModerate, id: Id, sent: JsonBody[HideSent], seen: Version
) -> ModeratedShown:
    key = await read_command_key(request, caller.subject)

    def decide(_: str, state: Submission) -> Decision[Submission] | None:
        return moderate.hide_photo(state, caller.subject, id, sent.reason, utc_now())

    return ModeratedShown.model_validate(await hide_photo(request, caller, submission, decide, key, seen))


@published.get(
    "", summary="A photo, as a moderator left it", response_class=StreamingResponse, responses=A_COPY | READ_BY_ALL
)
async def read_published_photo(request: Request, reference: str, id: Id, publications: ThePublications) -> Response:
    copy = await _copy(request, await found(reference, publications), id)
    return await whole(request, copy, FOR_EVERYBODY)


@published.get("/thumbnail", summary="A small JPEG of it", response_class=Response, responses=SMALL | READ_BY_ALL)
async def read_small_photo(request: Request, reference: str, id: Id, publications: ThePublications) -> Response:
    return thumbnail(await _copy(request, await found(reference, publications), id), FOR_EVERYBODY)


async def _copy(request: Request, submission: Submission, id: str) -> StoredFile:
    """Named by the publication, and made for it: either alone would keep every original from the public."""
    publication = submission.publication
    if publication is None or not any(photo.id == id for photo in publication.photos):
        raise not_found()
    stored = await the_attachments(request).find_copy(id)
    if stored is None:
        raise not_found()
    return stored
