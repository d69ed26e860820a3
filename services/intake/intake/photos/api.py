"""Endpoints for photos: moderators see originals and decide, everybody sees the copies."""

from fastapi import APIRouter, Request, Response
from shared.http.commands import IfMatch
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from starlette.responses import StreamingResponse

from intake.attachments.model import TYPES
from intake.http.bodies import BoundedRoute
from intake.http.file_responses import (
    FOR_EVERYBODY,
    HARMLESS,
    content_of,
    file_response,
    the_attachments,
    thumbnail_response,
)
from intake.photos.dependencies import Id, Photos
from intake.photos.http_models import PublishPhotoSent
from intake.photos.use_cases import find_published_copy
from intake.public_register.dependencies import ThePublications
from intake.public_register.use_cases import find_published
from intake.publication.api import DECIDED
from intake.publication.dependencies import ToModerate, reviewed_version
from intake.publication.http_models import HideSent, ModeratedShown

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


@router.get("", summary="A photo as it was sent", response_class=StreamingResponse, responses=A_PHOTO | READ)
async def read_original(request: Request, photos: Photos, submission: ToModerate, id: Id) -> Response:
    return await file_response(request, await photos.original(submission, id), HARMLESS)


@router.get("/thumbnail", summary="A small JPEG of it", response_class=Response, responses=SMALL | READ)
async def read_small_original(request: Request, photos: Photos, submission: ToModerate, id: Id) -> Response:
    return thumbnail_response(await photos.original(submission, id), HARMLESS)


@router.post("/publish", summary="Show the public a copy of it, painted over", responses=DECIDED, openapi_extra=ONCE)
async def publish(
    request: Request, photos: Photos, submission: ToModerate, id: Id, sent: JsonBody[PublishPhotoSent], seen: IfMatch
) -> ModeratedShown:
    """Starts from the original again: the new rectangles replace the earlier ones."""
    rectangles = [each.rectangle() for each in sent.rectangles]
    reviewed = await reviewed_version(request, photos.desk, seen)
    return ModeratedShown.model_validate(await photos.publish(submission, id, rectangles, sent.reason, reviewed))


@router.post("/hide", summary="Take it from the public", responses=DECIDED, openapi_extra=ONCE)
async def hide(
    request: Request, photos: Photos, submission: ToModerate, id: Id, sent: JsonBody[HideSent], seen: IfMatch
) -> ModeratedShown:
    reviewed = await reviewed_version(request, photos.desk, seen)
    return ModeratedShown.model_validate(await photos.hide(submission, id, sent.reason, reviewed))


@published.get(
    "", summary="A photo, as a moderator left it", response_class=StreamingResponse, responses=A_COPY | READ_BY_ALL
)
async def read_published_photo(request: Request, reference: str, id: Id, publications: ThePublications) -> Response:
    copy = await find_published_copy(the_attachments(request), await find_published(publications, reference), id)
    return await file_response(request, copy, FOR_EVERYBODY)


@published.get("/thumbnail", summary="A small JPEG of it", response_class=Response, responses=SMALL | READ_BY_ALL)
async def read_small_photo(request: Request, reference: str, id: Id, publications: ThePublications) -> Response:
    return thumbnail_response(
        await find_published_copy(the_attachments(request), await find_published(publications, reference), id),
        FOR_EVERYBODY,
    )
