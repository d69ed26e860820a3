"""Writes a working calendar as iCalendar (RFC 5545): shifts, special hours and days off.

Each weekly pattern becomes one recurring event per shift, without the days on which a holiday or special hours prevail.
Information that iCalendar cannot express is written as properties of our own, which `ics_import` reads.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from shared.events.model import Name

from sla_monitor.calendars.model import CalendarVersion, SpecialHours, Week, seconds_of

PRODUCT = "-//Tawasul//Working calendar//EN"
WORKING, SPECIAL, CLOSURE, HOLIDAY = "WORKING-HOURS", "SPECIAL-HOURS", "CLOSURE", "HOLIDAY"
FIRST, LAST, NAME_AR, NAME_EN = (f"X-TAWASUL-{word}" for word in ("FIRST", "LAST", "AR", "EN"))
"""Properties of a pattern: its first and last day, and its name in both languages."""
ORDER = "X-TAWASUL-ORDER"
"""Where days are in two patterns, the one with the higher number prevails."""
ESTIMATE, ON_HOLIDAYS = "X-TAWASUL-ESTIMATE", "X-TAWASUL-ON-HOLIDAYS"
"""Set where the dates are estimates; set where the hours apply on holidays as well."""
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pattern:
    """The weekly hours for the days from `first` to `last`. Of two patterns for a day, the later one prevails.

    `special` is there where it is no ordinary week.
    """

    first: date
    last: date
    week: Week
    special: SpecialHours | None = None


def written(calendar: CalendarVersion, first: date, last: date, at: datetime, language: str) -> bytes:
    """Return the calendar as iCalendar. `at` is when this version was published. Event names are in `language`, with
    both languages beside."""
    document = Calendar()
    document.add("prodid", PRODUCT)
    document.add("version", "2.0")
    document.add("x-wr-calname", getattr(calendar.definition.name, language))
    document.add("x-wr-timezone", calendar.definition.zone)
    for event in _events(calendar, first, last, language):
        event.add("dtstamp", at.astimezone(UTC))
        event.add("uid", str(uuid5(NAMESPACE_URL, f"{calendar.id}/{event.to_ical().decode()}")))
        document.add_component(event)
    document.add_missing_timezones()
    content: bytes = document.to_ical()
    return content


def _events(calendar: CalendarVersion, first: date, last: date, language: str) -> Iterator[Event]:
    patterns = _patterns(calendar, first, last)
    prevailing: dict[int, list[date]] = defaultdict(list)
    for day in _days(first, last):
        for number, pattern in reversed(list(enumerate(patterns))):
            if pattern.first <= day <= pattern.last:
                prevailing[number].append(day)
                break
    for number, pattern in enumerate(patterns):
        of_pattern = list(_of_pattern(calendar, pattern, prevailing[number], language))
        if not of_pattern and prevailing[number]:
            closed = pattern.special or SpecialHours(
                name=calendar.definition.name, first=pattern.first, last=pattern.last
            )
            of_pattern = [_day_off(closed, pattern.first, pattern.last, CLOSURE, language)]
        for event in of_pattern:
            event.add(ORDER, number)
            yield event
    for day, name in _holidays(calendar, first, last):
        yield _day_off(SpecialHours(name=name, first=day, last=day), day, day, HOLIDAY, language)


def _patterns(calendar: CalendarVersion, first: date, last: date) -> list[Pattern]:
    found, begins = [], first
    for before in calendar.earlier:
        found.append(Pattern(begins, min(before.until - DAY, last), before.week))
        begins = max(before.until, first)
    found.append(Pattern(begins, last, calendar.definition.week))
    found += [
        Pattern(max(each.first, first), min(each.last, last), each.week or Week(), each)
        for each in calendar.definition.special
    ]
    return [pattern for pattern in found if pattern.first <= pattern.last]


def _of_pattern(calendar: CalendarVersion, pattern: Pattern, days: list[date], language: str) -> Iterator[Event]:
    """Return one event for each shift that is worked on any of these days."""
    dates: dict[tuple[int, int], list[date]] = defaultdict(list)
    for day in days:
        if calendar.hours_of(day):
            for shift in seconds_of(pattern.week)[day.weekday()]:
                dates[shift].append(day)
    for shift, worked in sorted(dates.items()):
        yield _shift(calendar, pattern, shift, worked, language)


def _shift(
    calendar: CalendarVersion, pattern: Pattern, shift: tuple[int, int], worked: list[date], language: str
) -> Event:
    zone = ZoneInfo(calendar.definition.zone)
    (opens, closes), special = shift, pattern.special
    event = Event()
    _name(event, special.name if special is not None else calendar.definition.name, language)
    event.add("categories", [SPECIAL if special is not None else WORKING])
    event.add("dtstart", _at(worked[0], opens, zone))
    event.add("dtend", _at(worked[0], closes, zone))
    if len(worked) > 1:
        weekdays = sorted({day.weekday() for day in worked})
        until = _at(worked[-1], opens, zone).astimezone(UTC)
        event.add("rrule", {"freq": "weekly", "byday": [WEEKDAYS[day] for day in weekdays], "until": until})
        without = {day for day in _days(worked[0], worked[-1]) if day.weekday() in weekdays} - {*worked}
        if without:
            event.add("exdate", [_at(day, opens, zone) for day in sorted(without)])
    event.add(FIRST, pattern.first.isoformat())
    event.add(LAST, pattern.last.isoformat())
    if special is not None and special.estimate:
        event.add(ESTIMATE, "TRUE")
    if special is not None and special.on_holidays == "open":
        event.add(ON_HOLIDAYS, "OPEN")
    return event


def _holidays(calendar: CalendarVersion, first: date, last: date) -> Iterator[tuple[date, Name]]:
    """Return the holidays and days in lieu on which the calendar is closed."""
    lieu = {
        each.day: each.holiday for each in (calendar.definition.in_lieu.decided if calendar.definition.in_lieu else ())
    }
    for day in _days(first, last):
        name = calendar.holidays.get(day)
        if name is None and day in calendar.days_in_lieu:
            of = calendar.holidays.get(lieu[day])
            name = Name(ar=f"بدل {of.ar}" if of else "يوم بدل", en=f"In lieu of {of.en}" if of else "Day in lieu")
        if name is not None and not calendar.hours_of(day):
            yield day, name


def _day_off(closed: SpecialHours, first: date, last: date, category: str, language: str) -> Event:
    event = Event()
    _name(event, closed.name, language)
    event.add("categories", [category])
    event.add("dtstart", first)
    event.add("dtend", last + DAY)
    event.add("transp", "TRANSPARENT")
    if closed.estimate:
        event.add(ESTIMATE, "TRUE")
    return event


def _name(event: Event, name: Name, language: str) -> None:
    event.add("summary", getattr(name, language), parameters={"LANGUAGE": language})
    event.add(NAME_AR, name.ar)
    event.add(NAME_EN, name.en)


def _at(day: date, second: int, zone: ZoneInfo) -> datetime:
    """Return the local time of day; the end of a day is the beginning of the next."""
    extra, second = divmod(second, 86_400)
    return datetime.combine(day + extra * DAY, time(second // 3_600, second // 60 % 60, second % 60), zone)


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + number * DAY
