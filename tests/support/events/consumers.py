"""The real consumers of the four services, each over a store of its own, and records as the relay would send them.

Handlers, tables and stores are the services' own; time stands where it is put.
"""

import asyncio
import itertools
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, cast

from aiokafka import ConsumerRecord
from intake.consumers import HANDLERS as INTAKE_HANDLERS
from intake.consumers import IGNORED as INTAKE_IGNORED
from intake.consumers import TOPICS as INTAKE_TOPICS
from intake.figures.store import COLLECTION as FIGURES
from intake.figures.store import Figures
from intake.submissions.store import Submissions
from intake.submissions.time_limits import Limits
from notifier.cases.model import Case
from notifier.consumers import IGNORED as NOTIFIER_IGNORED
from notifier.consumers import TOPICS as NOTIFIER_TOPICS
from notifier.consumers import handlers
from notifier.notifications.monitor_store import CASES
from notifier.notifications.store import SOURCE as NOTIFIER_SOURCE
from router.cases.store import Assignments
from router.consumers import HANDLERS as ROUTER_HANDLERS
from router.consumers import IGNORED as ROUTER_IGNORED
from router.consumers import TOPICS as ROUTER_TOPICS
from router.consumers import EventContext
from router.directory.commands import items_of
from router.directory.model import Country
from shared.events.contacts import ContactConfirmed, ContactRegistered, confirmation_key, contact_key
from shared.events.deadlines import DeadlinesMoved, DeadlineUnknown, PerformancePublished
from shared.events.envelope import Cause, OutgoingEvent, kafka_headers, outbox_entry, seal
from shared.events.model import EventData, Location, Role
from shared.events.topics import BY_EVENT, Topic
from shared.messaging.consumer import Consumer, Record
from shared.messaging.directory_reader import DirectoryReader
from shared.operations.settings import ServiceSettings
from shared.reference.directory import Directory
from shared.storage.aggregates import Aggregates, Document
from sla_monitor.calendars.snapshot import Rulebooks
from sla_monitor.clocks.store import Clocks
from sla_monitor.consumers import HANDLERS as SLA_HANDLERS
from sla_monitor.consumers import IGNORED as SLA_IGNORED
from sla_monitor.consumers import TOPICS as SLA_TOPICS
from sla_monitor.consumers import on_set_aside
from sla_monitor.timekeeping.reference import Reference

from tests.support.events.in_memory import InMemoryDatabase
from tests.support.notifier import delivered_wording
from tests.support.router import a_country, a_directory
from tests.support.sla_monitor import a_rulebook, no_rulebooks

NOW = datetime.fromisoformat("2026-11-24T09:00:00+00:00")

T = TypeVar("T")
_loop = asyncio.new_event_loop()


def run(work: Coroutine[Any, Any, T]) -> T:
    """On a loop that stays: hypothesis calls a test hundreds of times."""
    return _loop.run_until_complete(work)


def the_directory() -> Directory:
    """Events that the router publishes of the small country that its tests know."""
    directory = Directory()
    for _, change in items_of(Country.model_validate(a_country())):
        directory.apply(cast(EventData, change))
    return directory


def read_by_every_process(changes: Sequence[EventData]) -> Directory:
    """The small country and these, as every process follows the directory's topic."""
    reader = DirectoryReader(ServiceSettings())
    known = [cast(EventData, change) for _, change in items_of(Country.model_validate(a_country()))]
    for data in (*known, *changes):
        record = record_of(entry_of(data))
        reader.take(record.key, record.value, record.headers)
    assert reader.skipped == 0
    return reader.directory


def asked(directory: Directory) -> None:
    """A directory as services ask it while they take an event."""
    for location in (Location(lat=26.5, lon=50.25), Location(block="312"), Location(place="a")):
        directory.area_of(location)
    for entity in [*directory.entities, "nobody's"]:
        directory.acting(directory.officials_of(entity, set(Role)), NOW)
        directory.below(entity)
    for official in directory.officials:
        directory.stands_for(official, NOW)
        directory.areas_of([official])
    assert directory.never_public is not None


def entry_of(
    data: EventData, sequence: int = 1, time: datetime = NOW, key: str | None = None, id: str | None = None
) -> Document:
    """An event as it waits in its owner's outbox."""
    owner = BY_EVENT[type(data)].owner
    return outbox_entry(
        seal(OutgoingEvent(data, id=id), key or key_of(data), sequence, f"/tawasul/{owner}", time, Cause("c"))
    )


def record_of(entry: Document) -> Record:
    """The record that a consumer gets of an entry of an outbox."""
    return ConsumerRecord(
        topic=entry["topic"],
        partition=0,
        offset=next(_offsets),
        timestamp=int(entry["time"].timestamp() * 1_000),
        timestamp_type=0,
        key=entry["key"].encode(),
        value=entry["value"],
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=kafka_headers(entry),
    )


_offsets = itertools.count()


def key_of(data: EventData) -> str:
    """As the topic's declaration has it."""
    match data:
        case PerformancePublished():
            return f"{data.entity}:{data.period}"
        case DeadlinesMoved():
            return f"{data.entity}:rules-{data.rulebook}"
        case ContactRegistered():
            return contact_key(data.submission_id, data.contact_id)
        case ContactConfirmed():
            return confirmation_key(data.submission_id, data.contact_id, data.number)
    fields = data.model_dump(include={"submission_id", "entity", "official", "category", "area", "place"})
    of_directory = data.type.removesuffix("Changed").lower()
    return str(fields.get("submission_id") or f"{of_directory}:{fields[of_directory]}")


class _SetAside(logging.Handler):
    """Keeps why an event was given up: the dead letter names the type of the error alone."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.reasons: dict[str, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        subject = getattr(record, "subject", None)
        if subject is not None and error is not None:
            at = error.__traceback__
            while at is not None and at.tb_next is not None:
                at = at.tb_next
            where = f" at {at.tb_frame.f_code.co_filename.rpartition('/')[2]}:{at.tb_lineno}" if at else ""
            self.reasons[subject] = f"{type(error).__name__}: {str(error)[:200]}{where}"


@dataclass
class ServiceUnderTest:
    """`take` is what the service subscribes with; `consumer` is the batch consumer in it."""

    name: str
    database: InMemoryDatabase
    consumer: Consumer[Any]
    take: Callable[[Sequence[Record]], Coroutine[Any, Any, None]]
    now: list[datetime] = field(default_factory=lambda: [NOW])

    @property
    def topics(self) -> tuple[Topic, ...]:
        return self.consumer.topics

    def given(self, entries: Iterable[Document]) -> dict[str, str]:
        """Give these to it, and return what it refused and why, by key."""
        names = {topic.name for topic in self.topics}
        records = [record_of(entry) for entry in entries if entry["topic"] in names]
        if not records:
            return {}
        why = _SetAside()
        logger = logging.getLogger("shared.messaging.consumer")
        logger.addHandler(why)
        was, logger.propagate = logger.propagate, False
        try:
            run(self.take(records))
        finally:
            logger.removeHandler(why)
            logger.propagate = was
        letters = self.database["dead_letters"]
        found = {str(each["key"]): why.reasons.get(each["key"]) or str(each["reason"]) for each in letters.documents}
        letters.clear()
        for collection in self.database.collections.values():
            unknown = {each["key"] for each in collection.waiting() if each.get("type") == DeadlineUnknown.__name__}
            found |= {key: found.get(key, "a case that cannot be counted") for key in unknown}
        return found


def intake() -> ServiceUnderTest:
    database, now = InMemoryDatabase(), [NOW]
    limits = Limits()
    submissions = Submissions(_as_mongo(database), cast(Any, None))
    consumer = Consumer(
        _as_mongo(database),
        submissions,
        INTAKE_HANDLERS,
        INTAKE_TOPICS,
        "intake",
        lambda: limits,
        clock=lambda: now[0],
        ignored=INTAKE_IGNORED,
    )
    figures = Figures(_as_mongo(database)[FIGURES], "", zone=cast(Any, None))
    return ServiceUnderTest("intake", database, consumer, cast(Any, figures.picked_out(consumer.take)), now)


def router() -> ServiceUnderTest:
    database, now, directory = InMemoryDatabase(), [NOW], a_directory()

    async def known(events: Sequence[Any]) -> EventContext:
        return EventContext(lambda: directory)

    assignments = Assignments(_as_mongo(database))
    consumer = Consumer(
        _as_mongo(database),
        assignments,
        ROUTER_HANDLERS,
        ROUTER_TOPICS,
        "router",
        prepare=known,
        clock=lambda: now[0],
        ignored=ROUTER_IGNORED,
    )
    return ServiceUnderTest("router", database, consumer, consumer.take, now)


@cache
def the_reference() -> Reference:
    rulebooks = Rulebooks(no_rulebooks)
    rulebooks.add(a_rulebook())
    return Reference(rulebooks, the_directory())


def sla_monitor(directory: Directory | None = None) -> ServiceUnderTest:
    database, now = InMemoryDatabase(), [NOW]
    reference = the_reference() if directory is None else Reference(the_reference().rulebooks, directory)
    clocks = Clocks(_as_mongo(database))
    consumer = Consumer(
        _as_mongo(database),
        clocks,
        SLA_HANDLERS,
        SLA_TOPICS,
        "sla-monitor",
        lambda: reference,
        clock=lambda: now[0],
        ignored=SLA_IGNORED,
        on_set_aside=on_set_aside,
    )
    return ServiceUnderTest("sla-monitor", database, consumer, consumer.take, now)


def notifier(directory: Directory | None = None) -> ServiceUnderTest:
    database, now, known = InMemoryDatabase(), [NOW], directory or the_directory()
    cases = Aggregates[Case](_as_mongo(database)[CASES], Case, NOTIFIER_SOURCE)
    consumer = Consumer(
        _as_mongo(database),
        cases,
        handlers(delivered_wording().table, devices_of=lambda reader: ("device-1",)),
        NOTIFIER_TOPICS,
        "notifier",
        lambda: known,
        clock=lambda: now[0],
        ignored=NOTIFIER_IGNORED,
    )
    return ServiceUnderTest("notifier", database, consumer, consumer.take, now)


MAKERS: dict[str, Callable[[], ServiceUnderTest]] = {
    "intake": intake,
    "router": router,
    "sla-monitor": sla_monitor,
    "notifier": notifier,
}


def _as_mongo(database: InMemoryDatabase) -> Any:
    return database
