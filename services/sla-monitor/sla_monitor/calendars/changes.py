"""Lists how a rulebook differs from the one before: which calendars and policies, and which of their fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.events.model import Name

from sla_monitor.calendars.model import CalendarVersion
from sla_monitor.calendars.policies import PolicyVersion
from sla_monitor.calendars.rulebook import Rulebook

PUBLIC_HOLIDAYS = "public_holidays"
"""Name of the field for the dates of public holidays: they change with the list of holidays, not through the
administrator."""


@dataclass(frozen=True)
class Change:
    """`parts` are the differing fields of a `changed` calendar or policy."""

    what: Literal["calendar", "policy"]
    id: str
    name: Name
    kind: Literal["added", "changed", "removed"]
    parts: tuple[str, ...] = ()


def changes_between(before: Rulebook | None, after: Rulebook) -> list[Change]:
    calendars, policies = (before.calendars, before.policies) if before else ((), ())
    return [
        *_changes("calendar", {each.id: each for each in calendars}, {each.id: each for each in after.calendars}),
        *_changes("policy", {each.id: each for each in policies}, {each.id: each for each in after.policies}),
    ]


Version = CalendarVersion | PolicyVersion


def _changes(
    what: Literal["calendar", "policy"], before: Mapping[str, Version], after: Mapping[str, Version]
) -> Iterator[Change]:
    for id, version in after.items():
        if id not in before:
            yield Change(what, id, version.definition.name, "added")
        elif before[id] != version:
            yield Change(what, id, version.definition.name, "changed", _parts(before[id], version))
    for id in before.keys() - after.keys():
        yield Change(what, id, before[id].definition.name, "removed")


def _parts(before: Version, after: Version) -> tuple[str, ...]:
    fields = type(after.definition).model_fields
    parts = [name for name in fields if getattr(before.definition, name) != getattr(after.definition, name)]
    if isinstance(before, CalendarVersion) and isinstance(after, CalendarVersion):
        parts += [PUBLIC_HOLIDAYS] if before.holidays != after.holidays else []
    return tuple(parts)
