"""JSON answers about what a rulebook changed and which due times it moved."""

from dataclasses import asdict
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Name

from sla_monitor.calendars import changes
from sla_monitor.clocks import moves as clock_moves
from sla_monitor.http.examples import PREVIEW
from sla_monitor.recalculation import moves


class Change(BaseModel):
    what: Literal["calendar", "policy"]
    id: str
    name: Name
    kind: Literal["added", "changed", "removed"]
    parts: list[str] = Field(description="the fields that differ; public_holidays: the list of holidays has changed")

    @classmethod
    def of(cls, change: changes.Change) -> "Change":
        return cls(what=change.what, id=change.id, name=change.name, kind=change.kind, parts=list(change.parts))


class Tally(BaseModel):
    """Open cases whose due time moved."""

    moved: int
    later: int
    earlier: int
    late_now: int = Field(description="in time by the rules before, overdue by these when they were published")
    in_time_again: int = Field(description="overdue by the rules before, not by these")


class TallyOfEntity(Tally):
    entity: str


class Move(BaseModel):
    submission: str
    entity: str
    target: str
    state: str
    from_due_at: datetime
    due_at: datetime

    @classmethod
    def of(cls, move: clock_moves.Move) -> "Move":
        return cls.model_validate(move.model_dump())


class PreviewAnswer(BaseModel):
    """Nothing was published."""

    model_config = ConfigDict(json_schema_extra={"examples": [PREVIEW]})

    changes: list[Change]
    open: int = Field(description="cases that are open")
    looked_at: int = Field(description="of them, those due first; fewer than `open` where the time did not suffice")
    failed: int = Field(description="of those looked at, cases that cannot be read and would keep their due times")
    moved: Tally
    entities: list[TallyOfEntity]
    examples: list[Move] = Field(description="at most 100, those due first")


NOTHING_MOVED = Tally(**asdict(moves.Tally()))


def tallies_of_entities(tallies: moves.Tallies) -> list[TallyOfEntity]:
    return [TallyOfEntity(entity=entity, **asdict(tally)) for entity, tally in tallies.by_number()]
