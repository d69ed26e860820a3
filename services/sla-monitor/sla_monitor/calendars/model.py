"""Models working calendars as an administrator writes them, and as they are published.

The hours of a day come from the last special range that covers it, otherwise from the week that held on it; a public
holiday, or a day in lieu of one, is closed either way, unless the range says that it was moved.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Identifier, Name

from sla_monitor.calendars.intervals import unfolding
from sla_monitor.calendars.working_time import Intervals, OpeningHours

Shift = Annotated[
    str,
    Field(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?-(([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?|24:00)$",
        description="opening and closing time of day, 24:00 is the end of the day",
        examples=["07:00-14:15"],
    ),
]


Shifts = Annotated[tuple[Shift, ...], Field(max_length=12)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


class Definition(BaseModel):
    """A definition written by a person: an unknown field is a fault, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Week(Definition):
    """The shifts of each day; a day without shifts is closed."""

    monday: Shifts = ()
    tuesday: Shifts = ()
    wednesday: Shifts = ()
    thursday: Shifts = ()
    friday: Shifts = ()
    saturday: Shifts = ()
    sunday: Shifts = ()

    @property
    def days(self) -> tuple[tuple[Shift, ...], ...]:
        return (self.monday, self.tuesday, self.wednesday, self.thursday, self.friday, self.saturday, self.sunday)


class SpecialHours(Definition):
    """Other hours from the first to the last day, both included; without `week` it is a closure."""

    name: Name
    first: date
    last: date
    week: Week | None = None
    on_holidays: Literal["closed", "open"] = Field(default="closed", description="open: a holiday that was moved away")
    estimate: bool = Field(default=False, description="the dates are not announced yet")


class DayInLieu(Definition):
    """An administrator's decision about one holiday."""

    holiday: date
    day: date | None = Field(default=None, description="closed in its place; without it no day is given")


class DaysInLieu(Definition):
    """Weekdays whose holidays may be made up for. Days are proposed by this rule, and close once they are decided."""

    weekdays: tuple[Weekday, ...] = Field(min_length=1, max_length=7)
    decided: tuple[DayInLieu, ...] = Field(default=(), max_length=500)

    @cached_property
    def given(self) -> frozenset[date]:
        return frozenset(decision.day for decision in self.decided if decision.day is not None)


class Calendar(Definition):
    id: Identifier
    name: Name
    zone: str = Field(description="IANA time zone", max_length=64, examples=["Asia/Bahrain"])
    default: bool = Field(default=False, description="used for an entity whose calendar nobody knows")
    valid_from: date | None = Field(
        default=None, description="first day of this week; the days before keep the week that held on them"
    )
    week: Week
    holidays: str | None = Field(
        default=None, max_length=8, description="country whose public holidays are kept", examples=["BH"]
    )
    in_lieu: DaysInLieu | None = None
    special: tuple[SpecialHours, ...] = Field(default=(), max_length=500)


class EarlierWeek(BaseModel):
    """The week of a calendar on the days before `until`."""

    model_config = ConfigDict(frozen=True)

    until: date
    week: Week


class CalendarVersion(BaseModel):
    """A published calendar. Its holidays are stored with it, so that a newer list of holidays moves no due time by
    itself.

    `earlier` are the weeks that held before `definition.valid_from`, in order.
    """

    model_config = ConfigDict(frozen=True)

    version: int
    definition: Calendar
    holidays: Mapping[date, Name]
    earlier: tuple[EarlierWeek, ...] = ()

    @property
    def id(self) -> str:
        return self.definition.id

    @cached_property
    def timetable(self) -> OpeningHours:
        return OpeningHours(unfolding(self.definition.zone, self.hours_of))

    @cached_property
    def hours_of(self) -> Callable[[date], Intervals]:
        """Return the shifts of a local day, in order, as seconds since midnight."""
        week, given = seconds_of(self.definition.week), self.days_in_lieu
        earlier = [(before.until, seconds_of(before.week)) for before in self.earlier]
        prevailing = [(hours, seconds_of(hours.week or Week())) for hours in reversed(self.definition.special)]

        def hours_of(day: date) -> Intervals:
            is_holiday = day in self.holidays or day in given
            for special, its_week in prevailing:
                if special.first <= day <= special.last:
                    return [] if is_holiday and special.on_holidays == "closed" else its_week[day.weekday()]
            if is_holiday:
                return []
            held = next((its_week for until, its_week in earlier if day < until), week)
            return held[day.weekday()]

        return hours_of

    @property
    def days_in_lieu(self) -> frozenset[date]:
        return self.definition.in_lieu.given if self.definition.in_lieu else frozenset()


def seconds_of(week: Week) -> list[Intervals]:
    """Return the shifts of each day from Monday, in order, as seconds since midnight."""
    return [sorted(parse_shift(shift) for shift in shifts) for shifts in week.days]


def parse_shift(shift: str) -> tuple[int, int]:
    opens, _, closes = shift.partition("-")
    return _second_of_day(opens), _second_of_day(closes)


def _second_of_day(time: str) -> int:
    hours, minutes, *seconds = (int(part) for part in time.split(":"))
    return hours * 3_600 + minutes * 60 + sum(seconds)
