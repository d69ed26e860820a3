"""The relay of intake on what waits in its outbox, as a service runs it: from its start until nothing is pending."""

import asyncio
import json
import time

import uvloop
from intake.repository import COLLECTION
from shared.kafka import ensure_topics
from shared.mongo import connect
from shared.relay import Relay
from shared.server import settle_memory
from shared.settings import ServiceSettings

from tests.support.eventually import eventually

PATIENCE_SECONDS = 120.0


async def main() -> None:
    settings = ServiceSettings()
    client, database = connect(settings.mongo_uri.get_secret_value(), settings.mongo_database)
    await ensure_topics(settings)
    collection = database[COLLECTION]
    waiting = {"pending": {"$exists": True}}
    pending = await collection.count_documents(waiting, hint="pending")
    relay = Relay(database, [COLLECTION], settings, "benchmark")
    settle_memory()
    began = time.perf_counter()
    running = asyncio.create_task(relay.run())

    async def is_drained() -> bool:
        return await collection.find_one(waiting, {"_id": 1}, hint="pending") is None

    await eventually(is_drained, PATIENCE_SECONDS)
    took = time.perf_counter() - began
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await client.close()
    print(json.dumps({"documents": pending, "seconds": took, "per_second": pending / took}))


if __name__ == "__main__":
    uvloop.run(main())
