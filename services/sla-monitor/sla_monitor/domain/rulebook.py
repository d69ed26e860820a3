"""The rulebook: all calendars and policies that hold at a time, published as one numbered whole."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from sla_monitor.domain.calendar import CalendarVersion
from sla_monitor.domain.policy import PolicyVersion, TargetName, most_specific


class Rulebook(BaseModel):
    """A clock pins the rulebook it began under; a later one leaves it as it is."""

    model_config = ConfigDict(frozen=True)

    version: int
    published_at: datetime
    published_by: str
    calendars: tuple[CalendarVersion, ...]
    policies: tuple[PolicyVersion, ...]

    @property
    def central(self) -> str:
        """The entity whose clock runs from receipt until somebody is responsible."""
        return next(
            policy.definition.entity
            for policy in self.policies
            if "triage" in policy.definition.targets and policy.definition.entity
        )

    @property
    def default_calendar(self) -> CalendarVersion:
        """The country's: its zone says in which month something happened."""
        return next(calendar for calendar in self.calendars if calendar.definition.default)

    def calendar(self, *ids: str | None) -> CalendarVersion:
        """The first of `ids` that is known, otherwise the default one."""
        by_id = {calendar.id: calendar for calendar in self.calendars}
        known = next((by_id[id] for id in ids if id in by_id), None)
        return known or self.default_calendar

    def policy(self, target: TargetName, facts: tuple[str | None, ...], at: datetime) -> PolicyVersion:
        """`facts` = entity, category, priority, kind. A checked rulebook has one for every case."""
        found = most_specific(self.policies, target, facts, at)
        assert found is not None, "a rulebook without a policy for every case was published"
        return found
