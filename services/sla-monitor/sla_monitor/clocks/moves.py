"""Finds the due times that a new rulebook moved, for that rulebook's report."""

from collections.abc import Iterator
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from sla_monitor.clocks.record import ClockRecord, Standing
from sla_monitor.timekeeping.custody import State


class Move(BaseModel):
    """An open case whose due time differs from the one under the rulebook before."""

    model_config = ConfigDict(frozen=True)

    submission: str
    entity: str
    target: str
    state: State
    from_due_at: datetime
    due_at: datetime


def move_of(submission: str, before: Standing | None, after: Standing | None) -> Move | None:
    """Return the move; None where the due time is the same, or where a fact rather than the rules may have moved it."""
    if before is None or after is None or not (before.is_open and after.is_open):
        return None
    if (before.entity, before.target) != (after.entity, after.target) or before.due_at == after.due_at:
        return None
    return Move(
        submission=submission,
        entity=after.entity,
        target=after.target,
        state=after.state,
        from_due_at=before.due_at,
        due_at=after.due_at,
    )


def moves_written(submission: str, stored: ClockRecord | None, written: ClockRecord) -> Iterator[tuple[int, Move]]:
    """Return what this write adds to the reports of rulebooks, by version: the move that an earlier write left
    unpublished, and the move that this write makes and publishes. Where a fact came with it, the fact may have moved
    the due time: then the custodian's run or the number of facts differs, and nothing is added."""
    if stored is None:
        return
    is_anew = stored.rulebook != written.rulebook
    if stored.moved_from is not None and (is_anew or written.moved_from is None) and stored.standing is not None:
        before = stored.standing.model_copy(update={"due_at": stored.moved_from})
        if left := move_of(submission, before, stored.standing):
            yield stored.rulebook, left
    is_of_rules = is_anew and len(stored.facts) == len(written.facts)
    moved = move_of(submission, stored.standing, written.standing)
    if moved is not None and is_of_rules and written.moved_from is None:
        yield written.rulebook, moved
