"""What other rules do to open cases: which due times move, whose, and which way."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from shared.events.deadlines import DeadlinesMoved

from sla_monitor.clocks.custody import State
from sla_monitor.clocks.record import ClockRecord, Standing

MOST_FAILED = 1_000
"""Clocks that a rulebook cannot judge: of more, it is the rulebook's fault, and it is not tried on the others."""


class Move(BaseModel):
    """An open case whose due time is another one by a rulebook than by the one before."""

    model_config = ConfigDict(frozen=True)

    submission: str
    entity: str
    target: str
    state: State
    from_due_at: datetime
    due_at: datetime


@dataclass
class Tally:
    """Of one entity or of all. `late_now`: in time before, overdue by the new rules; `in_time_again`: the reverse."""

    moved: int = 0
    later: int = 0
    earlier: int = 0
    late_now: int = 0
    in_time_again: int = 0

    def count(self, move: Move, at: datetime) -> None:
        self.moved += 1
        self.later += move.due_at > move.from_due_at
        self.earlier += move.due_at < move.from_due_at
        if move.state is not State.PAUSED:
            self.late_now += move.due_at <= at < move.from_due_at
            self.in_time_again += move.from_due_at <= at < move.due_at


@dataclass
class Tallies:
    """`at`: when the new rules were published, or would be."""

    at: datetime
    all: Tally = field(default_factory=Tally)
    entities: dict[str, Tally] = field(default_factory=dict)

    def count(self, move: Move) -> None:
        self.all.count(move, self.at)
        self.entities.setdefault(move.entity, Tally()).count(move, self.at)

    def add(self, entity: str, tally: Tally) -> None:
        """The whole of an entity."""
        self.entities[entity] = tally
        for each in fields(Tally):
            setattr(self.all, each.name, getattr(self.all, each.name) + getattr(tally, each.name))

    def by_number(self) -> list[tuple[str, Tally]]:
        """The entity first of which the most moved."""
        return sorted(self.entities.items(), key=lambda item: (-item[1].moved, item[0]))


class Digest(BaseModel):
    """What an entity was told of a rulebook, once."""

    model_config = ConfigDict(frozen=True)

    told: DeadlinesMoved


def digest_of(entity: str, tally: Tally, version: int, published_at: datetime) -> Digest:
    moved = DeadlinesMoved(entity=entity, rulebook=version, published_at=published_at, **asdict(tally))
    return Digest(told=moved)


def move_of(submission: str, before: Standing | None, after: Standing | None) -> Move | None:
    """None where no due time moved, and where something else than the rules may have moved it."""
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
    """What this write adds to the reports of rulebooks, by version: what an earlier one left to be told, and what this
    one moves and tells because it read the clock by another rulebook. A fact that came with it may have moved the
    deadline instead: then the custodian's part is another one, or its number of facts is."""
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
