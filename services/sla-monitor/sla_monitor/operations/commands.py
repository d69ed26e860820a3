"""Repairs clocks: recomputes each from its facts, and compares the facts with Kafka's.

Both report differences. With `write`, derived fields are corrected, and missed facts are taken as if they came now.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition
from shared.events.envelope import Cause, Event, InvalidEvent, UnknownEventType, read_event
from shared.events.topics import ASSIGNMENTS, SUBMISSIONS
from shared.messaging.kafka import connection_options
from shared.operations.settings import KafkaSettings
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate, VersionMiss

from sla_monitor.clocks.commands import take_fact
from sla_monitor.clocks.record import ClockRecord
from sla_monitor.clocks.store import Clocks
from sla_monitor.operations.rebuild import Difference, differences_from_kafka, rebuild
from sla_monitor.timekeeping.facts import fact_of
from sla_monitor.timekeeping.reference import Reference

AT_ONCE = 200
MOST_TOLD = 50
TOPICS = (SUBMISSIONS, ASSIGNMENTS)

Tell = Callable[[str], None]


@dataclass
class Result:
    clocks: int = 0
    facts: int = 0
    different: set[str] = field(default_factory=set)
    told: int = 0

    def note(self, found: Sequence[Difference], tell: Tell) -> None:
        for each in found:
            self.different.add(each.submission)
            if self.told < MOST_TOLD:
                tell(f"{each.submission}: {each.field}: stored {each.stored}, rebuilt {each.rebuilt}")
                self.told += 1


async def rebuild_all(clocks: Clocks, reference: Reference, is_writing: bool, tell: Tell) -> Result:
    """Rebuild all clocks beside the running service; a clock that changes meanwhile is read again."""
    result, after = Result(), ""
    while found := await clocks.after(after, AT_ONCE):
        now = utc_now()
        noted = [each for aggregate in found.values() for each in rebuild(aggregate, reference, now)]
        if noted and is_writing:
            try:
                await clocks.save(list(found.values()))
            except VersionMiss:
                continue
        result.note(noted, tell)
        result.clocks += len(found)
        after = max(found)
    return result


async def compare_with_kafka(
    settings: KafkaSettings, clocks: Clocks, reference: Reference, is_writing: bool, tell: Tell
) -> Result:
    """Compare the stored facts with all facts in the topics up to now."""
    result = Result()
    heard = await _facts_in_kafka(settings)
    ids = sorted(heard)
    for start in range(0, len(ids), AT_ONCE):
        batch = ids[start : start + AT_ONCE]
        stored = await clocks.load(batch)
        for id in batch:
            record = stored[id].state if id in stored else None
            facts = [fact for event in heard[id] if (fact := fact_of(event)) is not None]
            result.facts += len(facts)
            result.note(list(differences_from_kafka(id, record, facts)), tell)
        if is_writing:
            await _take(clocks, reference, stored, {id: heard[id] for id in batch})
    result.clocks = len(ids)
    return result


async def _take(
    clocks: Clocks,
    reference: Reference,
    stored: dict[str, StoredAggregate[ClockRecord]],
    heard: dict[str, list[Event]],
) -> None:
    changed = []
    for id, events in heard.items():
        aggregate = stored.get(id) or StoredAggregate(id)
        for event in events:
            decision = take_fact(aggregate.state, event, reference, utc_now())
            if decision is not None:
                aggregate.apply(decision, clocks.source, utc_now(), Cause(event.correlation_id))
        changed += [aggregate] if aggregate.changed else []
    await clocks.save(changed)


async def _facts_in_kafka(settings: KafkaSettings) -> dict[str, list[Event]]:
    """Return the facts in Kafka by submission, in the order of each partition."""
    heard: dict[str, list[Event]] = defaultdict(list)
    topics = {settings.topic_prefix + topic.name: topic for topic in TOPICS}
    consumer = AIOKafkaConsumer(**connection_options(settings), enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(name, number) for name in topics for number in range(settings.kafka_partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        left = {each for each in partitions if await consumer.position(each) < ends[each]}
        while left:
            for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    try:
                        event = read_event(topics[partition.topic], record.key, record.value, record.headers)
                    except (UnknownEventType, InvalidEvent):
                        continue  # no clock turns on it: what the service set aside stands in the dead letters
                    heard[event.key].append(event)
            left = {each for each in left if await consumer.position(each) < ends[each]}
    finally:
        await consumer.stop()
    return heard
