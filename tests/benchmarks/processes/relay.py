"""The relay of intake on what waits in its outbox, as a service runs it: until nothing is pending.

It is warm when it is timed, as intake is: its connections are made by the first tenth of what waits.
"""

import asyncio
import json
import time

import uvloop
from intake.submissions.store import COLLECTION
from shared.messaging.kafka import ensure_topics
from shared.messaging.relay import Relay
from shared.operations.settings import ServiceSettings
from shared.serving.server import settle_memory
from shared.storage.mongo import connect

from tests.support.eventually import eventually

PATIENCE_SECONDS = 120.0
TIMED = 0.9


async def main() -> None:
    settings = ServiceSettings()
    client, database = connect(settings.mongo_uri.get_secret_value(), settings.mongo_database)
    await ensure_topics(settings)
    collection = database[COLLECTION]
    waiting = {"pending": {"$exists": True}}

    async def count() -> int:
        return await collection.count_documents(waiting, hint="pending")

    pending = await count()
    relay = Relay(database, [COLLECTION], settings, "benchmark")
    settle_memory()
    running = asyncio.create_task(relay.run())

    async def is_warm() -> bool:
        return await count() <= pending * TIMED

    async def is_drained() -> bool:
        return await collection.find_one(waiting, {"_id": 1}, hint="pending") is None

    await eventually(is_warm, PATIENCE_SECONDS)
    left, began = await count(), time.perf_counter()
    await eventually(is_drained, PATIENCE_SECONDS)
    took = time.perf_counter() - began
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await client.close()
    print(json.dumps({"documents": pending, "seconds": took, "per_second": left / took}))


if __name__ == "__main__":
    uvloop.run(main())
