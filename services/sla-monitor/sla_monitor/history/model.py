"""Replays cases of another system, with their own due times, through the clock and the record.

This tests the record: whether a case was answered in time, late or left overdue. Due times come with the case, so
calendars and policies decide nothing here; a case without one is never late.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from shared.events.model import Kind, Name

from sla_monitor.calendars.model import Calendar, CalendarVersion, Week
from sla_monitor.calendars.policies import Policy, PolicyVersion, Target
from sla_monitor.calendars.rulebook import Rulebook, Rules
from sla_monitor.clocks.case_results import SEPARATOR, Count, counts_of
from sla_monitor.timekeeping.custody import State
from sla_monitor.timekeeping.facts import Fact
from sla_monitor.timekeeping.model import Clock, read_clock

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
CENTRAL = "central-office"
NAME = Name(ar="سجل منقول", en="A history")
ALL_DAY = ("00:00-24:00",)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Verdict(StrEnum):
    IN_TIME = "in time"
    LATE = "late"


@dataclass(frozen=True)
class Case:
    """Times are aware; `due_at` is None where none was set, `closed_at` where it is open."""

    id: str
    entity: str
    received_at: datetime
    due_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True)
class Judged:
    """A case's verdict; `counts` are added to the record."""

    verdict: Verdict
    counts: dict[str, int]


class Judge:
    """`zone` is that of the months; open cases are judged as they stand at `now`."""

    def __init__(self, zone: str, now: datetime) -> None:
        self.zone = ZoneInfo(zone)
        self.now = now
        self._zone_name = zone

    def judge(self, case: Case) -> Judged:
        clock = read_clock(facts_of(case), self._rules, self.now)
        assert clock is not None, "every case has its receipt"
        counts = counts_of(clock, self.zone)
        return Judged(self._verdict(clock, counts), counts)

    def _verdict(self, clock: Clock, counts: dict[str, int]) -> Verdict:
        """Derive the verdict from the record's counts. An open case is late as soon as it is overdue."""
        what = Counter(key.rpartition(SEPARATOR)[2] for key in counts)
        is_overdue = clock.state is State.RUNNING and clock.due_at < self.now
        return Verdict.LATE if what[Count.LATE] or is_overdue else Verdict.IN_TIME

    @cached_property
    def _rules(self) -> Rules:
        """Rules with a round-the-clock calendar and one policy: the case itself brings its due time."""
        week = Week.model_validate(dict.fromkeys(Week.model_fields, ALL_DAY))
        calendar = Calendar(id="always", name=NAME, zone=self._zone_name, default=True, week=week)
        day = {"days": 1, "warn_at": ()}
        answer = Policy(id="answer", name=NAME, targets={"answer": Target.model_validate(day)})
        triage = Policy(id="triage", name=NAME, entity=CENTRAL, targets={"triage": Target.model_validate(day)})
        holidays: dict[date, Name] = {}
        return Rules(
            [
                Rulebook(
                    version=1,
                    published_at=BEGINNING,
                    published_by="replay",
                    calendars=(CalendarVersion(version=1, definition=calendar, holidays=holidays),),
                    policies=tuple(PolicyVersion(version=1, definition=each) for each in (answer, triage)),
                )
            ]
        )


def facts_of(case: Case) -> Iterator[Fact]:
    """Return facts of a case that was received and assigned at once, and answered when it was closed."""
    due_at = case.due_at or NEVER
    about = {"kind": Kind.COMPLAINT, "source": "history"}
    steps = [("SubmissionReceived", case.received_at, None), ("SubmissionAssigned", case.received_at, due_at)]
    if case.closed_at is not None:
        steps.append(("SubmissionAnswered", case.closed_at, None))
    for number, (type, at, due) in enumerate(steps, 1):
        yield Fact(id=f"{case.id}/{number}", time=at, sequence=number, type=type, entity=case.entity, due=due, **about)
