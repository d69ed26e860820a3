"""An administrator publishes calendars and policies: numbered and kept as one whole, nothing is overwritten."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from shared.events.model import Name

from sla_monitor.domain.calendar import Calendar, CalendarVersion
from sla_monitor.domain.policy import Policy, PolicyVersion
from sla_monitor.domain.rulebook import Rulebook
from sla_monitor.rulebooks import Rulebooks

YEARS_BACK, YEARS_AHEAD = 3, 10

HolidaysOf = Callable[[str, Sequence[int]], Mapping[date, Name]]


def next_rulebook(
    calendars: Sequence[Calendar],
    policies: Sequence[Policy],
    known: Rulebooks,
    holidays_of: HolidaysOf,
    now: datetime,
    by: str,
) -> Rulebook | None:
    """The rulebook that follows the newest one; None where nothing differs from it.

    A calendar or policy gets a new version only where it changed. Holidays are written into the calendar's version,
    for the years around now.
    """
    years = range(now.year - YEARS_BACK, now.year + YEARS_AHEAD + 1)
    versions = known.calendar_versions()
    published = tuple(
        _calendar_version(c, holidays_of(c.holidays, years) if c.holidays else {}, versions.get(c.id))
        for c in calendars
    )
    policy_versions = known.policy_versions()
    decided = tuple(_policy_version(policy, policy_versions.get(policy.id)) for policy in policies)
    newest = known.newest
    if newest is not None and (newest.calendars, newest.policies) == (published, decided):
        return None
    version = newest.version + 1 if newest else 1
    return Rulebook(version=version, published_at=now, published_by=by, calendars=published, policies=decided)


def _calendar_version(
    definition: Calendar, holidays: Mapping[date, Name], last: CalendarVersion | None
) -> CalendarVersion:
    if last is not None and (last.definition, last.holidays) == (definition, holidays):
        return last
    return CalendarVersion(version=last.version + 1 if last else 1, definition=definition, holidays=holidays)


def _policy_version(definition: Policy, last: PolicyVersion | None) -> PolicyVersion:
    if last is not None and last.definition == definition:
        return last
    return PolicyVersion(version=last.version + 1 if last else 1, definition=definition)
