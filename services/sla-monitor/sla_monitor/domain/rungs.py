"""What a clock must declare, and when: warnings, the breach, escalations.

A declaration is a fact of its own, made once. Its id names the submission, the target (with the fact that began it:
a second custodian under the same policy answers for itself), the rung and the policy's version.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from shared.events.deadlines import DeadlineApproaching, DeadlineBreached, DeadlineEscalated, DeadlineEvent
from shared.events.model import Priority, Role

from sla_monitor.domain.clock import UNROUTED_AFTER, Clock
from sla_monitor.domain.policy import parse_duration
from sla_monitor.domain.run import MILLISECOND, Run, State

NAMESPACE = uuid5(NAMESPACE_URL, "urn:tawasul:declaration")
UNROUTED = "unrouted"
BREACH = "breach"


@dataclass(frozen=True)
class Rung:
    """`name` is unrouted, warning-80 (a share in per cent), breach, or a step of the ladder, which has a `to_role`."""

    at: datetime
    name: str
    run: Run
    share: float | None = None
    to_role: str | None = None

    def id(self, submission: str) -> str:
        policy = f"{self.run.policy.id}@{self.run.policy.version}"
        return str(uuid5(NAMESPACE, f"{submission}/{self.run.target}:{self.run.id}/{self.name}/{policy}"))

    def declaration(self, submission: str, state: str) -> DeadlineEvent:
        about = {
            "submission_id": submission,
            "from_state": state,
            "to_state": state,
            "target": self.run.target,
            "entity": self.run.entity,
        }
        due_at = self.run.passes(self.run.span)
        if self.name == UNROUTED:
            return DeadlineEscalated(**about, rung=UNROUTED, to_role=Role.CENTRAL)
        if self.name == BREACH:
            return DeadlineBreached(**about, due_at=self.at)
        if self.to_role is not None:
            return DeadlineEscalated(**about, rung=self.name, to_role=self.to_role, due_at=due_at)
        return DeadlineApproaching(**about, share=self.share, due_at=due_at)


def rungs(clock: Clock) -> Iterator[Rung]:
    """All of them, passed or to come, each custodian's in order.

    Who let go of a case in time has nothing to declare any more, and nobody is warned of what is over: of an ended
    part only a breach remains, and who was told of it. People are told in working hours, unless it is urgent.
    """
    if clock.state is State.ARMED:
        yield Rung(clock.received_at + UNROUTED_AFTER, UNROUTED, clock.run)
        return
    for run in clock.runs:
        if all(interval.state is State.ARMED for interval in run.intervals):
            continue
        span = run.span
        if run is clock.run and clock.state is State.RUNNING:
            for share in run.terms.warn_at:
                at = run.passes(round(span / MILLISECOND * share) * MILLISECOND)
                assert at is not None, "a running clock reaches every share"
                yield Rung(_heard(at, run, clock), f"warning-{share * 100:g}", run, share)
        due_at = run.passes(span)
        if due_at is not None and (run.ended is None or due_at < run.ended):
            yield Rung(due_at, BREACH, run)
            yield from _ladder(run, due_at, clock)


def _ladder(run: Run, due_at: datetime, clock: Clock) -> Iterator[Rung]:
    """Climbed while the case is with this custodian, whether anybody there has taken it or not."""
    ladder = run.policy.definition.ladder
    if ladder is None:
        office = Role.CENTRAL if run.target == "triage" else Role.HEAD
        steps = [("head", office.value, timedelta())]
    else:
        steps = [(step.to, step.to, parse_duration(step.after)) for step in ladder]
    for name, to_role, after in steps:
        at = _heard(run.timetable.add(due_at, after), run, clock)
        if run.ended is None or at < run.ended:
            yield Rung(at, name, run, to_role=to_role)


def _heard(at: datetime, run: Run, clock: Clock) -> datetime:
    """The moment itself where people work or just did, otherwise when they come back: nobody is called at midnight."""
    if clock.priority is Priority.URGENT:
        return at
    hours = run.calendar.timetable
    return at if hours.between(at - MILLISECOND, at) else hours.next_opening(at)
