"""Reads the administrator's forms: each gives the whole set of calendars and policies to be published."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError
from shared.events.model import Name
from shared.web.catalogues import N_

from sla_monitor.calendar_admin import edits as editing
from sla_monitor.calendar_admin.model import CalendarsAndPolicies
from sla_monitor.calendar_files.ics_import import read
from sla_monitor.calendar_files.yaml_files import read_yaml
from sla_monitor.calendars.checks import Fault, RulebookRefused
from sla_monitor.calendars.model import Calendar, DayInLieu, SpecialHours
from sla_monitor.calendars.rulebook import Rulebook

FOR_CALENDAR = "calendar_"
"""Prefix of the form fields that select calendars."""
MOST_FAULTS = 50
NOT_SAID = "not said yet"
"""Placeholder: the reason is asked for in the last step."""


class FormFaults(Exception):
    """The form has faults: messages to be translated, by field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(", ".join(faults))
        self.faults = dict(faults)


def announced(form: Mapping[str, str], rulebook: Rulebook) -> CalendarsAndPolicies:
    """Read an announcement for the ticked calendars: a closure, other hours, or a holiday that was moved away."""
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
        raise FormFaults(faults)
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
        raise FormFaults({"hours": N_("Write the hours, as 08:00-12:00.")}) from error
    put = editing.usual_hours if what == "usual" else editing.with_special
    return _body(rulebook, put(calendars, special, of))


def decided(form: Mapping[str, str], rulebook: Rulebook) -> CalendarsAndPolicies:
    """Read the decision on a day in lieu: a day, or none."""
    faults: dict[str, str] = {}
    holiday = _day(form, "holiday", faults)
    given = _day(form, "day", faults) if form.get("gives") == "yes" else None
    if faults or holiday is None:
        raise FormFaults({"lieu": N_("Write the day, as 2026-05-03.")})
    calendars = [each.definition for each in rulebook.calendars]
    return _body(
        rulebook,
        editing.with_day_in_lieu(calendars, form.get("calendar", ""), DayInLieu(holiday=holiday, day=given)),
    )


def imported(form: Mapping[str, str], rulebook: Rulebook, content: bytes) -> CalendarsAndPolicies:
    """Read hours and days off from an iCalendar file. Raises Refused."""
    calendar = next((each for each in rulebook.calendars if each.id == form.get("calendar")), None)
    if calendar is None:
        raise FormFaults({"import_calendar": N_("Choose a calendar.")})
    if not content:
        raise FormFaults({"file": N_("Choose a file.")})
    found = read(content, calendar.definition.zone)
    changed = editing.taken_over(calendar, found.week, found.special)
    return _body(rulebook, [changed if each.id == calendar.id else each.definition for each in rulebook.calendars])


def from_text(text: str | bytes, reason: str = NOT_SAID) -> CalendarsAndPolicies:
    """Read all calendars and policies from YAML. Raises Refused with the place of each fault."""
    plain = read_yaml(text)
    if not isinstance(plain, dict):
        raise RulebookRefused(
            [Fault("text", "yaml", "There are no calendars and policies in it.", "لا تقاويم فيه ولا سياسات.")]
        )
    try:
        # As from JSON: a date is a text in both, and nothing else is turned into what it is not.
        return CalendarsAndPolicies.model_validate_json(json.dumps({**plain, "reason": reason}))
    except (ValidationError, TypeError, ValueError) as error:
        raise RulebookRefused(_invalid(error)) from error


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
        raise RulebookRefused(_invalid(error)) from error


def _day(form: Mapping[str, str], field: str, faults: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(form.get(field, ""))
    except ValueError:
        faults[field] = N_("Write the day, as 2026-05-03.")
        return None


Reading = Callable[[Mapping[str, str], Rulebook], CalendarsAndPolicies]
READINGS: dict[str, Reading] = {"announce": announced, "decide": decided}


def fields_of(form: Mapping[str, Any]) -> dict[str, str]:
    """Keep text fields only; uploaded files are read separately."""
    return {name: value for name, value in form.items() if isinstance(value, str)}
