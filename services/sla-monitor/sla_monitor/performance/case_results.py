"""What a case adds to the record of each entity that held it: a pure function of its clock, whatever the time is now.

Everything counts for whom it happened to and in the month in which it happened. So a past month changes only where the
truth about it does (a late fact, another category), and what the record says is the sum over all cases. Each case
keeps what was counted of it; where that changes, the difference is added.
- Received: every time an entity gets a case from another, or as the first; reopened ones are not received again.
- Answered: every answer, in time or late by its own deadline; a second one does not undo the first.
- Acknowledged: when the entity first showed that it has the case. Held and paused: the working seconds of a custodian's
  part, once it has ended.
- Instant: answered within minutes of getting the case, without a word to its author before.
- Parts that another entity does for a submission: received, answered and open of that entity as any case, and counted
  once more as parts, so that the country can leave them out.
- A rating counts for the answer it was given for, the last rating alone.
- Imported cases are not counted: their clocks began when they were imported, which says nothing of who answered.
- Nor is deciding an appeal: it is open at the central office meanwhile, and an answer of nobody's.
- Nor are cases that nobody was told of yet (`armed`).
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sla_monitor.clocks.custody import Mark, Run, State
from sla_monitor.clocks.model import Clock

NOW = "now"
"""Instead of a month: what is open belongs to none."""
UNKNOWN = "-"
SEPARATOR = "/"
"""Stands in no identifier."""

SHORTEST_SECONDS, STEP, STEPS = 60.0, 1.1, 150
BOUNDS = [round(SHORTEST_SECONDS * STEP**step) for step in range(STEPS)]
"""Working times to answer are counted by spans of a tenth, from a minute to ten years: sums of counts can be sorted,
medians cannot be added."""
TIME, ACKNOWLEDGED, USED = "t", "a", "u"
"""Before a span: of working time to the answer, to acknowledging, and of the target that the answer took."""
USED_STEP_PERCENT, USED_STEPS = 5, 60
INSTANT = timedelta(minutes=10)


class Count(StrEnum):
    RECEIVED = "received"
    IN_TIME = "in_time"
    LATE = "late"
    OPEN = "open"
    REOPENED = "reopened"
    APPEALS_UPHELD = "appeals_upheld"
    TRANSFERRED = "transferred"
    PLACED = "placed"  # triage has found who is responsible
    RATINGS = "ratings"
    POINTS = "points"
    SQUARES = "squares"  # of the points: how far ratings lie apart
    INSTANT = "instant"
    HELD = "held_seconds"
    PAUSED = "paused_seconds"
    PARTS = "parts"  # of what was received: parts of other entities' submissions
    PARTS_IN_TIME = "parts_in_time"
    PARTS_LATE = "parts_late"
    PARTS_OPEN = "parts_open"


Counts = Mapping[str, int]
"""Number by `entity/month/category/kind/area/what`; `what` is a Count, or a span.

Before areas were counted they stood in none."""


def counts_of(clock: Clock, zone: ZoneInfo) -> dict[str, int]:
    counts: Counter[str] = Counter()
    if clock.is_imported:
        return counts
    about = SEPARATOR.join((clock.category or UNKNOWN, clock.kind or UNKNOWN, clock.area or UNKNOWN))

    def count(run: Run, at: datetime | None, what: str, number: int = 1) -> None:
        month = at.astimezone(zone).strftime("%Y-%m") if at else NOW
        counts[SEPARATOR.join((run.entity, month, about, what))] += number

    was_received = False
    for run in clock.runs:
        told_at = next((each.start for each in run.intervals if each.state is not State.ARMED), None)
        answered_at = run.marks.get(Mark.ANSWERED)
        if Mark.APPEAL in run.marks:
            continue
        if told_at is None and answered_at is None:
            continue
        if Mark.BEGAN_ANEW not in run.marks or not was_received:
            count(run, told_at or answered_at, Count.RECEIVED)
            if clock.is_part:
                count(run, told_at or answered_at, Count.PARTS)
            was_received = True
        if answered_at is not None:
            due_at = run.due_at(answered_at)
            is_in_time = due_at is None or answered_at <= due_at
            count(run, answered_at, Count.IN_TIME if is_in_time else Count.LATE)
            if clock.is_part:
                count(run, answered_at, Count.PARTS_IN_TIME if is_in_time else Count.PARTS_LATE)
            took = run.consumed(answered_at)
            count(run, answered_at, f"{TIME}{span_of(took)}")
            count(run, answered_at, f"{USED}{used_of(took, run.span)}")
            if not run.words and answered_at - (told_at or answered_at) <= INSTANT:
                count(run, answered_at, Count.INSTANT)
            if Mark.REOPENED in run.marks:
                count(run, run.marks[Mark.REOPENED], Count.REOPENED)
            if Mark.APPEAL_UPHELD in run.marks:
                count(run, run.marks[Mark.APPEAL_UPHELD], Count.APPEALS_UPHELD)
        acknowledged_at = run.marks.get(Mark.ACKNOWLEDGED)
        if acknowledged_at is not None:
            count(run, acknowledged_at, f"{ACKNOWLEDGED}{span_of(run.consumed(acknowledged_at))}")
        if run.ended is not None:
            for what, time in ((Count.HELD, run.consumed(run.ended)), (Count.PAUSED, run.paused(run.ended))):
                if seconds := int(time.total_seconds()):
                    count(run, run.ended, what, seconds)
        if Mark.PASSED_ON in run.marks:
            count(run, run.marks[Mark.PASSED_ON], Count.PLACED if run.target == "triage" else Count.TRANSFERRED)
        if run.rating is not None:
            count(run, run.rating[0], Count.RATINGS)
            count(run, run.rating[0], Count.POINTS, run.rating[1])
            count(run, run.rating[0], Count.SQUARES, run.rating[1] ** 2)
    if clock.state in (State.RUNNING, State.PAUSED):
        count(clock.run, None, Count.OPEN)
        if clock.is_part:
            count(clock.run, None, Count.PARTS_OPEN)
    return dict(counts)


def span_of(worked: timedelta) -> int:
    return bisect_right(BOUNDS, worked.total_seconds())


def used_of(took: timedelta, target: timedelta) -> int:
    """The share of its target that an answer took, in steps of five per cent, three times the target at most."""
    if target <= timedelta():
        return USED_STEPS
    return min(int(took / target * 100 // USED_STEP_PERCENT), USED_STEPS)


def seconds_of_span(span: int) -> int:
    """Its middle: at most a twentieth away from what was counted in it."""
    if span == 0:
        return BOUNDS[0] // 2
    return (BOUNDS[span - 1] + BOUNDS[min(span, STEPS - 1)]) // 2


def differences(before: Counts, after: Counts) -> dict[str, int]:
    """What must be added to the record of `before` to make it that of `after`."""
    changed = {key: after.get(key, 0) - before.get(key, 0) for key in (*before, *(after.keys() - before.keys()))}
    return {key: number for key, number in changed.items() if number}
