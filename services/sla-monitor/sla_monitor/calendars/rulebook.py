"""Models the rulebook: all calendars and policies in force at a time, published as one numbered whole."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from itertools import accumulate

from pydantic import BaseModel, ConfigDict

from sla_monitor.calendars.model import CalendarVersion
from sla_monitor.calendars.policies import PolicyVersion, TargetName, most_specific


class Rulebook(BaseModel):
    """Never changed: each publication makes a new one."""

    model_config = ConfigDict(frozen=True)

    version: int
    published_at: datetime
    published_by: str
    reason: str = ""
    calendars: tuple[CalendarVersion, ...]
    policies: tuple[PolicyVersion, ...]

    @cached_property
    def central(self) -> str:
        """Return the entity whose clock runs from receipt until another entity is responsible."""
        return next(
            policy.definition.entity
            for policy in self.policies
            if "triage" in policy.definition.targets and policy.definition.entity
        )

    @cached_property
    def default_calendar(self) -> CalendarVersion:
        """Return the country's calendar: its zone decides in which month something happened."""
        return next(calendar for calendar in self.calendars if calendar.definition.default)

    def calendar(self, *ids: str | None) -> CalendarVersion:
        """Return the first known calendar among `ids`, otherwise the default one."""
        known = next((self._by_id[id] for id in ids if id in self._by_id), None)
        return known or self.default_calendar

    @cached_property
    def _by_id(self) -> dict[str | None, CalendarVersion]:
        return {calendar.id: calendar for calendar in self.calendars}

    def policy(self, target: TargetName, facts: tuple[str | None, ...], at: datetime) -> PolicyVersion:
        """Return the policy for a case: `facts` = entity, category, priority, kind. A checked rulebook has one for
        every case."""
        if not self._is_timeless:
            return self._find(target, facts, at)
        if (known := self._found.get((target, facts))) is None:
            known = self._found[target, facts] = self._find(target, facts, at)
        return known

    def _find(self, target: TargetName, facts: tuple[str | None, ...], at: datetime) -> PolicyVersion:
        found = most_specific(self.policies, target, facts, at)
        assert found is not None, "a rulebook without a policy for every case was published"
        return found

    @cached_property
    def _found(self) -> dict[tuple[TargetName, tuple[str | None, ...]], PolicyVersion]:
        """Cache by target and facts: at most one entry per category and entity that meet."""
        return {}

    @cached_property
    def _is_timeless(self) -> bool:
        """Return whether the same policies apply to cases begun at any time."""
        return not any(
            policy.earlier or policy.definition.valid_from or policy.definition.valid_until for policy in self.policies
        )


class Rules:
    """Every published rulebook, in order.

    A custodian's run that has ended is computed by the rulebook in force at its end, and stays so. A run that has not
    ended is computed by the newest: a holiday that is announced late counts for every open case.
    """

    def __init__(self, rulebooks: Sequence[Rulebook]) -> None:
        """Needs at least one rulebook."""
        self._rulebooks = tuple(rulebooks)
        # A publication holds from its own time, or from that of the one before where a clock went back between them.
        self._since = list(accumulate((each.published_at for each in self._rulebooks), max))

    @property
    def newest(self) -> Rulebook:
        return self._rulebooks[-1]

    def at(self, moment: datetime) -> Rulebook:
        """Return the rulebook in force at a moment; before the first one, the first."""
        return self._rulebooks[max(bisect_right(self._since, moment) - 1, 0)]

    def until(self, version: int) -> "Rules":
        """Return the rulebooks up to this version, as they were while it was the newest."""
        return Rules([each for each in self._rulebooks if each.version <= version])

    def followed_by(self, rulebook: Rulebook) -> "Rules":
        return Rules((*self._rulebooks, rulebook))
