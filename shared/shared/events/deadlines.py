"""Facts of the SLA monitor: the clocks and what they declared (`tawasul.deadlines.v1`)."""

from typing import Annotated, Literal

from pydantic import Field

from shared.events.model import (
    LARGEST_NUMBER,
    AtLeastOne,
    Count,
    EventData,
    Identifier,
    Moment,
    Number,
    SubmissionEvent,
    Window,
)

Target = Literal["acknowledge", "answer", "update", "resolve", "triage"]


class DeadlineEvent(SubmissionEvent):
    """States of a clock: running, paused, met, stopped, unknown. `entity` is the custodian when it happened."""

    target: Target
    entity: Identifier


class DeadlineSet(DeadlineEvent):
    """`windows` are the opening intervals from the start of the clock up to `due_at` (UTC, at most 100)."""

    type: Literal["DeadlineSet"] = "DeadlineSet"
    due_at: Moment
    windows: tuple[Window, ...] = Field(default=(), max_length=100)
    policy: Identifier
    policy_version: Number
    calendar: Identifier
    calendar_version: Number


class DeadlineMoved(DeadlineEvent):
    type: Literal["DeadlineMoved"] = "DeadlineMoved"
    from_due_at: Moment | None = None
    due_at: Moment
    windows: tuple[Window, ...] = Field(default=(), max_length=100)
    reason: str


class DeadlinePaused(DeadlineEvent):
    type: Literal["DeadlinePaused"] = "DeadlinePaused"
    question_id: str | None = None
    until: Moment | None = None


class DeadlineResumed(DeadlineEvent):
    """`limit`: the citizen did not answer in the time the policy waits."""

    type: Literal["DeadlineResumed"] = "DeadlineResumed"
    reason: Literal["answered", "limit"]
    question_id: str | None = None
    due_at: Moment
    windows: tuple[Window, ...] = Field(default=(), max_length=100)


class ReplyAwaited(DeadlineEvent):
    """The citizen was asked and has not answered yet: a reminder, before the waiting ends by itself at `until`."""

    type: Literal["ReplyAwaited"] = "ReplyAwaited"
    question_id: str | None = None
    until: Moment | None = None


class DeadlineApproaching(DeadlineEvent):
    type: Literal["DeadlineApproaching"] = "DeadlineApproaching"
    share: float = Field(gt=0, lt=1)
    due_at: Moment


class DeadlineBreached(DeadlineEvent):
    """It is late from `due_at` on. People are told of it from `tell_from` on, when they work; absent: at once."""

    type: Literal["DeadlineBreached"] = "DeadlineBreached"
    due_at: Moment
    tell_from: Moment | None = None


class DeadlineEscalated(DeadlineEvent):
    type: Literal["DeadlineEscalated"] = "DeadlineEscalated"
    rung: str
    to_role: str
    due_at: Moment | None = None


class DeadlineMet(DeadlineEvent):
    type: Literal["DeadlineMet"] = "DeadlineMet"
    due_at: Moment
    met_at: Moment
    in_time: bool
    consumed_seconds: Count


class DeadlineUnknown(DeadlineEvent):
    """The case cannot be counted at present, so that no due time said before holds. Whatever is said of this clock
    next ends that."""

    type: Literal["DeadlineUnknown"] = "DeadlineUnknown"
    since: Moment


class DeadlinesMoved(EventData):
    """Other calendars or policies hold, and so many due times of an entity's open cases moved: one event for all of
    them, once each case was looked at. `late_now`: in time by the rules before, overdue when these were published."""

    type: Literal["DeadlinesMoved"] = "DeadlinesMoved"
    entity: Identifier
    rulebook: AtLeastOne
    published_at: Moment
    moved: AtLeastOne
    later: Count
    earlier: Count
    late_now: Count
    in_time_again: Count


class PerformancePublished(EventData):
    """The figures of an entity in a year (`period`), the whole of them each time; the newest counts.

    `open` and `overdue` are how it was when this was published. `answer_times` are working seconds to an answer, each
    with the number of answers that took about so long: who adds entities up finds the median of all in them.
    """

    type: Literal["PerformancePublished"] = "PerformancePublished"
    entity: Identifier
    period: str
    received: Count
    answered_in_time: Count
    answered_late: Count
    open: Count | None = None
    overdue: Count | None = None
    target_share: float | None = Field(default=None, gt=0, le=1)
    median_seconds: Count | None = None
    percentile_90_seconds: Count | None = None
    answer_times: tuple[tuple[Number, Number], ...] = Field(default=(), max_length=1_000)
    working_day_seconds: int | None = Field(default=None, gt=0, le=LARGEST_NUMBER)
    reopened: Count | None = None
    transferred_out: Count | None = None
    ratings: Count | None = None
    mean_rating: float | None = Field(default=None, ge=1, le=5)


DeadlinesEvent = Annotated[
    DeadlineSet
    | DeadlineMoved
    | DeadlinePaused
    | DeadlineResumed
    | ReplyAwaited
    | DeadlineApproaching
    | DeadlineBreached
    | DeadlineEscalated
    | DeadlineMet
    | DeadlineUnknown
    | DeadlinesMoved
    | PerformancePublished,
    Field(discriminator="type"),
]
