"""What an administrator does most: a day is announced, a day in lieu decided, a file of days taken over.

Each makes other definitions of those that hold, which are then checked, looked at and published as a whole.
"""

from collections.abc import Container, Sequence
from datetime import date

from sla_monitor.calendars.model import Calendar, CalendarVersion, DayInLieu, DaysInLieu, SpecialHours, Week


def with_special(calendars: Sequence[Calendar], special: SpecialHours, of: Container[str]) -> list[Calendar]:
    """The newest announcement prevails over all before it."""
    return [
        calendar.model_copy(update={"special": (*calendar.special, special)}) if calendar.id in of else calendar
        for calendar in calendars
    ]


def usual_hours(calendars: Sequence[Calendar], special: SpecialHours, of: Container[str]) -> list[Calendar]:
    """A holiday that was moved away: each calendar's own week holds on these days."""
    return [
        calendar.model_copy(
            update={
                "special": (
                    *calendar.special,
                    special.model_copy(update={"week": calendar.week, "on_holidays": "open"}),
                )
            }
        )
        if calendar.id in of
        else calendar
        for calendar in calendars
    ]


def on_working_days(calendars: Sequence[Calendar], shifts: tuple[str, ...], of: Container[str]) -> Week:
    """These shifts on every weekday on which any of the calendars is open."""
    weeks = [calendar.week for calendar in calendars if calendar.id in of]
    days = [day for day in Week.model_fields if any(getattr(week, day) for week in weeks)]
    return Week.model_validate(dict.fromkeys(days, shifts))


def with_day_in_lieu(calendars: Sequence[Calendar], id: str, decided: DayInLieu) -> list[Calendar]:
    """A later decision about a holiday takes the place of an earlier one."""
    return [
        calendar.model_copy(update={"in_lieu": _decided(calendar.in_lieu, decided)})
        if calendar.id == id and calendar.in_lieu is not None
        else calendar
        for calendar in calendars
    ]


def _decided(rule: DaysInLieu, decided: DayInLieu) -> DaysInLieu:
    others = [each for each in rule.decided if each.holiday != decided.holiday]
    return DaysInLieu(weekdays=rule.weekdays, decided=tuple(sorted((*others, decided), key=lambda each: each.holiday)))


def taken_over(calendar: CalendarVersion, week: Week | None, special: Sequence[SpecialHours]) -> Calendar:
    """With another week, where there is one, and those special hours that it does not have already."""
    new = [
        each for each in special if each not in calendar.definition.special and not _is_closed_anyway(calendar, each)
    ]
    return calendar.definition.model_copy(
        update={"week": week or calendar.definition.week, "special": (*calendar.definition.special, *new)}
    )


def _is_closed_anyway(calendar: CalendarVersion, special: SpecialHours) -> bool:
    """Its holidays are in such files as well."""
    if special.week is not None:
        return False
    days = range(special.first.toordinal(), special.last.toordinal() + 1)
    return not any(calendar.hours_of(date.fromordinal(day)) for day in days)
