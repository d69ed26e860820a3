"""The stored state of a clock: facts, declarations, published events, and derived fields for lists."""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from sla_monitor.deadlines.deadline_events import PublishedState
from sla_monitor.deadlines.unknown import Unknown, UnreadEvent
from sla_monitor.timekeeping.custody import State
from sla_monitor.timekeeping.facts import Fact
from sla_monitor.timekeeping.model import Clock

HORIZON = timedelta(seconds=10)
"""How far ahead the sweeper looks; anything sooner is announced to it by the change stream."""


class Declaration(BaseModel):
    """Made once and never withdrawn, even where a late fact would have prevented it."""

    model_config = ConfigDict(frozen=True)

    id: str
    rung: str
    target: str
    entity: str
    at: datetime
    declared_at: datetime
    run: str | None = None


class Standing(BaseModel):
    """The clock as it was last written: for lists, counts and metrics, never for decisions.

    `official` is the custodian's official who has it, as far as that is known; `confided` are its only readers.
    """

    model_config = ConfigDict(frozen=True)

    state: State
    entity: str
    target: str
    due_at: datetime
    is_open: bool
    imported: bool = False
    official: str | None = None
    confided: tuple[str, ...] | None = None


class ClockRecord(BaseModel):
    """`next_at` is when the sweeper must act next; `imminent` where that is sooner than its index scan would find it.

    `rulebook` is the newest one by which this was computed; a newer one recalculates every open clock. `counted` is
    what the record of the entities holds of it (`clocks/case_results.py`), `counted_in` its entities and months, as
    `works/2026-04`, by which the cases behind a figure are found. `reference` is the number by which people call it.
    `moved_from` is the due time before another rulebook moved it, until the move is published. `unread` are events that
    were set aside and may come again; `unknown` is set while the clock cannot be computed: `standing` then is the state
    before, and counts as open nowhere.
    """

    model_config = ConfigDict(frozen=True)

    rulebook: int
    correlation_id: str
    reference: str | None = None
    facts: tuple[Fact, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    told: PublishedState | None = None
    standing: Standing | None = None
    next_at: datetime | None = None
    imminent: bool = False
    moved_from: datetime | None = None
    unread: tuple[UnreadEvent, ...] = ()
    unknown: Unknown | None = None
    counted: tuple[tuple[str, int], ...] = ()
    counted_in: tuple[str, ...] = ()


def standing_of(clock: Clock) -> Standing:
    run = clock.run
    return Standing(
        state=clock.state,
        entity=run.entity,
        target=run.target,
        due_at=clock.due_at,
        is_open=clock.is_open,
        imported=clock.is_imported,
        official=official_of(clock),
        confided=clock.confided,
    )


def official_of(clock: Clock) -> str | None:
    return clock.run.in_charge or clock.run.official
