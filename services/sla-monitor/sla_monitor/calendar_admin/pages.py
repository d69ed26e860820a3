"""Shows everybody working hours and deadlines at `/working-hours`, as a page and as files."""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request
from shared.events.model import Identifier
from shared.http.problems import not_found
from shared.reference.working_time import utc_now
from shared.web.language import language_of
from shared.web.pages import Pages
from starlette.responses import Response

from sla_monitor.calendar_files.ics_export import written
from sla_monitor.calendar_files.yaml_files import write_yaml
from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.http.calendar_reader import CalendarReader
from sla_monitor.timekeeping.reference import Reference

router = APIRouter(include_in_schema=False)

FILES_CACHED = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Language, Cookie"}


@router.get("/working-hours")
async def working_hours(request: Request) -> Response:
    pages: Pages = request.app.state.pages
    rulebook, now = _held(request), utc_now()
    reader = CalendarReader(request)
    context = {
        "calendars": [reader.calendar(each, now) for each in rulebook.calendars] if rulebook else [],
        "policies": [reader.policy(each) for each in rulebook.policies] if rulebook else [],
        "published_at": rulebook.published_at if rulebook else None,
    }
    return pages.render(request, "working_hours.html", context)


@router.get("/working-hours/rules.yaml")
async def rules(request: Request) -> Response:
    """Serve the rulebook as YAML, which can be edited and published again."""
    rulebook = _held(request)
    if rulebook is None:
        raise not_found()
    headers = {**FILES_CACHED, "Content-Disposition": f'attachment; filename="tawasul-rules-{rulebook.version}.yaml"'}
    return Response(text_of(rulebook), media_type="application/yaml; charset=utf-8", headers=headers)


@router.get("/working-hours/{id}.ics")
async def calendar_file(
    request: Request,
    id: Annotated[Identifier, Path()],
    year: Annotated[int | None, Query(ge=2000, le=2999)] = None,
) -> Response:
    """Serve a year as iCalendar, or this year and the next: calendar programs subscribe to it."""
    rulebook, lang = _held(request), language_of(request)
    calendar = next((each for each in rulebook.calendars if each.id == id), None) if rulebook else None
    if rulebook is None or calendar is None:
        raise not_found()
    first = year or utc_now().astimezone(ZoneInfo(calendar.definition.zone)).year
    last = year or first + 1
    content = written(calendar, date(first, 1, 1), date(last, 12, 31), rulebook.published_at, lang)
    headers = {**FILES_CACHED, "Content-Disposition": f'attachment; filename="{id}.ics"', "Content-Language": lang}
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


def text_of(rulebook: Rulebook) -> str:
    return write_yaml(
        {
            "calendars": [each.definition for each in rulebook.calendars],
            "policies": [each.definition for each in rulebook.policies],
        }
    )


def _held(request: Request) -> Rulebook | None:
    reference: Reference = request.app.state.reference
    return reference.rulebooks.newest
