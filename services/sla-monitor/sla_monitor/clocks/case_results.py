"""Computes what a case adds to the record of each entity that held it: a pure function of its clock, whatever the time
is.

Everything counts for the entity to which it happened, in the month in which it happened. So a past month changes
only where the facts about it do (a late fact, another category), and the record is the sum over all cases. Each case
stores what was counted of it; when that changes, the difference is added.
- Received: every time an entity gets a case, from another entity or as the first; reopened cases are not received
  again.
- Answered: every answer, in time or late by its own deadline; a second answer does not undo the first.
- Acknowledged: when the entity first showed that it has the case. Held and paused: the working seconds of a custodian's
  run, once it has ended.
- Instant: answered within minutes of getting the case, with no message to its author before.
- Sub-cases: received, answered and open for their entity as any case, and counted once more as sub-cases, so that the
  country can leave them out.
- A rating counts for the answer it was given for; only the last rating counts.
- Not counted: imported cases, as their clocks began at the import; decisions on appeals; and cases that no entity has
  yet (`armed`).
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sla_monitor.timekeeping.custody import Mark, Run, State
from sla_monitor.timekeeping.model import Clock

NOW = "now"
"""Stands in place of the month for open cases, which belong to no month."""
UNKNOWN = "-"
SEPARATOR = "/"
"""Occurs in no identifier."""

SHORTEST_SECONDS, STEP, STEPS = 60.0, 1.1, 150
BOUNDS = [round(SHORTEST_SECONDS * STEP**step) for step in range(STEPS)]
"""Upper bounds of the spans by which working times are counted, each 10 % longer, from a minute to ten years: counts
can be summed, medians cannot."""
TIME, ACKNOWLEDGED, USED = "t", "a", "u"
"""Prefixes of spans: working time to the answer, to the acknowledgement, and share of the target used."""
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
"""Number by `entity/month/category/kind/area/count`; the last is a Count or a span.

Before areas were counted they stood in none.
"""


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
    """Return the share of its target that an answer took, in steps of five per cent, at most three times the target."""
    if target <= timedelta():
        return USED_STEPS
    return min(int(took / target * 100 // USED_STEP_PERCENT), USED_STEPS)


def seconds_of_span(span: int) -> int:
    """Return the middle of a span: within 5 % of every value counted in it."""
    if span == 0:
        return BOUNDS[0] // 2
    return (BOUNDS[span - 1] + BOUNDS[min(span, STEPS - 1)]) // 2


def differences(before: Counts, after: Counts) -> dict[str, int]:
    """Return the differences that turn the counts `before` into `after`."""
    changed = {key: after.get(key, 0) - before.get(key, 0) for key in (*before, *(after.keys() - before.keys()))}
    return {key: number for key, number in changed.items() if number}
