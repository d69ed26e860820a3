"""The files of a submission: sent by its citizen, read by its citizen and by the officials who have it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from shared.events.model import Role
from shared.http.auth import Caller, CurrentSession, OptionalCaller, refuse
from shared.http.commands import answer_once, cause_of_request, command_key
from shared.http.openapi import NOBODY_TOO, ONCE, WAYS_TO_SIGN_IN, refusals
from shared.http.problems import Problem, changed_meanwhile, not_found
from shared.privacy.audit import audit_of
from shared.reference.directory import Directory
from shared.reference.work_areas import works_in
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict, Decision, Document, StoredAggregate
from starlette.responses import StreamingResponse

from intake.attachments.commands import hand_over, take_up
from intake.attachments.model import TYPES
from intake.attachments.store import StoredFile
from intake.http.bodies import UploadRoute
from intake.http.file_responses import HARMLESS, content_of, the_attachments, thumbnail, whole
from intake.http.models import AttachmentsShown
from intake.http.uploads import FIELD, uploads_of
from intake.submissions.errors import FilesRefused, NoFile
from intake.submissions.model import Attachment, Submission
from intake.tracking.api import PRIVATE, Opened, opened, shown_attachments
from intake.tracking.commands import attach

router = APIRouter(route_class=UploadRoute, tags=["attachments"], dependencies=WAYS_TO_SIGN_IN)

ADDRESS = "/submissions/{reference}/attachments"
Put = Callable[[str, Submission, Sequence[Attachment]], Decision[Submission] | None]
"""What becomes of a submission, by its id and state, to which these files are put."""

UNSENT_FOR = timedelta(hours=1)
PART = "part"
"""By what right officials of an entity read it that was asked for a part of it, for the audit trail."""
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


@dataclass(frozen=True)
class Readable:
    """A submission whose files may be read. `right` is set for an official, whose reading leaves an audit record, and
    PART for one of an entity that does a part of it."""

    submission: StoredAggregate[Submission]
    caller: Caller | None
    right: str | None

    @property
    def files(self) -> list[Attachment]:
        """What was sent, and what officials put to it: its author sees of that what an answer named; who does a part,
        nothing, as it is for the colleagues of who has it."""
        state = self.submission.state
        assert state is not None
        of_officials = {None: state.evidence, PART: []}.get(self.right, state.official_files)
        return [*state.attachments, *of_officials]


async def readable(
    request: Request,
    reference: str,
    caller: OptionalCaller,
    session: CurrentSession,
    tawasul_secret: Annotated[str | None, Header(max_length=100)] = None,
) -> Readable:
    """Its citizen, the officials of the entity that has it and of those that take part, and the central office. Other
    officials are told that it is not theirs; everybody else, that there is nothing."""
    try:
        return Readable(await opened(request, reference, caller, session, tawasul_secret), caller, None)
    except Problem:
        if caller is None or caller.roles <= {Role.CITIZEN}:
            raise
    aggregate: StoredAggregate[Submission] | None = await request.app.state.submissions.by_reference(reference)
    if aggregate is None or aggregate.state is None:
        raise not_found()
    is_central, has_it = caller.has(Role.CENTRAL), caller.acts_for(aggregate.state.entity)
    takes_part = any(caller.acts_for(entity) for entity in aggregate.state.taking_part)
    if not (is_central or has_it or takes_part):
        raise refuse("entity")
    does_part = not (is_central or has_it)
    entity = caller.entity if does_part else aggregate.state.entity
    check_may_look(caller, aggregate.state, entity, request.app.state.directory, utc_now())
    return Readable(aggregate, caller, PART if does_part else "central office" if is_central else "custodian")


def check_may_look(
    caller: Caller, submission: Submission, entity: str | None, directory: Directory, now: datetime
) -> None:
    """As the router's desk: what is confidential does not exist for others, another area's is as another entity's.
    `entity` has it or does a part of it; its head reads what is confidential, and whom it named for its part."""
    names = directory.stands_for(caller.subject, now)
    if not directory.may_read(names, submission.confided_at(entity), entity):
        raise not_found()
    area = submission.area or directory.area_of(submission.location)
    if not caller.has(Role.CENTRAL) and not works_in(directory.areas_of(names), area):
        raise refuse("area")


Reading = Annotated[Readable, Depends(readable)]
Id = Annotated[str, Path(max_length=64)]


@router.post(
    ADDRESS,
    status_code=201,
    summary="Attach files: JPEG, PNG, WebP, PDF or MP4, at most 10 MB each and five to a submission",
    responses=refusals(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=NOBODY_TOO | ONCE | BODY,
)
async def add_attachments(request: Request, submission: Opened) -> AttachmentsShown:
    """All of them, or none: each file that cannot be taken is named with its reason."""
    limits, now = request.app.state.limits, utc_now()

    def attached(id: str, state: Submission, files: Sequence[Attachment]) -> Decision[Submission] | None:
        return attach(id, state, files, limits, now)

    key = request.headers.get("idempotency-key")
    return await take_files(request, submission.id, limits.attachments, attached, key, submission.id)


async def take_files(
    request: Request,
    submission_id: str,
    room: int,
    put: Put,
    key: str | None,
    scope: str,
    official: str | None = None,
    before: Callable[[list[str]], Awaitable[None]] | None = None,
) -> AttachmentsShown:
    """The request's files, to a submission: `put` decides, `before` is told their ids first. `key` and `scope`: done
    once for whom. Raises NoFile, FilesRefused and Problem 409."""
    state, now = request.app.state, utc_now()
    uploads = await uploads_of(request)
    if not uploads:
        raise NoFile
    taken, faults = await take_up(
        uploads, room, None, state.attachments, state.cleaner, now + UNSENT_FOR, now, official=official
    )
    if faults:
        await state.attachments.discard([stored.id for stored in taken])
        raise FilesRefused(faults)
    digests = ",".join(stored.digest for stored in taken).encode()
    files = [stored.attachment() for stored in taken]
    if before is not None:
        await before([file.id for file in files])

    def _decide(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        if aggregate.state is None:
            raise not_found()
        return put(aggregate.id, aggregate.state, files)

    once, remember, answer = answer_once(
        command_key(key, scope, request.url.path, digests), _decide, lambda aggregate: _added(aggregate, files)
    )

    async def _change() -> StoredAggregate[Submission]:
        changed: StoredAggregate[Submission] = await state.submissions.change(
            submission_id, once, now, cause_of_request(), remember
        )
        return changed

    try:
        changed = await hand_over(taken, submission_id, state.attachments, now, _change)
    except Conflict as error:
        raise changed_meanwhile() from error
    return AttachmentsShown.model_validate(answer(changed))


def _added(aggregate: StoredAggregate[Submission], files: Sequence[Attachment]) -> Document:
    assert aggregate.state is not None
    items = shown_attachments(aggregate.state.reference, files)
    return {"items": [item.model_dump() for item in items]}


@router.get(
    ADDRESS,
    summary="The files of a submission: the author's, then the officials'",
    responses=refusals(401, 403, 404, 422, 503),
    openapi_extra=NOBODY_TOO,
)
async def list_attachments(request: Request, response: Response, reading: Reading) -> AttachmentsShown:
    response.headers.update(PRIVATE)
    state = reading.submission.state
    assert state is not None
    files = reading.files
    await _record(request, reading, "list", [file.id for file in files])
    return AttachmentsShown(items=shown_attachments(state.reference, files))


@router.get(
    ADDRESS + "/{id}",
    summary="What is in a file",
    response_class=StreamingResponse,
    responses=content_of("The file.", *TYPES) | refusals(401, 403, 404, 422, 503),
    openapi_extra=NOBODY_TOO,
)
async def read_attachment(request: Request, id: Id, reading: Reading) -> Response:
    stored = await _stored(request, id, reading)
    answer = await whole(request, stored, HARMLESS, stored.name)
    await _record(request, reading, "read", [stored.id])
    return answer


@router.get(
    ADDRESS + "/{id}/thumbnail",
    summary="A small JPEG of an image",
    response_class=Response,
    responses=content_of("The thumbnail.", "image/jpeg") | refusals(401, 403, 404, 422, 503),
    openapi_extra=NOBODY_TOO,
)
async def read_thumbnail(request: Request, id: Id, reading: Reading) -> Response:
    stored = await _stored(request, id, reading)
    answer = thumbnail(stored, HARMLESS)
    await _record(request, reading, "read", [stored.id])
    return answer


async def _stored(request: Request, id: str, reading: Readable) -> StoredFile:
    """The submission's state says which files are its own; the store, what is in them."""
    if not any(file.id == id for file in reading.files):
        raise not_found()
    stored = await the_attachments(request).find(reading.submission.id, id)
    if stored is None:
        raise not_found()
    return stored


async def _record(request: Request, reading: Readable, action: str, ids: list[str]) -> None:
    if reading.right is not None and reading.caller is not None:
        await audit_of(request).record(request, reading.caller, action, "attachment", ids, reading.right)
