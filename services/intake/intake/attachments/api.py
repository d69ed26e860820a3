"""Endpoints for the files of a submission: add some, list them, read one."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from shared.http.openapi import NOBODY_TOO, ONCE, WAYS_TO_SIGN_IN, refusals
from shared.privacy.audit import RequestAudit
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision
from starlette.responses import StreamingResponse

from intake.attachments.dependencies import Readable, file_stores_of, key_of_content
from intake.attachments.model import TYPES
from intake.attachments.use_cases import add_files
from intake.http.bodies import UploadRoute
from intake.http.file_responses import HARMLESS, content_of, file_response, the_attachments, thumbnail_response
from intake.http.headers import PRIVATE
from intake.http.models import AttachmentsShown
from intake.http.uploads import FIELD, uploads_of
from intake.submissions.model import Attachment, Submission
from intake.submissions.use_cases import state_of
from intake.tracking.commands import attach
from intake.tracking.dependencies import Opened
from intake.tracking.json_view import attachments_json

router = APIRouter(route_class=UploadRoute, tags=["attachments"], dependencies=WAYS_TO_SIGN_IN)

ADDRESS = "/submissions/{reference}/attachments"
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FIELD],
                    "properties": {FIELD: {"type": "array", "items": {"type": "string", "format": "binary"}}},
                    "examples": [{FIELD: ["the bytes of lamp.jpg"]}],
                }
            }
        },
    }
}


Id = Annotated[str, Path(max_length=64)]


@router.post(
    ADDRESS,
    status_code=201,
    summary="Attach files: JPEG, PNG, WebP, PDF or MP4, at most 10 MB each and five to a submission",
    responses=refusals(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=NOBODY_TOO | ONCE | BODY,
)
async def add_attachments(request: Request, submission: Opened) -> AttachmentsShown:
    """Takes all of the files or none. A refusal names each file that cannot be taken, with the reason."""
    limits, now = request.app.state.limits, utc_now()

    def attached(id: str, state: Submission, files: Sequence[Attachment]) -> Decision[Submission] | None:
        return attach(id, state, files, limits, now)

    key_of = key_of_content(request, request.headers.get("idempotency-key"), submission.id)
    uploads = await uploads_of(request)
    answer = await add_files(file_stores_of(request), uploads, submission.id, limits.attachments, attached, key_of)
    return AttachmentsShown.model_validate(answer)


@router.get(
    ADDRESS,
    summary="The files of a submission: the author's, then the officials'",
    responses=refusals(401, 403, 404, 422, 503),
    openapi_extra=NOBODY_TOO,
)
async def list_attachments(request: Request, response: Response, readable: Readable) -> AttachmentsShown:
    response.headers.update(PRIVATE)
    files = readable.files
    await readable.record(RequestAudit(request), "list", [file.id for file in files])
    return AttachmentsShown(items=attachments_json(state_of(readable.submission).reference, files))


@router.get(
    ADDRESS + "/{id}",
    summary="What is in a file",
    response_class=StreamingResponse,
    responses=content_of("The file.", *TYPES) | refusals(401, 403, 404, 422, 503),
    openapi_extra=NOBODY_TOO,
)
async def read_attachment(request: Request, id: Id, readable: Readable) -> Response:
    stored = await readable.stored(the_attachments(request), id)
    answer = await file_response(request, stored, HARMLESS, stored.name)
    await readable.record(RequestAudit(request), "read", [stored.id])
    return answer


@router.get(
    ADDRESS + "/{id}/thumbnail",
    summary="A small JPEG of an image",
    response_class=Response,
    responses=content_of("The thumbnail.", "image/jpeg") | refusals(401, 403, 404, 422, 503),
    openapi_extra=NOBODY_TOO,
)
async def read_thumbnail(request: Request, id: Id, readable: Readable) -> Response:
    stored = await readable.stored(the_attachments(request), id)
    answer = thumbnail_response(stored, HARMLESS)
    await readable.record(RequestAudit(request), "read", [stored.id])
    return answer
