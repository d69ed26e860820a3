"""One submission's clock, explained step by step."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from shared.auth import SignedIn, refuse
from shared.clock import utc_now
from shared.events.model import Role, SubmissionId
from shared.messaging import RetryLater
from shared.openapi import refusals
from shared.problems import busy, not_found

from sla_monitor.api.models import ClockAnswer
from sla_monitor.domain.clock import read_clock
from sla_monitor.repository import Clocks
from sla_monitor.use_cases.keep_clock import Reference

router = APIRouter(prefix="/api/sla-monitor/v1", tags=["clocks"])


@router.get(
    "/clocks/{submission_id}",
    summary="The clock of a submission and how it came to stand as it does",
    responses=refusals(401, 403, 404, 422, 503),
)
async def get_clock(
    submission_id: Annotated[SubmissionId, Path()], caller: SignedIn, request: Request, response: Response
) -> ClockAnswer:
    """For the officials of its custodian, the central office and auditors."""
    clocks: Clocks = request.app.state.clocks
    reference: Reference = request.app.state.reference
    may_see_all = caller.has(Role.CENTRAL, Role.AUDITOR)
    found = await clocks.find(submission_id)
    record = found.state if found else None
    custodian = record.standing.entity if record and record.standing else None
    if not may_see_all and not caller.acts_for(custodian):
        raise refuse("entity")
    if found is None or record is None:
        raise not_found()
    now = utc_now()
    try:
        rules = reference.rules(record.rulebook)
    except RetryLater as error:
        raise busy() from error
    clock = read_clock(record.facts, rules, now)
    if clock is None:
        raise not_found()
    response.headers["ETag"] = f'"{found.version}"'
    return ClockAnswer.of(submission_id, record, clock, now)
