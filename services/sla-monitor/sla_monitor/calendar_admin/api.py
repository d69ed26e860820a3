"""JSON endpoints: anybody reads calendars and policies, an administrator publishes them as one whole."""

from fastapi import APIRouter, Request, Response
from shared.http.commands import IfMatch, read_command_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import not_found
from shared.reference.working_time import utc_now

from sla_monitor.calendar_admin.model import CalendarsAndPolicies, Published
from sla_monitor.calendar_admin.publisher import RulebookPublisher
from sla_monitor.calendar_admin.yaml_api import YamlOrJsonRoute
from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.http.parameters import Administrator
from sla_monitor.http.rulebook_models import CalendarAnswer, CalendarList, PolicyAnswer, PolicyList
from sla_monitor.timekeeping.reference import Reference

router = APIRouter(prefix="/api/sla-monitor/v1", tags=["calendars and policies"], route_class=YamlOrJsonRoute)


@router.get("/calendars", summary="The working calendars that hold for new submissions", responses=refusals(404, 503))
async def get_calendars(request: Request, response: Response) -> CalendarList:
    rulebook = _newest(request, response)
    today = utc_now().date()
    items = [CalendarAnswer.of(each, today) for each in rulebook.calendars]
    return CalendarList(version=rulebook.version, items=items)


@router.get("/policies", summary="The SLA policies that hold for new submissions", responses=refusals(404, 503))
async def get_policies(request: Request, response: Response) -> PolicyList:
    rulebook = _newest(request, response)
    return PolicyList(version=rulebook.version, items=[PolicyAnswer.of(each) for each in rulebook.policies])


@router.put(
    "/calendars-and-policies",
    summary="Publish calendars and policies as one whole",
    responses=refusals(401, 403, 409, 412, 422, 503),
    openapi_extra=ONCE,
)
async def put_calendars_and_policies(
    body: JsonBody[CalendarsAndPolicies], caller: Administrator, seen: IfMatch, request: Request, response: Response
) -> Published:
    """Checked and refused as a whole, with every fault. Open cases are recalculated by them, closed ones stay."""
    publisher: RulebookPublisher = request.app.state.publisher
    key = await read_command_key(request, caller.subject)
    answer = await publisher.publish(body, caller, seen, key, utc_now())
    response.headers["ETag"] = f'"{answer.version}"'
    return answer


def _newest(request: Request, response: Response) -> Rulebook:
    reference: Reference = request.app.state.reference
    rulebook = reference.rulebooks.newest
    if rulebook is None:
        raise not_found()
    response.headers["ETag"] = f'"{rulebook.version}"'
    return rulebook
