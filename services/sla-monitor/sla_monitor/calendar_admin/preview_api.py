"""A preview of what publishing calendars and policies would change and move."""

from dataclasses import asdict

from fastapi import APIRouter, Request
from shared.http.json_bodies import JsonBody
from shared.http.openapi import refusals
from shared.reference.working_time import utc_now

from sla_monitor.calendar_admin.model import CalendarsAndPolicies
from sla_monitor.calendar_admin.preview import preview
from sla_monitor.calendar_admin.publisher import RulebookPublisher
from sla_monitor.clocks.store import Clocks
from sla_monitor.http.parameters import Administrator
from sla_monitor.recalculation.api_models import NOTHING_MOVED, Change, Move, PreviewAnswer, Tally, tallies_of_entities
from sla_monitor.timekeeping.reference import Reference

router = APIRouter(prefix="/api/sla-monitor/v1", tags=["calendars and policies"])


@router.post(
    "/calendars-and-policies/preview",
    summary="What would change if these were published: nothing is",
    responses=refusals(401, 403, 409, 422, 503),
)
async def post_preview(body: JsonBody[CalendarsAndPolicies], caller: Administrator, request: Request) -> PreviewAnswer:
    """Every open case is computed by the rules in force and by these. Refused with every fault, as publishing is."""
    reference: Reference = request.app.state.reference
    clocks: Clocks = request.app.state.clocks
    publisher: RulebookPublisher = request.app.state.publisher
    await reference.rulebooks.renew()
    now = utc_now()
    following = publisher.would_follow(body, caller, now)
    if following is None:
        open = await clocks.count_all_open()
        return PreviewAnswer(
            changes=[], open=open, looked_at=open, failed=0, moved=NOTHING_MOVED, entities=[], examples=[]
        )
    found = await preview(following, clocks, reference, now, caller.subject)
    return PreviewAnswer(
        changes=[Change.of(each) for each in found.changes],
        open=found.open,
        looked_at=found.looked_at,
        failed=found.failed,
        moved=Tally(**asdict(found.tallies.all)),
        entities=tallies_of_entities(found.tallies),
        examples=[Move.of(move) for move in found.examples],
    )
