"""What is stored of a clock: its facts, what was declared and told, and how it stood; the rest is read from these."""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from sla_monitor.clocks.custody import State
from sla_monitor.clocks.facts import Fact
from sla_monitor.clocks.model import Clock
from sla_monitor.deadlines.deadline_events import Told
from sla_monitor.deadlines.unknown import Unknown, UnreadEvent

HORIZON = timedelta(seconds=10)
"""How far ahead the sweeper looks; what must happen within it is announced to it at once."""


class Declaration(BaseModel):
    """Made once and never taken back, even where a fact that came late would have prevented it."""

    model_config = ConfigDict(frozen=True)

    id: str
    rung: str
    target: str
    entity: str
    at: datetime
    declared_at: datetime
    run: str | None = None


class Standing(BaseModel):
    """How the clock stood when it was last written: for lists, counts and metrics, never for decisions.

    `official` is who of the custodian has it, as far as that is known; `confided`, who alone reads of it.
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
    """`next_at`: when something must happen next; `imminent`: sooner than the sweeper would find it by itself.

    `rulebook` is the newest one by which this was read; a later one brings every clock that is open to be read again.
    `counted` is what the record of the entities holds of it (`domain/performance.py`), `counted_in` its entities and
    months, as `works/2026-04`: by these the cases behind a figure are found. `reference` is the number by which people
    call it; records from before it was kept have none. `moved_from`: when it was due until another rulebook
    moved it, as long as the others are to be told of that. `unread` are events that were set aside and may come again;
    `unknown` is there while it cannot be counted: `standing` is how it stood before, and counts as open nowhere.
    """

    model_config = ConfigDict(frozen=True)

    rulebook: int
    correlation_id: str
    reference: str | None = None
    facts: tuple[Fact, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    told: Told | None = None
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
