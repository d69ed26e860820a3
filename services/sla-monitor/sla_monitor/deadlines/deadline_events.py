"""Derives the events that bring the other services from the published state of a clock to the current one."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from shared.events.deadlines import (
    DeadlineEvent,
    DeadlineMet,
    DeadlineMoved,
    DeadlinePaused,
    DeadlineResumed,
    DeadlineSet,
)

from sla_monitor.timekeeping.custody import State
from sla_monitor.timekeeping.model import Clock

PUBLISHED = {State.MERGED: State.STOPPED}
SILENT = (State.ARMED, State.STOPPED, State.MERGED)

REASONS = {
    "TriageRequested": "triage_requested",
    "SubmissionAssigned": "assigned",
    "SubmissionTransferred": "transferred",
    "SubmissionReopened": "reopened",
    "AppealFiled": "appeal_filed",
    "AppealDecided": "appeal_upheld",
    "SubmissionRecategorised": "recategorised",
    "PriorityChanged": "priority_changed",
    "InterimReplyGiven": "interim_reply",
    "SubmissionUnmerged": "unmerged",
}
LATE_FACT = "late_fact"
COUNTED_AGAIN = "counted_again"
POLICY_CHANGED, CALENDAR_CHANGED = "policy_changed", "calendar_changed"


class PublishedState(BaseModel):
    """The last published state; `policy` and `calendar` (`id@version`) are those of the due time."""

    model_config = ConfigDict(frozen=True)

    state: State
    run: str
    entity: str
    due_at: datetime
    question: str | None = None
    policy: str | None = None
    calendar: str | None = None


def only_due_time_differs(clock: Clock, told: PublishedState | None) -> bool:
    """Return whether the due time is the only difference."""
    return told is not None and (told.run, told.state) == (clock.run.id, clock.state) and told.due_at != clock.due_at


def published_state_of_unknown(clock: Clock, told: PublishedState | None) -> PublishedState | None:
    """Return the published state of a clock that was unknown: everything is published again. A pause stays known where
    the clock runs now, as its end has to be published."""
    if told is None or (told.state, clock.state) == (State.PAUSED, State.RUNNING):
        return told
    return told.model_copy(update={"state": State.UNKNOWN})


def course_events(
    submission: str, clock: Clock, told: PublishedState | None, because: str | None
) -> Iterator[DeadlineEvent]:
    """Yield set, moved, resumed and paused events. `because` is the type of the fact that just arrived, if any."""
    if clock.state in SILENT:
        return
    run, due_at = clock.run, clock.due_at
    about = _about(submission, clock, told)
    running = about | {"to_state": State.RUNNING}
    if told is None:
        yield DeadlineSet(
            **running,
            due_at=due_at,
            windows=run.windows(run.began, due_at),
            policy=run.policy.id,
            policy_version=run.policy.version,
            calendar=run.calendar.id,
            calendar_version=run.calendar.version,
        )
    elif told.run == run.id and told.state is State.PAUSED and clock.state is State.RUNNING:
        resumed = run.intervals[-1]
        reason = "limit" if resumed.because == "limit" else "answered"
        windows = run.windows(resumed.start, due_at)
        yield DeadlineResumed(**running, reason=reason, question_id=told.question, due_at=due_at, windows=windows)
    elif told.state is State.UNKNOWN or told.run != run.id or (clock.state is State.RUNNING and _differs(told, due_at)):
        yield DeadlineMoved(
            **running,
            from_due_at=told.due_at,
            due_at=due_at,
            windows=run.windows(run.began, due_at),
            reason=_why_moved(clock, told, because),
        )
    if clock.state is State.PAUSED and not _is_told_pause(clock, told):
        from_state = told.state if told and _is_known_of(run.id, told) else State.RUNNING
        yield DeadlinePaused(
            **about | {"from_state": from_state}, question_id=clock.question, until=clock.waiting_until
        )


def end_events(submission: str, clock: Clock, told: PublishedState | None) -> Iterator[DeadlineEvent]:
    """Yield the met event, once per custodian's run."""
    run = clock.run
    if clock.state is not State.MET or (told is not None and told.state is State.MET and told.run == run.id):
        return
    assert run.ended is not None
    from_state = told.state if told and _is_known_of(run.id, told) else State.RUNNING
    yield DeadlineMet(
        **_about(submission, clock, told) | {"from_state": from_state},
        due_at=clock.due_at,
        met_at=run.ended,
        in_time=run.ended <= clock.due_at,
        consumed_seconds=int(run.consumed(run.ended).total_seconds()),
    )


def published_state(clock: Clock, told: PublishedState | None) -> PublishedState | None:
    """Return the published state after these events. A case that ended before its deadline was published stays
    unpublished."""
    if clock.state is State.ARMED or (told is None and clock.state in SILENT):
        return told
    state = PUBLISHED.get(clock.state, clock.state)
    run = clock.run
    policy, calendar = _terms(clock)
    return PublishedState(
        state=state,
        run=run.id,
        entity=run.entity,
        due_at=clock.due_at,
        question=clock.question,
        policy=policy,
        calendar=calendar,
    )


def _why_moved(clock: Clock, told: PublishedState, because: str | None) -> str:
    if because in REASONS:
        return REASONS[because]
    if told.state is State.UNKNOWN:
        return COUNTED_AGAIN
    policy, calendar = _terms(clock)
    if told.run == clock.run.id and told.policy not in (None, policy):
        return POLICY_CHANGED
    if told.run == clock.run.id and told.calendar not in (None, calendar):
        return CALENDAR_CHANGED
    return LATE_FACT


def _is_known_of(run: str, told: PublishedState) -> bool:
    return told.run == run and told.state is not State.UNKNOWN


def _terms(clock: Clock) -> tuple[str, str]:
    run = clock.run
    return f"{run.policy.id}@{run.policy.version}", f"{run.calendar.id}@{run.calendar.version}"


def _differs(told: PublishedState, due_at: datetime) -> bool:
    return told.due_at != due_at or told.state is not State.RUNNING


def _is_told_pause(clock: Clock, told: PublishedState | None) -> bool:
    return (
        told is not None and told.state is State.PAUSED and (told.run, told.question) == (clock.run.id, clock.question)
    )


def _about(submission: str, clock: Clock, told: PublishedState | None) -> dict[str, Any]:
    return {
        "submission_id": submission,
        "from_state": told.state if told else State.ARMED,
        "to_state": PUBLISHED.get(clock.state, clock.state),
        "target": clock.run.target,
        "entity": clock.run.entity,
    }
