"""Reads working hours and days off from an iCalendar file (RFC 5545), of our own export or of another system.

All-day events are closures; weekly events are the ordinary week's hours, or those of a range where they have an end; a
single event with a time is the hours of its day. An event that a working calendar cannot express is a fault, and a file
with a fault is refused as a whole.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component
from icalendar.timezone import tzp
from shared.events.model import Name

from sla_monitor.calendar_files.ics_export import (
    DAY,
    ESTIMATE,
    FIRST,
    LAST,
    NAME_AR,
    NAME_EN,
    ON_HOLIDAYS,
    ORDER,
    WORKING,
)
from sla_monitor.calendar_files.ics_export import WEEKDAYS as SHORT
from sla_monitor.calendars.checks import Fault, RulebookRefused
from sla_monitor.calendars.model import WEEKDAYS, SpecialHours, Week

MOST_EVENTS = 2_000
MOST_NAME = 200
MOST_LEFT_OUT = 500
"""Limit of days that the series of a file leave out: a calendar holds no more special hours."""
ONCE_A_YEAR = {"FREQ", "BYMONTH", "BYDAY", "BYMONTHDAY", "UNTIL", "COUNT", "WKST"}
"""Limit on a time zone's rules: each conversion walks through all earlier clock changes."""
END_OF_DAY = 86_400
AFTER_ALL_HOURS, CLOSURES_LAST = 10**6, 10**7
"""Default order: a closure prevails over hours."""


@dataclass(frozen=True)
class Imported:
    """`week` is set where the file has hours of the ordinary week."""

    week: Week | None
    special: tuple[SpecialHours, ...]


@dataclass(frozen=True)
class Hours:
    """One event with times: weekdays from Monday = 0, each with what is open on it as seconds since midnight.

    Of two patterns for a day the one of the higher `order` prevails; in files of others it is below 0.
    """

    name: Name
    first: date
    last: date | None
    is_ordinary: bool
    is_estimate: bool
    holds_on_holidays: bool
    order: int
    shifts: tuple[tuple[int, tuple[int, int]], ...]
    without: frozenset[date] = frozenset()

    def belongs_to(self, other: "Hours") -> bool:
        """Return whether both events belong to one weekly pattern. For other systems' series that is unknown: their
        events have many names, and begin and end within a week."""
        if self.order >= 0 or other.order >= 0:
            return self.order == other.order
        if self.last is None or other.last is None:
            return self.last == other.last
        ends_within = max(abs(self.first - other.first), abs(self.last - other.last)) < 7 * DAY
        return ends_within and (self.name, self.is_ordinary) == (other.name, other.is_ordinary)


@dataclass
class _Found:
    hours: list[Hours] = field(default_factory=list)
    closures: list[tuple[int, SpecialHours]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read(content: bytes, zone_name: str) -> Imported:
    """Raises Refused. `zone_name` is that of the calendar that it is for: all hours are in it."""
    # A zone that a file defines is kept under its name, and would be taken for another file's of the same name.
    tzp.use_default()
    try:
        document = Calendar.from_ical(content)
        zones = document.walk("VTIMEZONE")
        events = document.walk("VEVENT")
    except (ValueError, IndexError, KeyError) as error:
        raise RulebookRefused(
            [Fault("file", "format", "This is no iCalendar file.", "هذا ليس ملف iCalendar.")]
        ) from error
    if not all(_changes_once_a_year(part) for zone in zones for part in zone.subcomponents):
        text = "The clocks of a time zone change more often than once a year."
        raise RulebookRefused([Fault("file", "zone", text, "تتغير ساعة إحدى المناطق الزمنية أكثر من مرة في السنة.")])
    if not events or len(events) > MOST_EVENTS:
        text = f"A file has between 1 and {MOST_EVENTS:,} events."
        raise RulebookRefused([Fault("file", "events", text, "عدد الأحداث في الملف خارج الحدود المقبولة.")])
    found = _Found()
    for number, event in enumerate(events):
        try:
            _read_event(event, ZoneInfo(zone_name), found)
        except (_Fault, ValueError, KeyError, AttributeError, TypeError, OverflowError) as error:
            fault = error if isinstance(error, _Fault) else _Fault("It cannot be read.", "تعذرت قراءته.")
            found.faults.append(Fault(f"events.{number}", "event", fault.en, fault.ar))
    if found.faults:
        raise RulebookRefused(found.faults)
    if len({day for hours in found.hours for day in hours.without}) > MOST_LEFT_OUT:
        text = f"The series leave out more than {MOST_LEFT_OUT} days."
        raise RulebookRefused([Fault("file", "events", text, "تستثني السلاسل أيامًا أكثر مما يمكن قبوله.")])
    return _put_together(found)


def _changes_once_a_year(part: Component) -> bool:
    rules = part.get("RRULE", [])
    return all(
        rule.get("FREQ") == ["YEARLY"] and not set(rule) - ONCE_A_YEAR and len(rule.get("BYMONTH", [])) <= 1
        for rule in (rules if isinstance(rules, list) else [rules])
    )


class _Fault(Exception):
    def __init__(self, en: str, ar: str) -> None:
        super().__init__(en)
        self.en = en
        self.ar = ar


def _read_event(event: Component, zone: ZoneInfo, found: _Found) -> None:
    if event.errors:
        raise _Fault("It cannot be read.", "تعذرت قراءته.")
    if "RDATE" in event or "RECURRENCE-ID" in event:
        raise _Fault("Single dates of a series are not taken.", "التواريخ المفردة في السلسلة غير مقبولة.")
    start, end = event.decoded("DTSTART"), event.decoded("DTEND", None)
    if end is None:
        end = start + event.decoded("DURATION", DAY if not isinstance(start, datetime) else timedelta())
    if end <= start:
        raise _Fault("It ends before it begins.", "ينتهي قبل أن يبدأ.")
    if isinstance(start, datetime) and isinstance(end, datetime):
        found.hours.append(_hours(event, start, end, zone))
    elif "RRULE" in event:
        raise _Fault(
            "Whole days that repeat are not taken: name each date.", "الأيام المتكررة غير مقبولة: حدّد كل تاريخ."
        )
    else:
        closed = SpecialHours(name=_name(event), first=start, last=end - DAY, estimate=ESTIMATE in event)
        found.closures.append((_order(event, CLOSURES_LAST), closed))


def _hours(event: Component, start: datetime, end: datetime, zone: ZoneInfo) -> Hours:
    opens, closes = _local(start, zone), _local(end, zone)
    if closes - opens > DAY:
        raise _Fault("It is longer than a day.", "مدته أطول من يوم.")
    rule: dict[str, Any] = event.get("RRULE") or {}
    weekdays, last = {opens.weekday()}, opens.date()
    is_endless = False
    if rule:
        if start.tzinfo is not None and start.utcoffset() != opens.replace(tzinfo=zone).utcoffset():
            raise _Fault("It repeats in another time zone.", "يتكرر في منطقة زمنية أخرى.")
        weekdays, until = _weekly(rule, opens)
        is_endless = until is None
        last = _local(until, zone).date() if isinstance(until, datetime) else until or last
    if not is_endless and closes.date() > opens.date() and _second(closes):
        raise _Fault("It goes on after midnight: make it two events.", "يمتد إلى ما بعد منتصف الليل: اجعله حدثين.")
    first = opens.date()
    is_ours = all(name in event for name in (FIRST, LAST, ORDER))
    if is_ours:
        first, last = (date.fromisoformat(str(event[name])) for name in (FIRST, LAST))
    return Hours(
        name=_name(event),
        first=first,
        last=None if is_endless else last,
        is_ordinary=is_endless or WORKING in _categories(event),
        is_estimate=ESTIMATE in event,
        holds_on_holidays=ON_HOLIDAYS in event,
        shifts=tuple(_shifts(weekdays, opens, closes)),
        order=_order(event, -1),
        without=frozenset() if is_ours else frozenset(_local(each, zone).date() for each in _excluded(event)),
    )


def _weekly(rule: dict[str, Any], opens: datetime) -> tuple[set[int], date | datetime | None]:
    known = {"FREQ", "BYDAY", "UNTIL", "WKST", "INTERVAL"}
    if rule.get("FREQ") != ["WEEKLY"] or set(rule) - known or rule.get("INTERVAL", [1]) != [1]:
        raise _Fault("Only what repeats every week is taken.", "لا يُقبل إلا ما يتكرر كل أسبوع.")
    [until] = rule.get("UNTIL", [None])
    return {SHORT.index(str(day)) for day in rule.get("BYDAY", [])} or {opens.weekday()}, until


def _shifts(weekdays: Iterable[int], opens: datetime, closes: datetime) -> Iterator[tuple[int, tuple[int, int]]]:
    """Split a shift at midnight: the rest belongs to the next day."""
    begins, ends = _second(opens), _second(closes)
    for weekday in sorted(weekdays):
        if opens.date() == closes.date():
            yield weekday, (begins, ends)
            continue
        yield weekday, (begins, END_OF_DAY)
        if ends:
            yield (weekday + 1) % 7, (0, ends)


def _put_together(found: _Found) -> Imported:
    groups: list[list[Hours]] = []
    for hours in sorted(found.hours, key=lambda each: (each.order, each.first)):
        together = next((group for group in groups if hours.belongs_to(group[0])), None)
        if together is None:
            groups.append([hours])
        else:
            together.append(hours)
    patterns = [_Pattern.of(group) for group in groups]
    ordinary = [pattern for pattern in patterns if pattern.is_ordinary]
    ruling = max(ordinary, key=lambda pattern: pattern.last) if ordinary else None
    # An ordinary week of earlier days comes first: special hours on them prevail.
    ranges = sorted(
        (each for each in patterns if each is not ruling),
        key=lambda each: (each.order, not each.is_ordinary, each.first),
    )
    special = [(each.order, each.special_hours()) for each in ranges]
    special += [(AFTER_ALL_HOURS, each) for each in _without(found.hours, [closed for _, closed in found.closures])]
    ordered = sorted([*special, *found.closures], key=lambda pair: pair[0])
    return Imported(ruling.week if ruling else None, tuple(each for _, each in ordered))


@dataclass(frozen=True)
class _Pattern:
    """The events that make up a week's hours within a range of days."""

    name: Name
    first: date
    last: date
    week: Week
    is_ordinary: bool
    is_estimate: bool
    holds_on_holidays: bool
    order: int

    @classmethod
    def of(cls, group: Sequence[Hours]) -> "_Pattern":
        return cls(
            name=group[0].name,
            first=min(each.first for each in group),
            last=max(each.last or date.max for each in group),
            week=_week(shift for each in group for shift in each.shifts),
            is_ordinary=group[0].is_ordinary,
            is_estimate=group[0].is_estimate,
            holds_on_holidays=group[0].holds_on_holidays,
            order=group[0].order,
        )

    def special_hours(self) -> SpecialHours:
        return SpecialHours(
            name=self.name,
            first=self.first,
            last=self.last,
            week=self.week,
            estimate=self.is_estimate,
            on_holidays="open" if self.holds_on_holidays else "closed",
        )


def _without(every: Sequence[Hours], closures: Sequence[SpecialHours]) -> Iterator[SpecialHours]:
    """Return the days that a series leaves out, with the hours of other events on them; closures excepted."""
    days = sorted({day for hours in every for day in hours.without})
    for day in days:
        if any(closed.first <= day <= closed.last for closed in closures):
            continue
        open_on_it = [
            (weekday, shift)
            for hours in every
            if day not in hours.without and hours.first <= day <= (hours.last or date.max)
            for weekday, shift in hours.shifts
            if weekday == day.weekday()
        ]
        name = next(hours.name for hours in every if day in hours.without)
        yield SpecialHours(name=name, first=day, last=day, week=_week(open_on_it) if open_on_it else None)


def _week(shifts: Iterable[tuple[int, tuple[int, int]]]) -> Week:
    days: dict[str, list[str]] = defaultdict(list)
    for weekday, (opens, closes) in sorted(set(shifts)):
        days[WEEKDAYS[weekday]].append(f"{_clock(opens)}-{_clock(closes)}")
    return Week.model_validate(days)


def _clock(second: int) -> str:
    seconds = f":{second % 60:02}" if second % 60 else ""
    return f"{second // 3_600:02}:{second // 60 % 60:02}{seconds}"


def _order(event: Component, otherwise: int) -> int:
    return int(str(event[ORDER])) if ORDER in event else otherwise


def _second(moment: datetime) -> int:
    return moment.hour * 3_600 + moment.minute * 60 + moment.second


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the local time in the calendar's zone. A time without a zone is in it already.

    What is written in that zone stays as written, also where its clock leaps over it: other weeks have that time.
    """
    if moment.tzinfo in (None, zone):
        return moment.replace(tzinfo=None)
    return moment.astimezone(zone).replace(tzinfo=None)


def _excluded(event: Component) -> Iterator[datetime]:
    listed = event.get("EXDATE", [])
    for each in listed if isinstance(listed, list) else [listed]:
        for value in each.dts:
            if not isinstance(value.dt, datetime):
                raise _Fault("A series leaves out a day without its time.", "تستثني السلسلة يومًا دون وقته.")
            yield value.dt


def _categories(event: Component) -> set[str]:
    listed = event.get("CATEGORIES", [])
    return {str(name) for each in (listed if isinstance(listed, list) else [listed]) for name in each.cats}


def _name(event: Component) -> Name:
    said = str(event.get("SUMMARY", "")).strip()[:MOST_NAME] or "-"
    return Name(ar=str(event.get(NAME_AR, said)), en=str(event.get(NAME_EN, said)))
