"""Calendars, policies and names in the language of the person who reads a page."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fastapi import Request
from shared.events.model import Name
from shared.web.catalogues import N_
from shared.web.formats import Formats
from shared.web.language import language_of
from shared.web.pages import Pages

from sla_monitor.calendars.model import WEEKDAYS, CalendarVersion, SpecialHours, Week
from sla_monitor.calendars.policies import PolicyVersion, parse_duration
from sla_monitor.http.words import KINDS, PRIORITIES, TARGETS
from sla_monitor.timekeeping.reference import Reference

AHEAD = timedelta(days=400)


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
    """A calendar in the reader's language; `opens` is set while it is closed."""

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


class CalendarReader:
    """Describes calendars and policies in the language of the request."""

    def __init__(self, request: Request) -> None:
        self.pages: Pages = request.app.state.pages
        self.reference: Reference = request.app.state.reference
        self.directory = self.reference.directory
        self.lang = language_of(request)
        self.formats: Formats = self.pages.formats(self.lang)
        self.words = self.pages.messages(self.lang).ugettext

    def name(self, name: Name) -> str:
        return str(getattr(name, self.lang))

    def entity(self, id: str) -> str:
        known = self.directory.entities.get(id)
        return self.name(known.name) if known else id

    def day(self, day: date) -> datetime:
        """Return noon, so that the date is the same in every zone that formats it."""
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
        """Return the weekly hours from Sunday, the country's first day of the week."""
        a_monday = date(2026, 1, 5)
        days = ((number, self.day(a_monday + timedelta(days=number))) for number in SUNDAY_FIRST)
        return [(self.formats.weekday(day), getattr(week, WEEKDAYS[number])) for number, day in days]

    def _ahead(self, calendar: CalendarVersion, today: date) -> list[DayOff]:
        """Return holidays, days in lieu and special hours, in order."""
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
        day = timedelta(seconds=self.reference.working_day_seconds or 0)
        return self.formats.working_time(parse_duration(working), day)

    def _days(self, days: int) -> str:
        said = self.pages.messages(self.lang).ungettext("%(num)s day", "%(num)s days", days)
        return str(said) % {"num": self.formats.number(days)}
