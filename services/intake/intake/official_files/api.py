"""Endpoints for officials' files: add them, and read those that an answer published."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from shared.http.openapi import ONCE, WAYS_TO_SIGN_IN, refusals
from starlette.responses import StreamingResponse

from intake.attachments.api import BODY
from intake.attachments.model import TYPES
from intake.http.bodies import UploadRoute
from intake.http.file_responses import FOR_EVERYBODY, content_of, file_response, the_attachments, thumbnail_response
from intake.http.models import AttachmentsShown
from intake.official_files.dependencies import AddingOfficial, add_sent_files
from intake.official_files.use_cases import find_published_evidence
from intake.public_register.dependencies import ThePublications
from intake.public_register.use_cases import find_published

router = APIRouter(route_class=UploadRoute, tags=["attachments"], dependencies=WAYS_TO_SIGN_IN)
published = APIRouter(prefix="/published/{reference}/evidence/{id}", tags=["published"])

ADDRESS = "/submissions/{reference}/official-files"
READ_BY_ALL = refusals(404, 422, 503)
Id = Annotated[str, Path(max_length=64)]


@router.post(
    ADDRESS,
    status_code=201,
    summary="An official puts files to a submission: for colleagues, or as evidence of an answer",
    responses=refusals(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=ONCE | BODY,
)
async def add_official_files(request: Request, official: AddingOfficial) -> AttachmentsShown:
    """Takes at most five at once, all or none, with the same types and checks as citizens' files."""
    return await add_sent_files(request, official, request.headers.get("idempotency-key"))


EVIDENCE: dict[int | str, dict[str, Any]] = content_of("The file.", *TYPES)


@published.get(
    "",
    summary="What shows that it was done, where the answer said that everybody may see it",
    response_class=StreamingResponse,
    responses=EVIDENCE | READ_BY_ALL,
)
async def read_published_evidence(request: Request, reference: str, id: Id, publications: ThePublications) -> Response:
    stored = await find_published_evidence(the_attachments(request), await find_published(publications, reference), id)
    return await file_response(request, stored, FOR_EVERYBODY, f"evidence{TYPES[stored.media_type].suffixes[0]}")


@published.get(
    "/thumbnail",
    summary="A small JPEG of it",
    response_class=Response,
    responses=content_of("The thumbnail.", "image/jpeg") | READ_BY_ALL,
)
async def read_small_evidence(request: Request, reference: str, id: Id, publications: ThePublications) -> Response:
    return thumbnail_response(
        await find_published_evidence(the_attachments(request), await find_published(publications, reference), id),
        FOR_EVERYBODY,
    )
