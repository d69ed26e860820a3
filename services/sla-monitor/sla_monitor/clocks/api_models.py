"""JSON answers about one clock."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Name

from sla_monitor.clocks.record import ClockRecord, Declaration
from sla_monitor.deadlines.goals import Goal, goals
from sla_monitor.deadlines.rungs import BREACH, rungs
from sla_monitor.deadlines.unknown import Unknown
from sla_monitor.http.examples import CLOCK, UNKNOWN_CLOCK
from sla_monitor.timekeeping.explanation import RunExplanation, explained
from sla_monitor.timekeeping.model import Clock


class SpecialDays(BaseModel):
    """Days whose hours differ from those of an ordinary week."""

    first: date
    last: date
    name: Name | None = Field(description="null: a day in lieu of a holiday")
    closed: bool


class ClockStep(BaseModel):
    """A stretch of time in which nothing changed: the custodian, whether time ran, and why it began."""

    start: datetime
    end: datetime | None = Field(description="absent while it lasts")
    entity: str
    target: str
    state: str
    because: str = Field(description="the type of the event that began it, or `limit` of waiting for the citizen")
    working_seconds: int = Field(description="working time in it, by the custodian's calendar, up to now")
    counted: bool = Field(description="whether it counts against the target")
    special_days: list[SpecialDays] = Field(default=[], description="in it: holidays, closures, hours of a season")
    policy: str
    policy_version: int
    calendar: str
    calendar_version: int


class GoalAnswer(BaseModel):
    """A target beside the answer, or one more update that was due."""

    target: str
    entity: str
    state: Literal["running", "paused", "met", "ended"] = Field(description="ended: the case left this custodian")
    due_at: datetime | None = Field(description="absent while time stands still, and where it ended before")
    target_seconds: int
    consumed_seconds: int
    remaining_seconds: int
    ended_at: datetime | None
    in_time: bool | None = Field(description="absent while it is not known")

    @classmethod
    def of(cls, goal: Goal, now: datetime) -> "GoalAnswer":
        span, used = goal.terms.span, goal.consumed(now)
        due_at = goal.due_at
        until = goal.ended or now
        is_late = due_at is not None and due_at < until
        ended = "met" if goal.is_met else "ended"
        return cls(
            target=goal.name,
            entity=goal.run.entity,
            state=ended if goal.ended else "running" if goal.is_running else "paused",
            due_at=due_at,
            target_seconds=int(span.total_seconds()),
            consumed_seconds=int(used.total_seconds()),
            remaining_seconds=max(int((span - used).total_seconds()), 0),
            ended_at=goal.ended,
            in_time=False if is_late else True if goal.is_met else None,
        )


class Declared(Declaration):
    would_be_in_time_now: bool = Field(
        description="a breach that what is known and holds now would not have declared; it stays all the same"
    )


class UnknownClockAnswer(BaseModel):
    """A case whose clock cannot be computed at present, and which so has no known due time."""

    model_config = ConfigDict(json_schema_extra={"examples": [UNKNOWN_CLOCK]})

    submission_id: str
    state: Literal["unknown"] = "unknown"
    since: datetime
    custodian: str
    target: str
    unread_events: list[str] = Field(description="ids of events that were set aside; replayed, they give it its clock")
    next_at: datetime | None = Field(description="when it is tried again, or is declared to be nobody's")
    rulebook: int

    @classmethod
    def of(cls, submission_id: str, record: ClockRecord, unknown: Unknown) -> "UnknownClockAnswer":
        return cls(
            submission_id=submission_id,
            since=unknown.since,
            custodian=unknown.entity,
            target=unknown.target,
            unread_events=[each.id for each in record.unread],
            next_at=record.next_at,
            rulebook=record.rulebook,
        )


class ClockAnswer(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [CLOCK]})

    submission_id: str
    state: str = Field(description="armed, running, paused, met, stopped or merged")
    custodian: str
    target: str
    received_at: datetime
    due_at: datetime
    target_seconds: int
    remaining_seconds: int = Field(description="working time left of the target; 0 when overdue")
    consumed_seconds: dict[str, int] = Field(description="counted time of each entity that held the case")
    next_at: datetime | None = Field(description="when the clock will say something by itself")
    open_question: str | None
    rulebook: int
    steps: list[ClockStep]
    targets: list[GoalAnswer] = Field(description="beside the answer, as far as the policies name any")
    declarations: list[Declared]
    noted: list[str] = Field(description="ids of events that fitted no transition and changed nothing")

    @classmethod
    def of(cls, submission_id: str, record: ClockRecord, clock: Clock, now: datetime) -> "ClockAnswer":
        breached: set[tuple[str, str]] = {
            (rung.target, rung.part) for rung in rungs(clock) if rung.name == BREACH and rung.at <= now
        }
        return cls(
            submission_id=submission_id,
            state=clock.state,
            custodian=clock.run.entity,
            target=clock.run.target,
            received_at=clock.received_at,
            due_at=clock.due_at,
            target_seconds=int(clock.run.span.total_seconds()),
            remaining_seconds=int(clock.remaining(now).total_seconds()),
            consumed_seconds={entity: int(held.total_seconds()) for entity, held in clock.consumed_by(now).items()},
            next_at=record.next_at,
            open_question=clock.question,
            rulebook=record.rulebook,
            steps=[step for part in explained(clock, now) for step in _steps(part)],
            targets=[GoalAnswer.of(goal, now) for goal in goals(clock)],
            declarations=[
                Declared(**dict(each), would_be_in_time_now=_is_overtaken(each, breached))
                for each in record.declarations
            ],
            noted=clock.noted,
        )


def _is_overtaken(declaration: Declaration, breached: set[tuple[str, str]]) -> bool:
    if declaration.rung != BREACH or declaration.run is None:
        return False
    return (declaration.target, declaration.run) not in breached


def _steps(part: RunExplanation) -> list[ClockStep]:
    run = part.run
    return [
        ClockStep(
            start=step.interval.start,
            end=step.interval.end,
            entity=run.entity,
            target=run.target,
            state=step.interval.state,
            because=step.interval.because,
            working_seconds=int(step.worked.total_seconds()),
            counted=step.counted,
            special_days=[
                SpecialDays(first=each.first, last=each.last, name=each.name, closed=each.closed)
                for each in step.special
            ],
            policy=run.policy.id,
            policy_version=run.policy.version,
            calendar=run.calendar.id,
            calendar_version=run.calendar.version,
        )
        for step in part.steps
    ]
