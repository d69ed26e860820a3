"""The bare way of a submission: three majority writes and two Kafka hops, no logic. `chain RATE SECONDS`.

What the stores cost by themselves, in milliseconds from the first write to the last; with a rate of 0, how many a
second get through when all begin at once (of `SECONDS` thousand).
"""

import asyncio
import json
import sys
import time
from typing import Any
from uuid import uuid4

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pymongo.asynchronous.database import AsyncDatabase
from shared.events.topics import ASSIGNMENTS, SUBMISSIONS
from shared.messaging.kafka import connection_options, ensure_topics, make_producer
from shared.operations.settings import ServiceSettings
from shared.storage.mongo import connect

from tests.benchmarks.bench import share

PAYLOAD = "x" * 900
AT_ONCE = 64
PATIENCE_SECONDS = 60.0


class Chain:
    def __init__(self, settings: ServiceSettings, database: AsyncDatabase[dict[str, Any]], wanted: int) -> None:
        self.settings = settings
        self.database = database
        self.wanted = wanted
        self.producer: AIOKafkaProducer = make_producer(settings)
        self.began: dict[str, float] = {}
        self.took: list[float] = []
        self.all_through = asyncio.Event()
        self.room = asyncio.Semaphore(AT_ONCE)

    async def file(self, due: float) -> None:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        id = str(uuid4())
        self.began[id] = due
        async with self.room:
            await self.step("first", id, SUBMISSIONS.name)

    async def step(self, collection: str, id: str, next_topic: str | None) -> None:
        await self.database[collection].insert_one({"_id": id, "payload": PAYLOAD})
        if next_topic:
            await self.producer.send_and_wait(self.settings.topic_prefix + next_topic, PAYLOAD.encode(), id.encode())
            return
        self.took.append((time.perf_counter() - self.began[id]) * 1_000)
        if len(self.took) == self.wanted:
            self.all_through.set()

    async def hop(self, topic: str, collection: str, next_topic: str | None, joined: asyncio.Event) -> None:
        """Take from `topic` until cancelled. `joined` is set once partitions are assigned."""
        options = connection_options(self.settings) | {"group_id": f"chain-{collection}"}
        name = self.settings.topic_prefix + topic
        consumer = AIOKafkaConsumer(name, **options, enable_auto_commit=False, auto_offset_reset="earliest")
        await consumer.start()  # returns when partitions are assigned
        joined.set()
        try:
            while True:
                batches = await consumer.getmany(timeout_ms=1_000)
                records = [record for batch in batches.values() for record in batch]
                await asyncio.gather(*(self.step(collection, record.key.decode(), next_topic) for record in records))
                await consumer.commit()
        finally:
            await consumer.stop()


async def main() -> None:
    rate, seconds = (float(argument) for argument in sys.argv[1:])
    settings = ServiceSettings(topic_prefix=f"chain-{uuid4()}.")
    wanted = int(seconds * (rate or 1_000))
    client, database = connect(settings.mongo_uri.get_secret_value(), f"chain-{uuid4()}")
    await ensure_topics(settings)
    chain = Chain(settings, database, wanted)
    await chain.producer.start()
    joined = [asyncio.Event(), asyncio.Event()]
    hops = [
        asyncio.create_task(chain.hop(SUBMISSIONS.name, "second", ASSIGNMENTS.name, joined[0])),
        asyncio.create_task(chain.hop(ASSIGNMENTS.name, "third", None, joined[1])),
    ]
    await asyncio.wait_for(asyncio.gather(*(each.wait() for each in joined)), PATIENCE_SECONDS)
    began = time.perf_counter()
    filings = [asyncio.create_task(chain.file(began + number / rate if rate else began)) for number in range(wanted)]
    await asyncio.wait_for(asyncio.gather(chain.all_through.wait(), *filings), seconds + PATIENCE_SECONDS)
    through = time.perf_counter() - began
    for hop in hops:
        hop.cancel()
    await asyncio.gather(*hops, return_exceptions=True)
    await chain.producer.stop()
    await client.close()
    took = sorted(chain.took)
    print(json.dumps({"per_second": wanted / through, "p50": share(took, 50), "p99": share(took, 99)}))


if __name__ == "__main__":
    uvloop.run(main())
