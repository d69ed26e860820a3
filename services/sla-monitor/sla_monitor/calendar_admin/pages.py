"""`/working-hours`: when government works and how long an answer may take, for everybody; as files too."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request
from shared.events.model import Identifier, Name
from shared.http.problems import not_found
from shared.reference.working_time import utc_now
from shared.web.catalogues import N_
from shared.web.formats import Formats
from shared.web.language import language_of
from shared.web.pages import Pages
from starlette.responses import Response

from sla_monitor.calendar_admin.ics_export import written
from sla_monitor.calendar_admin.words import KINDS, PRIORITIES, TARGETS
from sla_monitor.calendar_admin.yaml_files import write_yaml
from sla_monitor.calendars.model import WEEKDAYS, CalendarVersion, SpecialHours, Week
from sla_monitor.calendars.policies import PolicyVersion, parse_duration
from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.clocks.commands import Reference
from sla_monitor.performance.commands import Record

router = APIRouter(include_in_schema=False)

AHEAD = timedelta(days=400)
FILES_CACHED = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Language, Cookie"}
SUNDAY_FIRST = (6, 0, 1, 2, 3, 4, 5)


@dataclass(frozen=True)
class DayOff:
    first: datetime
    last: datetime
    name: str
    is_estimate: bool = False
    hours: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class CalendarView:
    """A calendar in the reader's words; `opens` is there while it is closed."""

    id: str
    name: str
    zone: str
    is_default: bool
    since: datetime | None
    week: list[tuple[str, tuple[str, ...]]]
    ahead: list[DayOff]
    opens: datetime | None


@dataclass(frozen=True)
class PolicyView:
    name: str
    holds_for: list[str]
    targets: list[tuple[str, str]]
    waiting: str | None
    since: datetime | None
    until: datetime | None


@router.get("/working-hours")
async def working_hours(request: Request) -> Response:
    pages: Pages = request.app.state.pages
    rulebook, now = _held(request), utc_now()
    reader = Reader(request)
    context = {
        "calendars": [reader.calendar(each, now) for each in rulebook.calendars] if rulebook else [],
        "policies": [reader.policy(each) for each in rulebook.policies] if rulebook else [],
        "published_at": rulebook.published_at if rulebook else None,
    }
    return pages.render(request, "working_hours.html", context)


@router.get("/working-hours/rules.yaml")
async def rules(request: Request) -> Response:
    """As an administrator writes them, and publishes them again."""
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
    """A year, or this one and the next: calendar programmes subscribe to it."""
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


class Reader:
    """Says calendars and policies in the language of whoever asks."""

    def __init__(self, request: Request) -> None:
        self.pages: Pages = request.app.state.pages
        self.record: Record = request.app.state.record
        self.directory = self.record.reference.directory
        self.lang = language_of(request)
        self.formats: Formats = self.pages.formats(self.lang)
        self.words = self.pages.messages(self.lang).ugettext

    def name(self, name: Name) -> str:
        return str(getattr(name, self.lang))

    def entity(self, id: str) -> str:
        known = self.directory.entities.get(id)
        return self.name(known.name) if known else id

    def day(self, day: date) -> datetime:
        """Noon of it, so that it is this day wherever it is read."""
        return datetime.combine(day, time(12), self.pages.zone)

    def calendar(self, calendar: CalendarVersion, now: datetime) -> CalendarView:
        definition = calendar.definition
        opens = calendar.timetable.next_opening(now)
        return CalendarView(
            id=calendar.id,
            name=self.name(definition.name),
            zone=definition.zone,
            is_default=definition.default,
            since=self.day(definition.valid_from) if definition.valid_from else None,
            week=self.week(definition.week),
            ahead=self._ahead(calendar, now.astimezone(ZoneInfo(definition.zone)).date()),
            opens=opens if opens > now else None,
        )

    def week(self, week: Week) -> list[tuple[str, tuple[str, ...]]]:
        """From Sunday, as the country's week begins."""
        a_monday = date(2026, 1, 5)
        days = ((number, self.day(a_monday + timedelta(days=number))) for number in SUNDAY_FIRST)
        return [(self.formats.weekday(day), getattr(week, WEEKDAYS[number])) for number, day in days]

    def _ahead(self, calendar: CalendarVersion, today: date) -> list[DayOff]:
        """Holidays, days in lieu and special hours, in order."""
        last = today + AHEAD
        found = [
            DayOff(self.day(day), self.day(day), self.name(name))
            for day, name in calendar.holidays.items()
            if today <= day <= last and not calendar.hours_of(day)
        ]
        found += [
            DayOff(self.day(day), self.day(day), self.words(N_("Day in lieu")))
            for day in calendar.days_in_lieu
            if today <= day <= last
        ]
        found += [self.special(each) for each in calendar.definition.special if each.last >= today]
        return sorted(found, key=lambda each: each.first)

    def special(self, special: SpecialHours) -> DayOff:
        hours = self.week(special.week) if special.week else []
        return DayOff(
            self.day(special.first),
            self.day(special.last),
            self.name(special.name),
            special.estimate,
            tuple((day, shifts) for day, shifts in hours if shifts),
        )

    def policy(self, policy: PolicyVersion) -> PolicyView:
        definition = policy.definition
        holds_for = []
        if definition.entity is not None:
            holds_for.append(self.entity(definition.entity))
        if definition.category is not None:
            known = self.directory.categories.get(definition.category)
            holds_for.append(self.name(known.name) if known else definition.category)
        if definition.priority is not None:
            holds_for.append(self.words(PRIORITIES[definition.priority]))
        if definition.kind is not None:
            holds_for.append(self.words(KINDS[definition.kind]))
        return PolicyView(
            name=self.name(definition.name),
            holds_for=holds_for,
            targets=[
                (
                    self.words(TARGETS[name]),
                    self.span(target.working) if target.working is not None else self._days(target.days or 0),
                )
                for name, target in definition.targets.items()
            ],
            waiting=self.span(definition.waiting_limit) if definition.waiting_limit else None,
            since=definition.valid_from,
            until=definition.valid_until,
        )

    def span(self, working: str) -> str:
        day = timedelta(seconds=self.record.working_day_seconds or 0)
        return self.formats.working_time(parse_duration(working), day)

    def _days(self, days: int) -> str:
        said = self.pages.messages(self.lang).ungettext("%(num)s day", "%(num)s days", days)
        return str(said) % {"num": self.formats.number(days)}
