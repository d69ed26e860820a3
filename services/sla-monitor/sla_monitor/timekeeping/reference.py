"""Holds the rulebooks and the directory as this process knows them; clocks are computed by these."""

from dataclasses import dataclass

from shared.events.model import EventData
from shared.events.submissions import SubmissionReceived
from shared.messaging.consumer import RetryLater
from shared.reference.directory import Directory

from sla_monitor.calendars.model import seconds_of
from sla_monitor.calendars.rulebook import Rules
from sla_monitor.calendars.snapshot import Rulebooks


@dataclass(frozen=True)
class Reference:
    """Every published rulebook, and the directory."""

    rulebooks: Rulebooks
    directory: Directory

    def rules(self, read_by: int = 0) -> Rules:
        """Return the rules. Raises RetryLater while this process does not know the rulebook that a clock was computed
        by: no clock goes back."""
        rules = self.rulebooks.rules
        if rules is None or rules.newest.version < read_by:
            raise RetryLater("the rulebook is not here yet")
        return rules

    @property
    def working_day_seconds(self) -> int | None:
        """Return the longest day of the default calendar: a day's work, as people count it."""
        rulebook = self.rulebooks.newest
        if rulebook is None:
            return None
        week = seconds_of(rulebook.default_calendar.definition.week)
        return max(sum(closes - opens for opens, closes in shifts) for shifts in week) or None

    def directory_fields(self, data: EventData, custodian: str | None) -> dict[str, str | None]:
        """Return the fields of a fact that come from the directory: the custodian's calendar and the submission's
        area."""
        known = self.directory.entities.get(custodian or "")
        area = self.directory.area_of(data.location) if isinstance(data, SubmissionReceived) else None
        return {"calendar": known.calendar if known else None, "area": area}
