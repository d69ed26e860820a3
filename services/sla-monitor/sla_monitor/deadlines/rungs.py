"""Computes what a clock must declare, and when: warnings, the breach, escalations, and the reminder of a question.

A declaration is a fact of its own, made once. Its id names the submission, the target (with the fact that began it: a
second custodian under the same policy answers for itself), the rung and the policy's version.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from shared.events.deadlines import (
    DeadlineApproaching,
    DeadlineBreached,
    DeadlineEscalated,
    DeadlineEvent,
    ReplyAwaited,
)
from shared.events.model import Priority, Role

from sla_monitor.calendars.policies import TargetName, parse_duration
from sla_monitor.calendars.working_time import Timetable
from sla_monitor.deadlines.goals import Goal, goals
from sla_monitor.timekeeping.custody import MILLISECOND, Run, State
from sla_monitor.timekeeping.model import UNROUTED_AFTER, Clock

NAMESPACE = uuid5(NAMESPACE_URL, "urn:tawasul:declaration")
UNROUTED = "unrouted"
BREACH = "breach"
REMINDER = "reminder"


@dataclass(frozen=True)
class Rung:
    """`name` is unrouted, warning-80 (a share in per cent), breach, reminder, or a step of the ladder, which has a
    `to_role`. `part` is the id of the fact that began the custodian's run."""

    at: datetime
    name: str
    run: Run
    part: str
    target: TargetName
    due_at: datetime | None = None
    share: float | None = None
    to_role: str | None = None

    def id(self, submission: str) -> str:
        policy = f"{self.run.policy.id}@{self.run.policy.version}"
        return str(uuid5(NAMESPACE, f"{submission}/{self.target}:{self.part}/{self.name}/{policy}"))

    def declaration(self, submission: str, clock: Clock) -> DeadlineEvent:
        about = {
            "submission_id": submission,
            "from_state": clock.state,
            "to_state": clock.state,
            "target": self.target,
            "entity": self.run.entity,
        }
        if self.name == UNROUTED:
            return DeadlineEscalated(**about, rung=UNROUTED, to_role=Role.CENTRAL)
        if self.name == BREACH:
            heard = _heard(self.at, self.run, clock)
            return DeadlineBreached(**about, due_at=self.at, tell_from=heard if heard > self.at else None)
        if self.name == REMINDER:
            return ReplyAwaited(**about, question_id=clock.question, until=clock.waiting_until)
        if self.to_role is not None:
            return DeadlineEscalated(**about, rung=self.name, to_role=self.to_role, due_at=self.due_at)
        return DeadlineApproaching(**about, share=self.share, due_at=self.due_at)


def rungs(clock: Clock) -> Iterator[Rung]:
    """Yield all rungs, past and future, each custodian's in order.

    A custodian that handed the case on in time has nothing to declare, and nobody is warned of a finished run: an ended
    run keeps only its breach and escalations. People are told in working hours, unless it is urgent.
    """
    if clock.state is State.ARMED:
        yield Rung(clock.received_at + UNROUTED_AFTER, UNROUTED, clock.run, clock.run.id, clock.run.target)
        return
    for run in clock.runs:
        if not run.was_told:
            continue
        due_at = run.reached
        if run is clock.run and clock.state is State.RUNNING:
            for share in run.terms.warn_at:
                at = run.passes(_share_of(run.span, share))
                assert at is not None, "a running clock reaches every share"
                yield Rung(_heard(at, run, clock), _warning(share), run, run.id, run.target, due_at, share)
        if due_at is not None and (run.ended is None or due_at < run.ended):
            yield Rung(due_at, BREACH, run, run.id, run.target, due_at)
            for name, to_role, at in _ladder(run, run.target, run.timetable, due_at, run.ended, clock):
                yield Rung(at, name, run, run.id, run.target, due_at, to_role=to_role)
    for goal in goals(clock):
        yield from _of_goal(goal, clock)
    if clock.reminded_at is not None:
        asked = clock.run.intervals[-1].fact or clock.run.id
        yield Rung(_heard(clock.reminded_at, clock.run, clock), REMINDER, clock.run, asked, clock.run.target)


def _of_goal(goal: Goal, clock: Clock) -> Iterator[Rung]:
    run, due_at = goal.run, goal.due_at
    for share in goal.terms.warn_at if goal.is_running else ():
        at = goal.passes(_share_of(goal.terms.span, share))
        assert at is not None, "what runs reaches every share"
        yield Rung(_heard(at, run, clock), _warning(share), run, goal.id, goal.name, due_at, share)
    if due_at is not None and (goal.ended is None or due_at < goal.ended):
        yield Rung(due_at, BREACH, run, goal.id, goal.name, due_at)
        for name, to_role, at in _ladder(run, goal.name, goal.timetable, due_at, goal.ended, clock):
            yield Rung(at, name, run, goal.id, goal.name, due_at, to_role=to_role)


def _share_of(span: timedelta, share: float) -> timedelta:
    return round(span / MILLISECOND * share) * MILLISECOND


def _warning(share: float) -> str:
    return f"warning-{share * 100:g}"


def _ladder(
    run: Run, target: TargetName, timetable: Timetable, due_at: datetime, ended: datetime | None, clock: Clock
) -> Iterator[tuple[str, str, datetime]]:
    """Yield name, role and moment of each step, while the case is with this custodian, whether an official has taken it
    or not."""
    ladder = run.policy.definition.ladder
    if ladder is None:
        office = Role.CENTRAL if target == "triage" else Role.HEAD
        steps = [("head", office.value, timedelta())]
    else:
        steps = [(step.to, step.to, parse_duration(step.after)) for step in ladder]
    for name, to_role, after in steps:
        at = _heard(timetable.add(due_at, after), run, clock)
        if ended is None or at < ended:
            yield name, to_role, at


def _heard(at: datetime, run: Run, clock: Clock) -> datetime:
    """Return the moment itself in or just after working hours, otherwise the next opening: nobody is called at
    midnight."""
    if clock.priority is Priority.URGENT:
        return at
    hours = run.calendar.timetable
    return at if hours.between(at - MILLISECOND, at) else hours.next_opening(at)
