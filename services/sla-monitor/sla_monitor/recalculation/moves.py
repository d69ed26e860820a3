"""Sums up how a rulebook moves the due times of open cases."""

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from shared.events.deadlines import DeadlinesMoved

from sla_monitor.clocks.moves import Move
from sla_monitor.timekeeping.custody import State

MOST_FAILED = 1_000
"""Limit of clocks that a rulebook cannot compute: beyond it the rulebook is at fault, and the other clocks are not
tried."""


@dataclass
class Tally:
    """Counts of moves, of one entity or of all. `late_now`: in time before, overdue by the new rules; `in_time_again`:
    the reverse."""

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
    """Counts by entity. `at` is when the new rules were published, or would be."""

    at: datetime
    all: Tally = field(default_factory=Tally)
    entities: dict[str, Tally] = field(default_factory=dict)

    def count(self, move: Move) -> None:
        self.all.count(move, self.at)
        self.entities.setdefault(move.entity, Tally()).count(move, self.at)

    def add(self, entity: str, tally: Tally) -> None:
        """Set the counts of an entity."""
        self.entities[entity] = tally
        for each in fields(Tally):
            setattr(self.all, each.name, getattr(self.all, each.name) + getattr(tally, each.name))

    def by_number(self) -> list[tuple[str, Tally]]:
        """Return the entities, those with most moves first."""
        return sorted(self.entities.items(), key=lambda item: (-item[1].moved, item[0]))


class Digest(BaseModel):
    """The summary of a rulebook's moves that was published for an entity, once."""

    model_config = ConfigDict(frozen=True)

    told: DeadlinesMoved


def digest_of(entity: str, tally: Tally, version: int, published_at: datetime) -> Digest:
    moved = DeadlinesMoved(entity=entity, rulebook=version, published_at=published_at, **asdict(tally))
    return Digest(told=moved)
