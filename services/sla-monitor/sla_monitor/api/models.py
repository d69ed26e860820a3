"""What the JSON endpoints take and answer."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Name

from sla_monitor.api.examples import CLOCK, PUBLISHED, RULEBOOK
from sla_monitor.domain.calendar import Calendar, CalendarVersion, Definition
from sla_monitor.domain.clock import Clock
from sla_monitor.domain.policy import Policy, PolicyVersion
from sla_monitor.domain.record import ClockRecord, Declaration
from sla_monitor.domain.run import COUNTING, Run


class CalendarsAndPolicies(Definition):
    """The whole rulebook: what is not in it holds no longer for new submissions."""

    model_config = ConfigDict(json_schema_extra={"examples": [RULEBOOK]})

    calendars: tuple[Calendar, ...] = Field(max_length=200)
    policies: tuple[Policy, ...] = Field(max_length=500)


class Published(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [PUBLISHED]})

    version: int
    changed: bool = Field(description="false: this is what held already")
    calendars: dict[str, int] = Field(description="the version of each")
    policies: dict[str, int]
    unknown_entities: list[str] = Field(default=[], description="named by a policy, not (yet) in the directory")


class Holiday(BaseModel):
    day: date
    name: Name


class CalendarAnswer(Calendar):
    version: int
    public_holidays: list[Holiday] = Field(description="the days that its country's holidays come to")

    @classmethod
    def of(cls, calendar: CalendarVersion) -> "CalendarAnswer":
        days = [Holiday(day=day, name=name) for day, name in calendar.holidays.items()]
        return cls(**dict(calendar.definition), version=calendar.version, public_holidays=days)


class PolicyAnswer(Policy):
    version: int

    @classmethod
    def of(cls, policy: PolicyVersion) -> "PolicyAnswer":
        return cls(**dict(policy.definition), version=policy.version)


class CalendarList(BaseModel):
    version: int
    items: list[CalendarAnswer]
    next_cursor: str | None = None


class PolicyList(BaseModel):
    version: int
    items: list[PolicyAnswer]
    next_cursor: str | None = None


class Step(BaseModel):
    """One stretch of time in which nothing changed: who held the case, whether time ran, why it began."""

    start: datetime
    end: datetime | None = Field(description="absent while it lasts")
    entity: str
    target: str
    state: str
    because: str = Field(description="the type of the event that began it, or `limit` of waiting for the citizen")
    working_seconds: int = Field(description="working time in it, by the custodian's calendar, up to now")
    counted: bool = Field(description="whether it counts against the target")
    policy: str
    policy_version: int
    calendar: str
    calendar_version: int


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
    steps: list[Step]
    declarations: list[Declaration]
    noted: list[str] = Field(description="ids of events that fitted no transition and changed nothing")

    @classmethod
    def of(cls, submission_id: str, record: ClockRecord, clock: Clock, now: datetime) -> "ClockAnswer":
        return cls(
            submission_id=submission_id,
            state=clock.state,
            custodian=clock.run.entity,
            target=clock.run.target,
            received_at=clock.received_at,
            due_at=clock.due_at,
            target_seconds=int(clock.run.terms.span.total_seconds()),
            remaining_seconds=int(clock.remaining(now).total_seconds()),
            consumed_seconds={entity: int(held.total_seconds()) for entity, held in clock.consumed_by(now).items()},
            next_at=record.next_at,
            open_question=clock.question,
            rulebook=record.rulebook,
            steps=[step for run in clock.runs for step in _steps(run, now)],
            declarations=list(record.declarations),
            noted=clock.noted,
        )


def _steps(run: Run, now: datetime) -> list[Step]:
    return [
        Step(
            start=interval.start,
            end=interval.end,
            entity=run.entity,
            target=run.target,
            state=interval.state,
            because=interval.because,
            working_seconds=int(run.timetable.between(interval.start, min(interval.end or now, now)).total_seconds()),
            counted=interval.state in COUNTING,
            policy=run.policy.id,
            policy_version=run.policy.version,
            calendar=run.calendar.id,
            calendar_version=run.calendar.version,
        )
        for interval in run.intervals
    ]
