"""Computes the next rulebook from calendars and policies: it gets the next number, and nothing is overwritten."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

from shared.events.model import Name

from sla_monitor.calendars.model import Calendar, CalendarVersion, EarlierWeek
from sla_monitor.calendars.policies import EarlierPolicy, Policy, PolicyVersion
from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.calendars.snapshot import Rulebooks

YEARS_BACK, YEARS_AHEAD = 3, 10

HolidaysOf = Callable[[str, Sequence[int]], Mapping[date, Name]]


def next_rulebook(
    calendars: Sequence[Calendar],
    policies: Sequence[Policy],
    known: Rulebooks,
    holidays_of: HolidaysOf,
    now: datetime,
    by: str,
    reason: str = "",
) -> Rulebook | None:
    """Return the rulebook that follows the newest one; None where nothing differs.

    A calendar or policy gets a new version only where it changed. Holidays are written into the calendar's version,
    for the years around now.
    """
    years = range(now.year - YEARS_BACK, now.year + YEARS_AHEAD + 1)
    versions = known.calendar_versions()
    published = tuple(
        _calendar_version(c, holidays_of(c.holidays, years) if c.holidays else {}, versions.get(c.id))
        for c in calendars
    )
    decided = tuple(_policy_versions(policies, known))
    newest = known.newest
    if newest is not None and (newest.calendars, newest.policies) == (published, decided):
        return None
    version = newest.version + 1 if newest else 1
    return Rulebook(
        version=version, published_at=now, published_by=by, reason=reason, calendars=published, policies=decided
    )


def _calendar_version(
    definition: Calendar, holidays: Mapping[date, Name], last: CalendarVersion | None
) -> CalendarVersion:
    if last is None:
        return CalendarVersion(version=1, definition=definition, holidays=holidays)
    if (last.definition, last.holidays) == (definition, holidays):
        return last
    pieces = [(before.until, before.week) for before in last.earlier]
    before = _before(definition.valid_from, [*pieces, (None, last.definition.week)])
    return CalendarVersion(
        version=last.version + 1,
        definition=definition,
        holidays=holidays,
        earlier=tuple(EarlierWeek(until=until, week=week) for until, week in before),
    )


def _policy_versions(policies: Sequence[Policy], known: Rulebooks) -> Iterator[PolicyVersion]:
    last = known.policy_versions()
    held = {policy.id for policy in known.newest.policies} if known.newest else set()
    for policy in policies:
        yield _policy_version(policy, last.get(policy.id), policy.id in held)


def _policy_version(definition: Policy, last: PolicyVersion | None, is_held: bool) -> PolicyVersion:
    """A policy that was removed and comes back has earlier versions, but none of them stays in force."""
    if last is None:
        return PolicyVersion(version=1, definition=definition)
    if last.definition == definition and (is_held or not last.earlier):
        return last
    pieces = [(before.until, before.policy) for before in last.earlier]
    before = _before(definition.valid_from, [*pieces, (None, last)] if is_held else [])
    return PolicyVersion(
        version=last.version + 1,
        definition=definition,
        earlier=tuple(
            EarlierPolicy(until=until, version=held.version, definition=held.definition) for until, held in before
        ),
    )


M = TypeVar("M", date, datetime)
T = TypeVar("T")


def _before(since: M | None, pieces: Iterable[tuple[M | None, T]]) -> Iterator[tuple[M, T]]:
    """Return the versions in force before `since`. Each of `pieces` is in force until a moment, the last one without
    end."""
    began: M | None = None
    for until, what in pieces:
        if since is not None and (began is None or began < since):
            yield since if until is None else min(until, since), what
        began = until


def earlier_policies(policies: Sequence[Policy], known: Rulebooks) -> list[Policy]:
    """Return the versions of these policies that still apply to cases begun earlier, each with its end."""
    return [
        before.definition.model_copy(
            update={"valid_until": min(before.until, before.definition.valid_until or before.until)}
        )
        for policy in _policy_versions(policies, known)
        for before in policy.earlier
    ]
