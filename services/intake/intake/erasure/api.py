"""Erasing a person: by whoever may open the submission, by the central office; and once more after a restore."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ConfigDict, Field
from shared.events.model import Role, SubmissionId
from shared.http.auth import Caller, require
from shared.http.commands import CommandKey, answer_once, cause_of_request, read_command_key
from shared.http.cursors import Cursor, read_cursor
from shared.http.json_bodies import JsonBody
from shared.http.openapi import NOBODY_TOO, ONCE, WAYS_TO_SIGN_IN, refusals
from shared.http.problems import changed_meanwhile, not_found
from shared.privacy.audit import audit_of
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict, Decision, StoredAggregate
from shared.storage.cursors import write_cursor

from intake.erasure.commands import erase
from intake.http.bodies import BoundedRoute
from intake.http.models import CommandShown, Sent
from intake.submissions.model import Erasure, ErasureReason, Submission
from intake.submissions.reference import normalised
from intake.submissions.store import Submissions
from intake.tracking.api import Opened, result

FIRST = datetime(2000, 1, 1, tzinfo=UTC), ""
"""Before every erasure."""

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
    """What was written, who wrote it and how to reach them are deleted for good; what is under way is withdrawn."""
    key = await read_command_key(request, submission.id)
    return await erase_once(request, submission.id, key, by_citizen())


@router.post(
    "/erasures",
    summary="Erase the person of a submission",
    responses=refusals(401, 403, 404, 409, 413, 422, 503),
    openapi_extra=ONCE,
)
async def erase_by_reference(request: Request, sent: JsonBody[ErasureSent], caller: Eraser) -> CommandShown:
    """By the central office or an administrator, for whoever asked on another way. It cannot be undone."""
    submissions: Submissions = request.app.state.submissions
    number = normalised(sent.reference)
    id = await submissions.id_of(number) if number else None
    if id is None:
        raise not_found()
    role = "central" if caller.has(Role.CENTRAL) else "administrator"
    # Before it is done, as nothing could be put back: the trail may name one that then failed, and misses none.
    await audit_of(request).record(request, caller, "erase", "submission", [id], f"{role}: {sent.reason}")
    erasure = Erasure.model_validate({"at": utc_now(), "by": role, "reason": sent.reason})
    return await erase_once(request, id, await read_command_key(request, caller.subject), erasure)


def by_citizen() -> Erasure:
    return Erasure(at=utc_now(), by="citizen", reason="asked")


async def erase_once(request: Request, id: str, key: CommandKey | None, erasure: Erasure) -> CommandShown:
    once, remember, answer = answer_once(key, _erasing(erasure), result)
    try:
        changed = await request.app.state.submissions.change(id, once, utc_now(), cause_of_request(), remember)
    except Conflict as error:
        raise changed_meanwhile() from error
    return CommandShown.model_validate(answer(changed))


def _erasing(erasure: Erasure) -> Callable[[StoredAggregate[Submission]], Decision[Submission]]:
    def _decide(aggregate: StoredAggregate[Submission]) -> Decision[Submission]:
        if aggregate.state is None:
            raise not_found()
        return erase(aggregate.id, aggregate.state, erasure, utc_now())

    return _decide


@internal.get("")
async def list_erasures(
    request: Request,
    caller: Administrator,
    since: datetime | None = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 500,
) -> dict[str, Any]:
    """Ids and times, nothing of anyone: to be kept where a restored database does not take it back."""
    submissions: Submissions = request.app.state.submissions
    place = read_cursor(cursor) or ((since.astimezone(UTC), "") if since else FIRST)
    found = await submissions.erased_after(place, limit)
    items = [{"id": id, "at": at} for at, id in found]
    return {"items": items, "next_cursor": write_cursor(found[-1]) if len(found) == limit else None}


@internal.post("")
async def erase_again(request: Request, sent: JsonBody[ErasedSent], caller: Administrator) -> dict[str, Any]:
    """After a restore: each is erased where it is back, and announced once more to every service."""
    submissions: Submissions = request.app.state.submissions
    await audit_of(request).record(request, caller, "erase", "submission", sent.ids, "administrator: restored")
    erasure = Erasure(at=utc_now(), by="administrator", reason="asked")
    unknown = []
    for id in sent.ids:
        if await submissions.find(id) is None:
            unknown.append(id)
            continue
        await submissions.change(id, _erasing(erasure), utc_now(), cause_of_request())
    return {"erased": len(sent.ids) - len(unknown), "unknown": unknown}
