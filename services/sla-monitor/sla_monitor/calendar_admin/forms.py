"""What an administrator's forms say, as calendars and policies: each gives the whole rulebook that would follow."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError
from shared.events.model import Name
from shared.web.catalogues import N_

from sla_monitor.calendar_admin import edits as editing
from sla_monitor.calendar_admin.ics_import import read
from sla_monitor.calendar_admin.yaml_files import read_yaml
from sla_monitor.calendars.checks import Fault, Refused
from sla_monitor.calendars.model import Calendar, DayInLieu, SpecialHours
from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.http.models import CalendarsAndPolicies

FOR_CALENDAR = "calendar_"
"""Fields of a form that name the calendars which something is announced for."""
MOST_FAULTS = 50
NOT_SAID = "not said yet"
"""A reason is asked for with the last step; until then this stands in its place."""


class Faulty(Exception):
    """A form is not right yet: messages to be translated, by field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(", ".join(faults))
        self.faults = dict(faults)


def announced(form: Mapping[str, str], rulebook: Rulebook) -> CalendarsAndPolicies:
    """A closure, other hours, or a holiday that was moved away, for the calendars that were ticked."""
    faults: dict[str, str] = {}
    first = _day(form, "first", faults)
    last = _day(form, "last", faults) if form.get("last") else first
    name_ar, name_en = form.get("name_ar", "")[:300], form.get("name_en", "")[:300]
    if not name_ar or not name_en:
        faults["name_ar" if not name_ar else "name_en"] = N_("Say what it is, in both languages.")
    of = {field.removeprefix(FOR_CALENDAR) for field, value in form.items() if field.startswith(FOR_CALENDAR) and value}
    calendars = [each.definition for each in rulebook.calendars]
    if not of & {calendar.id for calendar in calendars}:
        faults["calendars"] = N_("Choose at least one calendar.")
    shifts = tuple(part for part in re.split(r"[\s,،]+", form.get("hours", "")) if part)
    what = form.get("what", "")
    if what not in ("closed", "hours", "usual"):
        faults["what"] = N_("Choose what holds on these days.")
    if what == "hours" and not shifts:
        faults["hours"] = N_("Write the hours, as 08:00-12:00.")
    if faults or first is None or last is None:
        raise Faulty(faults)
    try:
        week = editing.on_working_days(calendars, shifts, of) if what == "hours" else None
        special = SpecialHours(
            name=Name(ar=name_ar, en=name_en),
            first=first,
            last=last,
            week=week,
            estimate=form.get("estimate") == "yes",
        )
    except ValidationError as error:
        raise Faulty({"hours": N_("Write the hours, as 08:00-12:00.")}) from error
    put = editing.usual_hours if what == "usual" else editing.with_special
    return _body(rulebook, put(calendars, special, of))


def decided(form: Mapping[str, str], rulebook: Rulebook) -> CalendarsAndPolicies:
    """A day in lieu is given, or none is."""
    faults: dict[str, str] = {}
    holiday = _day(form, "holiday", faults)
    given = _day(form, "day", faults) if form.get("gives") == "yes" else None
    if faults or holiday is None:
        raise Faulty({"lieu": N_("Write the day, as 2026-05-03.")})
    calendars = [each.definition for each in rulebook.calendars]
    return _body(
        rulebook,
        editing.with_day_in_lieu(calendars, form.get("calendar", ""), DayInLieu(holiday=holiday, day=given)),
    )


def imported(form: Mapping[str, str], rulebook: Rulebook, content: bytes) -> CalendarsAndPolicies:
    """Hours and days off of an iCalendar file. Raises Refused."""
    calendar = next((each for each in rulebook.calendars if each.id == form.get("calendar")), None)
    if calendar is None:
        raise Faulty({"import_calendar": N_("Choose a calendar.")})
    if not content:
        raise Faulty({"file": N_("Choose a file.")})
    found = read(content, calendar.definition.zone)
    changed = editing.taken_over(calendar, found.week, found.special)
    return _body(rulebook, [changed if each.id == calendar.id else each.definition for each in rulebook.calendars])


def from_text(text: str | bytes, reason: str = NOT_SAID) -> CalendarsAndPolicies:
    """The whole as YAML. Raises Refused, with what is wrong where."""
    plain = read_yaml(text)
    if not isinstance(plain, dict):
        raise Refused(
            [Fault("text", "yaml", "There are no calendars and policies in it.", "لا تقاويم فيه ولا سياسات.")]
        )
    try:
        # As from JSON: a date is a text in both, and nothing else is turned into what it is not.
        return CalendarsAndPolicies.model_validate_json(json.dumps({**plain, "reason": reason}))
    except (ValidationError, TypeError, ValueError) as error:
        raise Refused(_invalid(error)) from error


def _invalid(error: Exception) -> list[Fault]:
    if not isinstance(error, ValidationError):
        return [Fault("text", "yaml", "This cannot be read.", "تعذرت قراءته.")]
    return [
        Fault(
            ".".join(str(part) for part in fault["loc"]) or "text",
            fault["type"],
            f"{fault['msg']}.",
            "قيمة غير مقبولة، أو اسم غير معروف، أو قيمة ناقصة.",
        )
        for fault in error.errors(include_url=False, include_input=False)[:MOST_FAULTS]
    ]


def _body(rulebook: Rulebook, calendars: list[Calendar]) -> CalendarsAndPolicies:
    """Raises Refused where a calendar would hold more than it may."""
    policies = tuple(each.definition for each in rulebook.policies)
    body = CalendarsAndPolicies(calendars=tuple(calendars), policies=policies, reason=NOT_SAID)
    try:
        # What was put together of checked parts is checked as a whole, as it will be when it is published.
        return CalendarsAndPolicies.model_validate_json(body.model_dump_json())
    except ValidationError as error:
        raise Refused(_invalid(error)) from error


def _day(form: Mapping[str, str], field: str, faults: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(form.get(field, ""))
    except ValueError:
        faults[field] = N_("Write the day, as 2026-05-03.")
        return None


Reading = Callable[[Mapping[str, str], Rulebook], CalendarsAndPolicies]
READINGS: dict[str, Reading] = {"announce": announced, "decide": decided}


def fields_of(form: Mapping[str, Any]) -> dict[str, str]:
    """Without what is no text: a file is read apart."""
    return {name: value for name, value in form.items() if isinstance(value, str)}
