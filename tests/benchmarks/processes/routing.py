"""What routing adds to the way of a submission: `routing MODEL RATE SECONDS`, milliseconds.

The router's own subscription, consumer, handlers and a model take what comes at this rate: texts of 400 letters in all
languages, each with a point, without a category and without a word that a rule knows, so that the rules, the map and
then the model are asked. A submission waits for all of its batch. What is measured is therefore the whole batch, once
for each of its submissions: how long it was routed and decided on, and how long all else took, until inbox, state and
outbox were durable.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvloop
from aiokafka import AIOKafkaProducer
from router.app import models_in, publications_in
from router.assigning.rules import RoutingInput
from router.cases.store import Assignments
from router.classifier.snapshot import Classifier, ClassifierInUse
from router.classifier.suggestions import Thresholds
from router.consumers import HANDLERS, prepared
from router.directory.model import Country as RoutedCountry
from router.directory.snapshot import Directory, DirectoryInUse
from router.settings import RouterSettings
from router.text_model.file import read
from shared.events.envelope import Cause, OutgoingEvent, kafka_headers, outbox_entry, seal
from shared.events.model import Channel, Kind
from shared.events.submissions import SubmissionReceived
from shared.events.topics import SUBMISSIONS
from shared.messaging.consumer import Consumer, Handler, Prepare
from shared.messaging.inbox import Inbox
from shared.messaging.kafka import ensure_topics, make_producer
from shared.messaging.subscriber import Subscription, make_broker
from shared.reference.working_time import utc_now
from shared.serving.server import settle_memory
from shared.storage.mongo import connect
from tawasul.demo.country import Country

from tests.benchmarks.bench import share
from tests.benchmarks.cases import EAST, NORTH, SOUTH, WEST
from tests.benchmarks.processes.classifier import labelled, texts_of

LETTERS = 400
WARM_UP_SECONDS = 2.0
PATIENCE_SECONDS = 30.0


class Watch:
    """How long batches are worked on, and how much of that on routing."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.ended = asyncio.Event()
        self.routing: list[float] = []
        self.rest: list[float] = []
        self._spent = 0.0

    def preparing(self, prepare: Prepare) -> Prepare:
        async def timed(events: Sequence[Any]) -> Any:
            began = time.perf_counter()
            known = await prepare(events)
            self._spent += time.perf_counter() - began
            return known

        return timed

    def handling(self, handler: Handler[Any]) -> Handler[Any]:
        def timed(*of: Any) -> Any:
            began = time.perf_counter()
            decided = handler(*of)
            self._spent += time.perf_counter() - began
            return decided

        return timed

    def taking(self, take: Callable[[Sequence[Any]], Any]) -> Callable[[Sequence[Any]], Any]:
        async def timed(records: Sequence[Any]) -> None:
            self._spent, began = 0.0, time.perf_counter()
            await take(records)
            took = time.perf_counter() - began
            self.routing += [self._spent * 1_000] * len(records)
            self.rest += [(took - self._spent) * 1_000] * len(records)
            if len(self.rest) >= self.wanted:
                self.ended.set()

        return timed


def unplaced_texts(directory: Directory) -> list[str]:
    """That no rule places."""

    def is_unplaced(text: str) -> bool:
        asked = RoutingInput(text, Kind.COMPLAINT, Channel.WEB, "ar", None, None)
        return directory.routing.route(asked).triage

    pieces = [each.text for each in labelled() if is_unplaced(each.text)]
    return [text for text in texts_of(LETTERS, pieces) if is_unplaced(text)]


async def submit(producer: AIOKafkaProducer, topic: str, texts: Sequence[str], count: int, rate: float) -> None:
    """At fixed times, whether earlier ones were taken or not."""
    chance = random.Random(7)
    began = time.perf_counter()
    for number in range(count):
        id = str(uuid4())
        received = SubmissionReceived.model_validate(
            {
                "submission_id": id,
                "to_state": "received",
                "reference": "00000-00000",
                "received_at": utc_now(),
                "contact_expected": False,
                "kind": "complaint",
                "channel": "web",
                "language": "ar",
                "text": chance.choice(texts),
                "location": {"lat": chance.uniform(SOUTH, NORTH), "lon": chance.uniform(WEST, EAST)},
            }
        )
        entry = outbox_entry(seal(OutgoingEvent(received), id, 1, "/tawasul/intake", utc_now(), Cause(id)))
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        await producer.send(topic, value=entry["value"], key=id.encode(), headers=kafka_headers(entry))


def classifier_of(model: Path) -> Classifier:
    return Classifier(1, read(model.read_bytes()), Thresholds(precision=0.95))


async def main() -> None:
    rate, seconds = float(sys.argv[2]), float(sys.argv[3])
    settings, asked_of = RouterSettings(), Directory.of(1, RoutedCountry.model_validate(Country().directory()))
    client, database = connect(settings.mongo_uri.get_secret_value(), f"routing-{uuid4()}")
    directory = DirectoryInUse(publications_in(database), lambda publication: asyncio.sleep(0))
    directory.current = asked_of
    classifier = ClassifierInUse(models_in(database))
    classifier.current = classifier_of(Path(sys.argv[1]))
    first, count = round(rate * WARM_UP_SECONDS), round(rate * (WARM_UP_SECONDS + seconds))
    watch, assignments, group = Watch(count), Assignments(database), f"routing-{uuid4()}"
    consumer = Consumer(
        database,
        assignments,
        {event: watch.handling(handler) for event, handler in HANDLERS.items()},
        (SUBMISSIONS,),
        group,
        prepare=watch.preparing(prepared(directory, classifier)),
        topic_prefix=settings.topic_prefix,
    )
    await assignments.ensure_indexes()
    await Inbox(database).ensure_indexes()
    await ensure_topics(settings)
    broker, producer = make_broker(settings), make_producer(settings)
    Subscription(broker, settings, "router", (SUBMISSIONS,), group, watch.taking(consumer.take))
    await broker.start()
    await producer.start()
    settle_memory()  # as a service does at its start
    await submit(producer, settings.topic_prefix + SUBMISSIONS.name, unplaced_texts(asked_of), count, rate)
    await asyncio.wait_for(watch.ended.wait(), PATIENCE_SECONDS)
    await broker.stop()
    await producer.stop()
    stored = await assignments.collection.count_documents({})
    scored = await assignments.collection.count_documents({"state.suggested": {"$ne": None}})
    scored += await assignments.collection.count_documents({"state.decided.by": "classifier"})
    await client.close()
    if stored != count:
        raise RuntimeError(f"{stored} stored of {count}")
    routing, rest = sorted(watch.routing[first:]), sorted(watch.rest[first:])
    figures = {f"p{per_cent}": share(routing, per_cent) for per_cent in (50, 99)}
    print(json.dumps(figures | {"rest": share(rest, 99), "submissions": count - first, "scored": scored / count}))


if __name__ == "__main__":
    uvloop.run(main())
