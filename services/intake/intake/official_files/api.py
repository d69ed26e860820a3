"""Files of officials: put to a submission, read by officials, and by its author and the public as an answer says."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from shared.http.auth import Caller, refuse
from shared.http.openapi import ONCE, WAYS_TO_SIGN_IN, refusals
from shared.http.problems import not_found
from shared.privacy.audit import audit_of
from shared.storage.aggregates import Decision
from starlette.responses import StreamingResponse

from intake.attachments.api import BODY, PART, Reading, take_files
from intake.attachments.model import TYPES
from intake.attachments.store import StoredFile
from intake.http.bodies import UploadRoute
from intake.http.file_responses import FOR_EVERYBODY, content_of, the_attachments, thumbnail, whole
from intake.http.models import AttachmentsShown
from intake.official_files.commands import put_files
from intake.public_register.api import ThePublications, found
from intake.submissions.model import Attachment, Submission

router = APIRouter(route_class=UploadRoute, tags=["attachments"], dependencies=WAYS_TO_SIGN_IN)
published = APIRouter(prefix="/published/{reference}/evidence/{id}", tags=["published"])

ADDRESS = "/submissions/{reference}/official-files"
READ_BY_ALL = refusals(404, 422, 503)
Id = Annotated[str, Path(max_length=64)]


class Official:
    """Who of the officials may put files to this submission: those of its custodian, and the central office. Whose
    part of it is asked for, writes at that part. In triage it is no entity's: only who has one puts files then."""

    def __init__(self, reading: Reading) -> None:
        if reading.right is None or reading.caller is None:
            raise refuse("role")
        assert reading.submission.state is not None
        entity = reading.caller.entity or reading.submission.state.entity
        if reading.right == PART or entity is None:
            raise refuse("entity")
        self.caller: Caller = reading.caller
        self.right = reading.right
        self.id = reading.submission.id
        self.submission: Submission = reading.submission.state
        self.entity = entity

    async def puts(self, request: Request, key: str | None) -> AttachmentsShown:
        """Raises NoFile, FilesRefused, NotPossible, TooManyFiles, PersonForgotten and Problem 409."""
        limits, caller = request.app.state.limits, self.caller

        def put(id: str, state: Submission, files: Sequence[Attachment]) -> Decision[Submission] | None:
            return put_files(id, state, files, self.entity, caller.subject, limits)

        async def recorded(ids: list[str]) -> None:
            await audit_of(request).record(request, caller, "add", "attachment", ids, self.right)

        return await take_files(
            request, self.id, limits.attachments, put, key, caller.subject, caller.subject, recorded
        )


AnOfficial = Annotated[Official, Depends()]


@router.post(
    ADDRESS,
    status_code=201,
    summary="An official puts files to a submission: for colleagues, or as evidence of an answer",
    responses=refusals(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=ONCE | BODY,
)
async def add_official_files(request: Request, official: AnOfficial) -> AttachmentsShown:
    """At most five at once, of the same types and cleaned as those of citizens. All of them, or none."""
    return await official.puts(request, request.headers.get("idempotency-key"))


EVIDENCE: dict[int | str, dict[str, Any]] = content_of("The file.", *TYPES)


@published.get(
    "",
    summary="What shows that it was done, where the answer said that everybody may see it",
    response_class=StreamingResponse,
    responses=EVIDENCE | READ_BY_ALL,
)
async def read_published_evidence(request: Request, reference: str, id: Id, publications: ThePublications) -> Response:
    stored = await _public(request, await found(reference, publications), id)
    return await whole(request, stored, FOR_EVERYBODY, f"evidence{TYPES[stored.media_type].suffixes[0]}")


@published.get(
    "/thumbnail",
    summary="A small JPEG of it",
    response_class=Response,
    responses=content_of("The thumbnail.", "image/jpeg") | READ_BY_ALL,
)
async def read_small_evidence(request: Request, reference: str, id: Id, publications: ThePublications) -> Response:
    return thumbnail(await _public(request, await found(reference, publications), id), FOR_EVERYBODY)


async def _public(request: Request, submission: Submission, id: str) -> StoredFile:
    """Named for everybody by an answer, and sent by an official: either alone could show what a citizen sent."""
    if not any(file.id == id and file.is_public for file in submission.evidence):
        raise not_found()
    stored = await the_attachments(request).find_of_official(id)
    if stored is None:
        raise not_found()
    return stored
