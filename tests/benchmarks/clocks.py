"""Clocks as the SLA monitor keeps them: assigned cases whose breach comes at a moment of our choosing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from pymongo.asynchronous.database import AsyncDatabase
from shared.events.envelope import Cause, Event, OutgoingEvent, seal
from shared.events.model import EventData
from shared.events.topics import BY_EVENT
from shared.reference.directory import Directory
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Document, StoredAggregate
from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.calendars.snapshot import Rulebooks
from sla_monitor.clocks.commands import take_fact
from sla_monitor.clocks.record import ClockRecord
from sla_monitor.clocks.store import CLOCKS, DIFFERENCES, Clocks
from sla_monitor.performance.recount import ALL, COUNTING
from sla_monitor.performance.store import PROGRESS, SUMS, RecordStore
from sla_monitor.timekeeping.reference import Reference

from tests.support.sla_monitor import a_policy, a_rulebook, a_triage_policy, assigned, received

MILLISECOND = timedelta(milliseconds=1)
TARGET = timedelta(minutes=10)
"""By the clock, and without warnings: the breach is the only thing to come."""

RULEBOOK = a_rulebook(
    a_policy(calendar="utilities", targets={"answer": {"working": f"{TARGET.seconds}s", "warn_at": []}}),
    a_triage_policy(),
)


async def _none_after(version: int) -> Sequence[Rulebook]:
    return []


def reference() -> Reference:
    rulebooks = Rulebooks(_none_after)
    rulebooks.add(RULEBOOK)
    return Reference(rulebooks, Directory())


def armed(due_at: datetime, known: Reference, entity: str = "works") -> Document:
    """The document of a clock whose deadline was set and told of, and is breached at `due_at`."""
    id, began = str(uuid4()), due_at - TARGET
    record: ClockRecord | None = None
    aggregate: StoredAggregate[ClockRecord] = StoredAggregate(id)
    for data in (received(id, received_at=began), assigned(id, entity)):
        decision = take_fact(record, _event(id, data, began), known, began)
        assert decision is not None
        record = decision.state
        aggregate.apply(decision, "/tawasul/sla-monitor", began, Cause(id))
    assert record is not None
    assert record.next_at == due_at, f"{record.next_at} instead of {due_at}"
    document = aggregate.document() | {"outbox": []}
    del document["pending"]
    return document


def _event(id: str, data: EventData, time: datetime) -> Event:
    return seal(OutgoingEvent(data), id, 1, f"/tawasul/{BY_EVENT[type(data)].owner}", time, Cause(id))


def in_milliseconds(moment: datetime) -> datetime:
    """A time as the database keeps it."""
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)


def in_whole_milliseconds(span: timedelta) -> timedelta:
    return span // MILLISECOND * MILLISECOND


TEMPLATES = "templates"
FIRST_DUE = timedelta(hours=2)
DUE_WITHIN = timedelta(days=14)


async def arm_many(database: AsyncDatabase[Document], count: int, entities: Sequence[str] = ("works",)) -> None:
    """So many armed clocks of these in turn, due over the next two weeks. Made by the server: a million in half a
    minute."""
    templates = min(count, 1_000)
    copies = count // templates
    now, known = in_milliseconds(utc_now()), reference()
    apart = DUE_WITHIN / templates
    made = [
        armed(now + FIRST_DUE + in_whole_milliseconds(apart * number), known, entities[number % len(entities)])
        for number in range(templates)
    ]
    await database[TEMPLATES].insert_many(made)
    between = apart // MILLISECOND // copies
    # The last twelve digits of an id are the copy's number: a submission's id is a UUID.
    digits = {"$toString": "$copy"}
    number = {"$substrBytes": [{"$concat": ["0" * 12, digits]}, {"$strLenBytes": digits}, 12]}
    moment = {"$add": ["$state.next_at", {"$multiply": ["$copy", between]}]}
    await database[TEMPLATES].aggregate(
        [
            {"$set": {"copy": {"$range": [0, copies]}}},
            {"$unwind": "$copy"},
            {"$set": {"_id": {"$concat": [{"$substrBytes": ["$_id", 0, 24]}, number]}, "state.next_at": moment}},
            {"$unset": "copy"},
            {"$sort": {"_id": 1}},  # so that what is due together does not lie together
            {"$out": CLOCKS},
        ],
        allowDiskUse=True,
    )
    await database[TEMPLATES].drop()
    await Clocks(database).ensure_indexes()
    # They are counted as the newest version counts: what an upgrade does once is not measured with the rest.
    await RecordStore(*(database[name] for name in (SUMS, DIFFERENCES, PROGRESS))).note_recounted(COUNTING, ALL)
