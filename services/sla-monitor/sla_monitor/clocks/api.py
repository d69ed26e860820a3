"""JSON endpoint that explains one submission's clock step by step."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from shared.events.model import SubmissionId
from shared.http.auth import SignedIn
from shared.http.openapi import refusals
from shared.reference.working_time import utc_now

from sla_monitor.clocks.api_models import ClockAnswer, UnknownClockAnswer
from sla_monitor.clocks.reading import UnknownClock, clock_for_official

router = APIRouter(prefix="/api/sla-monitor/v1", tags=["clocks"])


@router.get(
    "/clocks/{submission_id}",
    summary="The clock of a submission and how it came to stand as it does",
    responses=refusals(401, 403, 404, 422, 503),
)
async def get_clock(
    submission_id: Annotated[SubmissionId, Path()], caller: SignedIn, request: Request, response: Response
) -> ClockAnswer | UnknownClockAnswer:
    """For the officials of its custodian, the central office and auditors. `unknown`: it cannot be computed for now."""
    state = request.app.state
    known = await clock_for_official(state.clocks, state.reference, submission_id, caller, utc_now())
    response.headers["ETag"] = f'"{known.version}"'
    if isinstance(known, UnknownClock):
        return UnknownClockAnswer.of(submission_id, known.record, known.unknown)
    return ClockAnswer.of(submission_id, known.record, known.clock, known.at)
