"""Submissions that wait in Kafka, taken in one of two ways by the handlers of the router or of the tests' parcels.

`consumer fill BODIES EVENTS [traced]` puts them there. `consumer batch HANDLERS EVENTS`: a real subscription and
`Consumer.take`: inbox, state and outbox in one transaction for a batch. `consumer single HANDLERS EVENTS`: one message,
one majority write of the same document (state with its outbox), one commit. Both ways decode, decide and number events
with the same code. A parcel remembers what it was told and publishes one event: what is left is the consumer itself.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import uvloop
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from faststream import AckPolicy
from faststream.kafka import KafkaMessage
from pymongo.asynchronous.database import AsyncDatabase
from router.cases.store import Assignments
from router.consumers import HANDLERS, EventContext
from router.directory.model import Country as RoutedCountry
from router.directory.snapshot import Directory
from router.settings import RouterSettings
from shared.events.envelope import Cause, OutgoingEvent, caused_by, kafka_headers, outbox_entry, read_event, seal
from shared.events.submissions import SubmissionReceived
from shared.events.topics import SUBMISSIONS
from shared.messaging.consumer import Consumer, Handler
from shared.messaging.inbox import Inbox
from shared.messaging.kafka import ensure_topics, make_producer
from shared.messaging.subscriber import Subscription, make_broker
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Aggregates, Document, StoredAggregate
from shared.storage.mongo import connect
from tawasul.demo.country import Country

from tests.benchmarks.bodies import read_bodies
from tests.support.parcels import Handlers, parcels_of

PATIENCE_SECONDS = 120.0
A_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Progress:
    """Counts what is durable, from the first message taken to the last one wanted."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.taken = 0
        self.began = 0.0
        self.ended = asyncio.Event()
        self.took = 0.0

    def begins(self) -> None:
        self.began = self.began or time.perf_counter()

    def has(self, count: int) -> None:
        self.taken += count
        if self.taken >= self.wanted and not self.ended.is_set():
            self.took = time.perf_counter() - self.began
            self.ended.set()


async def fill(
    settings: RouterSettings, bodies: Sequence[bytes], events: int, traceparent: str | None = None
) -> dict[str, Any]:
    await ensure_topics(settings)
    producer = make_producer(settings)
    await producer.start()
    acknowledged = []
    filings = itertools.cycle([json.loads(body) for body in bodies])
    for filed in itertools.islice(filings, events):
        id = str(uuid4())
        received = SubmissionReceived.model_validate(
            {
                **{name: value for name, value in filed.items() if name != "contact"},
                "submission_id": id,
                "to_state": "received",
                "reference": "00000-00000",
                "received_at": utc_now(),
                "contact_expected": True,
            }
        )
        entry = outbox_entry(
            seal(OutgoingEvent(received), id, 1, "/tawasul/intake", utc_now(), Cause(id, None, traceparent))
        )
        topic = settings.topic_prefix + SUBMISSIONS.name
        acknowledged.append(
            await producer.send(topic, value=entry["value"], key=id.encode(), headers=kafka_headers(entry))
        )
    await asyncio.gather(*acknowledged)
    await producer.stop()
    return {"events": events}


@dataclass(frozen=True)
class Service:
    aggregates: Aggregates[Any]
    handlers: Mapping[type, Handler[Any]]
    reference: Any = None


def parcels(database: AsyncDatabase[Document]) -> Service:
    return Service(parcels_of(database), Handlers().table())


def router(database: AsyncDatabase[Document]) -> Service:
    directory = Directory.of(1, RoutedCountry.model_validate(Country().directory()))
    return Service(Assignments(database), HANDLERS, EventContext(lambda: directory))


async def batch(settings: RouterSettings, service: Service, progress: Progress) -> None:
    broker = make_broker(settings)
    group = f"batch-{uuid4()}"
    consumer = Consumer(
        service.aggregates.collection.database,
        service.aggregates,
        service.handlers,
        (SUBMISSIONS,),
        group,
        reference=lambda: service.reference,
        topic_prefix=settings.topic_prefix,
    )

    async def take(records: Sequence[Any]) -> None:
        progress.begins()
        await consumer.take(records)
        progress.has(len(records))

    Subscription(broker, settings, "router", (SUBMISSIONS,), group, take)
    await broker.start()
    await asyncio.wait_for(progress.ended.wait(), PATIENCE_SECONDS)
    await broker.stop()


async def single(settings: RouterSettings, service: Service, progress: Progress) -> None:
    broker = make_broker(settings)

    async def undecoded(message: KafkaMessage) -> bytes:
        return b""

    @broker.subscriber(
        settings.topic_prefix + SUBMISSIONS.name,
        group_id=f"single-{uuid4()}",
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
        partition_assignment_strategy=[RangePartitionAssignor],
        decoder=undecoded,
        no_reply=True,
    )
    async def take(body: Any, message: KafkaMessage) -> None:
        progress.begins()
        record: Any = message.raw_message
        event = read_event(SUBMISSIONS, record.key, record.value, record.headers)
        now = utc_now()
        decision = service.handlers[type(event.data)](None, event, service.reference, now)
        assert decision is not None
        aggregate: StoredAggregate[Any] = StoredAggregate(event.key)
        aggregate.apply(decision, service.aggregates.source, now, caused_by(event))
        await service.aggregates.collection.insert_one(aggregate.document())
        progress.has(1)

    await broker.start()
    await asyncio.wait_for(progress.ended.wait(), PATIENCE_SECONDS)
    await broker.stop()


async def main() -> None:
    way, *arguments = sys.argv[1:]
    settings = RouterSettings()
    if way == "fill":
        bodies, events, *traced = arguments
        print(json.dumps(await fill(settings, read_bodies(bodies), int(events), A_TRACE if traced else None)))
        return
    handlers, events = arguments
    client, database = connect(settings.mongo_uri.get_secret_value(), f"{way}-{uuid4()}")
    service = {"parcels": parcels, "router": router}[handlers](database)
    await service.aggregates.ensure_indexes()
    await Inbox(database).ensure_indexes()
    progress = Progress(int(events))
    await {"batch": batch, "single": single}[way](settings, service, progress)
    stored = await service.aggregates.collection.count_documents({})
    if stored < progress.wanted:
        raise RuntimeError(f"{stored} stored of {progress.wanted}")
    await client.close()
    print(
        json.dumps({"events": progress.taken, "seconds": progress.took, "per_second": progress.taken / progress.took})
    )


if __name__ == "__main__":
    uvloop.run(main())
