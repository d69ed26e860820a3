"""One submission's clock, explained step by step."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from shared.events.model import Role, SubmissionId
from shared.http.auth import Caller, SignedIn, refuse
from shared.http.openapi import refusals
from shared.http.problems import busy, not_found
from shared.messaging.consumer import RetryLater
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate

from sla_monitor.clocks.commands import Reference
from sla_monitor.clocks.model import Clock, read_clock
from sla_monitor.clocks.record import ClockRecord
from sla_monitor.clocks.store import Clocks
from sla_monitor.deadlines.unknown import Unknown
from sla_monitor.http.models import ClockAnswer, UnknownClockAnswer

router = APIRouter(prefix="/api/sla-monitor/v1", tags=["clocks"])


@dataclass(frozen=True)
class Reading:
    """A clock, as it was read `at`; `version` is that of its document."""

    version: int
    record: ClockRecord
    clock: Clock
    at: datetime


@dataclass(frozen=True)
class NotCounted:
    """A case whose clock is unknown."""

    version: int
    record: ClockRecord
    unknown: Unknown


@router.get(
    "/clocks/{submission_id}",
    summary="The clock of a submission and how it came to stand as it does",
    responses=refusals(401, 403, 404, 422, 503),
)
async def get_clock(
    submission_id: Annotated[SubmissionId, Path()], caller: SignedIn, request: Request, response: Response
) -> ClockAnswer | UnknownClockAnswer:
    """For the officials of its custodian, the central office and auditors. `unknown`: it cannot be counted for now."""
    known = await read_for_official(request, submission_id, caller)
    response.headers["ETag"] = f'"{known.version}"'
    if isinstance(known, NotCounted):
        return UnknownClockAnswer.of(submission_id, known.record, known.unknown)
    return ClockAnswer.of(submission_id, known.record, known.clock, known.at)


async def read_for_official(request: Request, submission_id: str, caller: Caller) -> Reading | NotCounted:
    """Raises Problem 403 also where there is none, unless the caller may see all of them; 404, also where it is
    confidential and not for them; 503."""
    clocks: Clocks = request.app.state.clocks
    found = await clocks.find(submission_id)
    standing = (found.state.unknown or found.state.standing) if found and found.state else None
    if not caller.has(Role.CENTRAL, Role.AUDITOR) and not caller.acts_for(standing.entity if standing else None):
        raise refuse("entity")
    directory = request.app.state.reference.directory
    names = directory.stands_for(caller.subject, utc_now())
    if standing is not None and not directory.may_read(names, standing.confided, standing.entity):
        raise not_found()
    return _read(request, found)


async def read_for_author(request: Request, submission_id: str) -> Reading | NotCounted:
    """Shown to a browser whose session may open the submission alone. Raises Problem 404, or 503."""
    clocks: Clocks = request.app.state.clocks
    return _read(request, await clocks.find(submission_id))


def _read(request: Request, found: StoredAggregate[ClockRecord] | None) -> Reading | NotCounted:
    """Busy while a rulebook by which it was read is not here yet."""
    reference: Reference = request.app.state.reference
    if found is None or found.state is None:
        raise not_found()
    if found.state.unknown is not None:
        return NotCounted(found.version, found.state, found.state.unknown)
    now = utc_now()
    try:
        rules = reference.rules(found.state.rulebook)
    except RetryLater as error:
        raise busy() from error
    clock = read_clock(found.state.facts, rules, now)
    if clock is None:
        raise not_found()
    return Reading(found.version, found.state, clock, now)
