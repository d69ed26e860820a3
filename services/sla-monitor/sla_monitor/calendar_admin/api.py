"""Calendars and policies: read by anybody, published as one whole by an administrator."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from shared.events.model import Role
from shared.http.auth import Caller, require
from shared.http.commands import CommandKey, IfMatch, SeenVersions, differs, read_command_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import changed_meanwhile, not_found, version_differs
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict, Document

from sla_monitor.calendar_admin.commands import earlier_policies, next_rulebook
from sla_monitor.calendar_admin.yaml_bodies import YamlToo, refused
from sla_monitor.calendars.checks import Refused, faults
from sla_monitor.calendars.public_holidays import COUNTRIES, holidays_of
from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.calendars.store import RulebookStore
from sla_monitor.clocks.commands import Reference
from sla_monitor.http.models import (
    CalendarAnswer,
    CalendarList,
    CalendarsAndPolicies,
    PolicyAnswer,
    PolicyList,
    Published,
)

router = APIRouter(prefix="/api/sla-monitor/v1", tags=["calendars and policies"], route_class=YamlToo)

Administrator = Annotated[Caller, Depends(require(Role.ADMINISTRATOR))]
SeenVersion = IfMatch


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
    body: JsonBody[CalendarsAndPolicies], caller: Administrator, seen: SeenVersion, request: Request, response: Response
) -> Published:
    """Checked whole and refused whole, with every fault. Open cases are judged anew by them, closed ones stay."""
    answer = await publish_once(request, body, caller, seen, await read_command_key(request, caller.subject))
    response.headers["ETag"] = f'"{answer.version}"'
    return answer


async def publish_once(
    request: Request, body: CalendarsAndPolicies, caller: Caller, seen: SeenVersions, key: CommandKey | None
) -> Published:
    """Raises Problem 409, 412 and 422."""
    reference: Reference = request.app.state.reference
    store: RulebookStore = request.app.state.store
    try:
        answer = await store.answers.once(key, lambda: _publish(body, caller, seen, key, store, reference))
    except _Overtaken as error:
        raise version_differs() from error
    except Conflict as error:
        raise changed_meanwhile() from error
    await reference.rulebooks.renew()
    return Published.model_validate(answer)


class _Overtaken(Exception):
    """Another rulebook than the one the administrator has seen is the newest."""


async def _publish(
    body: CalendarsAndPolicies,
    caller: Caller,
    seen: SeenVersions,
    key: CommandKey | None,
    store: RulebookStore,
    reference: Reference,
) -> Document:
    """The answer, kept under `key` with the rulebook that holds now."""
    await reference.rulebooks.renew()
    newest = reference.rulebooks.newest
    if differs(seen, newest.version if newest else 0):
        raise _Overtaken
    following = would_follow(body, caller, reference, utc_now())
    if following is None:
        assert newest is not None
        answer = _published(newest, False, reference)
        await store.answers.keep(newest.version, key, answer)
        return answer
    answer = _published(following, True, reference)
    await store.publish(following, key, answer)
    return answer


def would_follow(body: CalendarsAndPolicies, caller: Caller, reference: Reference, now: datetime) -> Rulebook | None:
    """What would be published; None where nothing changed. Raises Problem 422 with every fault."""
    rulebooks = reference.rulebooks
    worked_by = {id: entity.calendar for id, entity in reference.directory.entities.items() if entity.active}
    found = faults(body.calendars, body.policies, COUNTRIES, worked_by, earlier_policies(body.policies, rulebooks))
    if found:
        raise refused(Refused(found))
    return next_rulebook(body.calendars, body.policies, rulebooks, holidays_of, now, caller.subject, body.reason)


def _newest(request: Request, response: Response) -> Rulebook:
    reference: Reference = request.app.state.reference
    rulebook = reference.rulebooks.newest
    if rulebook is None:
        raise not_found()
    response.headers["ETag"] = f'"{rulebook.version}"'
    return rulebook


def _published(rulebook: Rulebook, changed: bool, reference: Reference) -> Document:
    named = {policy.definition.entity for policy in rulebook.policies if policy.definition.entity}
    return Published(
        version=rulebook.version,
        changed=changed,
        calendars={calendar.id: calendar.version for calendar in rulebook.calendars},
        policies={policy.id: policy.version for policy in rulebook.policies},
        unknown_entities=sorted(named - reference.directory.entities.keys()),
    ).model_dump(mode="json")
