"""Proposes days in lieu: a holiday on a day off may be made up for by closing a working day.

Which holidays are made up for, and when, is announced each time, so the rule only proposes. Only the administrator's
decision (`DaysInLieu.decided`) closes a day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from shared.events.model import Name

from sla_monitor.calendars.model import WEEKDAYS, CalendarVersion

DAY = timedelta(days=1)
FURTHEST = timedelta(days=60)
"""No day further from its holiday is proposed."""


@dataclass(frozen=True)
class Proposal:
    """`day` would be closed in place of `holiday`."""

    holiday: date
    name: Name
    day: date


def proposed(calendar: CalendarVersion, first: date, last: date) -> Iterator[Proposal]:
    """Propose the next working day for each undecided holiday from `first` to `last`, each day once."""
    rule = calendar.definition.in_lieu
    if rule is None:
        return
    decided = {decision.holiday for decision in rule.decided}
    taken: set[date] = set()
    for holiday, name in sorted(calendar.holidays.items()):
        if not first <= holiday <= last or WEEKDAYS[holiday.weekday()] not in rule.weekdays or holiday in decided:
            continue
        day = _next_open_day(calendar, holiday, taken)
        if day is not None:
            taken.add(day)
            yield Proposal(holiday, name, day)


def _next_open_day(calendar: CalendarVersion, holiday: date, taken: set[date]) -> date | None:
    day = holiday + DAY
    while day <= holiday + FURTHEST:
        if calendar.hours_of(day) and day not in taken:
            return day
        day += DAY
    return None
