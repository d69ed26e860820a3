"""Endpoints that erase a person: for the citizen, for the central office, and after a restored backup."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ConfigDict, Field
from shared.events.model import Role, SubmissionId
from shared.http.auth import Caller, require
from shared.http.commands import read_command_key
from shared.http.cursors import Cursor, read_cursor
from shared.http.json_bodies import JsonBody
from shared.http.openapi import NOBODY_TOO, ONCE, WAYS_TO_SIGN_IN, refusals
from shared.privacy.audit import RequestAudit
from shared.storage.cursors import write_cursor

from intake.erasure import use_cases
from intake.erasure.use_cases import erase_by_citizen, erase_by_office
from intake.http.bodies import BoundedRoute
from intake.http.models import CommandShown, Sent
from intake.submissions.model import ErasureReason
from intake.submissions.store import Submissions
from intake.tracking.dependencies import Opened

FIRST = datetime(2000, 1, 1, tzinfo=UTC), ""
"""A moment before every erasure."""

router = APIRouter(route_class=BoundedRoute, tags=["erasure"])
internal = APIRouter(route_class=BoundedRoute, prefix="/internal/erasures", include_in_schema=False)

Eraser = Annotated[Caller, Depends(require(Role.CENTRAL, Role.ADMINISTRATOR))]
Administrator = Annotated[Caller, Depends(require(Role.ADMINISTRATOR))]


class ErasureSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reference": "7KD3M-Q2X9A", "reason": "asked"}]})

    reference: str = Field(max_length=40)
    reason: ErasureReason


class ErasedSent(Sent):
    ids: list[SubmissionId] = Field(min_length=1, max_length=500)


@router.post(
    "/submissions/{reference}/erasure",
    summary="Erase my data",
    responses=refusals(401, 403, 404, 409, 413, 422, 503),
    dependencies=WAYS_TO_SIGN_IN,
    openapi_extra=NOBODY_TOO | ONCE,
)
async def erase_mine(request: Request, submission: Opened) -> CommandShown:
    """Deletes the texts, the author and the contact for good. A submission that is still open is withdrawn."""
    key = await read_command_key(request, submission.id)
    return CommandShown.model_validate(await erase_by_citizen(request.app.state.submissions, submission.id, key))


@router.post(
    "/erasures",
    summary="Erase the person of a submission",
    responses=refusals(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=ONCE,
)
async def erase_by_reference(request: Request, sent: JsonBody[ErasureSent], caller: Eraser) -> CommandShown:
    """For the central office or an administrator, when a person asked in another way. It cannot be undone."""
    key = await read_command_key(request, caller.subject)
    submissions = request.app.state.submissions
    answer = await erase_by_office(submissions, caller, sent.reference, sent.reason, key, RequestAudit(request))
    return CommandShown.model_validate(answer)


@internal.get("")
async def list_erasures(
    request: Request,
    caller: Administrator,
    since: datetime | None = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 500,
) -> dict[str, Any]:
    """Lists ids and times only, to be kept outside the database, so that a restored backup does not lose them."""
    submissions: Submissions = request.app.state.submissions
    place = read_cursor(cursor) or ((since.astimezone(UTC), "") if since else FIRST)
    found = await submissions.erased_after(place, limit)
    items = [{"id": id, "at": at} for at, id in found]
    return {"items": items, "next_cursor": write_cursor(found[-1]) if len(found) == limit else None}


@internal.post("")
async def erase_again(request: Request, sent: JsonBody[ErasedSent], caller: Administrator) -> dict[str, Any]:
    """Repeats erasures after a backup was restored, and announces each of them to all services again."""
    unknown = await use_cases.erase_again(request.app.state.submissions, sent.ids, caller, RequestAudit(request))
    return {"erased": len(sent.ids) - len(unknown), "unknown": unknown}
