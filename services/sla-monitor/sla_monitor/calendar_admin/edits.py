"""Makes the administrator's most frequent edits: special hours, a day in lieu, days imported from a file.

Each returns new definitions, which are then checked, previewed and published as a whole.
"""

from collections.abc import Container, Sequence
from datetime import date

from sla_monitor.calendars.model import Calendar, CalendarVersion, DayInLieu, DaysInLieu, SpecialHours, Week


def with_special(calendars: Sequence[Calendar], special: SpecialHours, of: Container[str]) -> list[Calendar]:
    """Add special hours; they prevail over earlier ones."""
    return [
        calendar.model_copy(update={"special": (*calendar.special, special)}) if calendar.id in of else calendar
        for calendar in calendars
    ]


def usual_hours(calendars: Sequence[Calendar], special: SpecialHours, of: Container[str]) -> list[Calendar]:
    """Keep each calendar's ordinary week on these days, as for a holiday that was moved away."""
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
    """Return these shifts for every weekday on which any of the calendars is open."""
    weeks = [calendar.week for calendar in calendars if calendar.id in of]
    days = [day for day in Week.model_fields if any(getattr(week, day) for week in weeks)]
    return Week.model_validate(dict.fromkeys(days, shifts))


def with_day_in_lieu(calendars: Sequence[Calendar], id: str, decided: DayInLieu) -> list[Calendar]:
    """Set a day in lieu; it replaces an earlier decision about the same holiday."""
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
    """Return the calendar with the imported week, if any, and the special hours that it does not have already."""
    new = [
        each for each in special if each not in calendar.definition.special and not _is_closed_anyway(calendar, each)
    ]
    return calendar.definition.model_copy(
        update={"week": week or calendar.definition.week, "special": (*calendar.definition.special, *new)}
    )


def _is_closed_anyway(calendar: CalendarVersion, special: SpecialHours) -> bool:
    """Skip closures on days that are closed anyway, as such files contain the public holidays too."""
    if special.week is not None:
        return False
    days = range(special.first.toordinal(), special.last.toordinal() + 1)
    return not any(calendar.hours_of(date.fromordinal(day)) for day in days)
