"""Working calendars as an administrator writes them, and as they are published.

The hours of a day come from the last special range that covers it, otherwise from the week; a public holiday is closed
either way, unless the range says that it was moved.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Identifier, Name

from sla_monitor.domain.timetable import Intervals, OpeningHours
from sla_monitor.domain.unfolding import unfolding

Shift = Annotated[
    str,
    Field(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?-(([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?|24:00)$",
        description="opening and closing time of day, 24:00 is the end of the day",
        examples=["07:00-14:15"],
    ),
]


class Definition(BaseModel):
    """What people write: an unknown word in it is a mistake, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Week(Definition):
    """The shifts of each day; a day without shifts is closed."""

    monday: tuple[Shift, ...] = ()
    tuesday: tuple[Shift, ...] = ()
    wednesday: tuple[Shift, ...] = ()
    thursday: tuple[Shift, ...] = ()
    friday: tuple[Shift, ...] = ()
    saturday: tuple[Shift, ...] = ()
    sunday: tuple[Shift, ...] = ()

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


class Calendar(Definition):
    id: Identifier
    name: Name
    zone: str = Field(description="IANA time zone", examples=["Asia/Bahrain"])
    default: bool = Field(default=False, description="used for an entity whose calendar nobody knows")
    week: Week
    holidays: str | None = Field(default=None, description="country whose public holidays are kept", examples=["BH"])
    special: tuple[SpecialHours, ...] = ()


class CalendarVersion(BaseModel):
    """A published calendar. Its holidays are written down, so that a later list of holidays moves no old clock."""

    model_config = ConfigDict(frozen=True)

    version: int
    definition: Calendar
    holidays: Mapping[date, Name]

    @property
    def id(self) -> str:
        return self.definition.id

    @cached_property
    def timetable(self) -> OpeningHours:
        return OpeningHours(unfolding(self.definition.zone, self._hours_of_days()))

    def _hours_of_days(self) -> Callable[[date], Intervals]:
        week = seconds_of(self.definition.week)
        prevailing = [(hours, seconds_of(hours.week or Week())) for hours in reversed(self.definition.special)]

        def hours_of(day: date) -> Intervals:
            is_holiday = day in self.holidays
            for special, its_week in prevailing:
                if special.first <= day <= special.last:
                    return [] if is_holiday and special.on_holidays == "closed" else its_week[day.weekday()]
            return [] if is_holiday else week[day.weekday()]

        return hours_of


def seconds_of(week: Week) -> list[Intervals]:
    """For each day from Monday: its shifts as seconds since midnight, in order."""
    return [sorted(parse_shift(shift) for shift in shifts) for shifts in week.days]


def parse_shift(shift: str) -> tuple[int, int]:
    opens, _, closes = shift.partition("-")
    return _second_of_day(opens), _second_of_day(closes)


def _second_of_day(time: str) -> int:
    hours, minutes, *seconds = (int(part) for part in time.split(":"))
    return hours * 3_600 + minutes * 60 + sum(seconds)
