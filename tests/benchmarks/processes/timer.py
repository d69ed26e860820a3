"""The least that lateness can be here: a timer for each moment, then one majority write. `timer RATE SECONDS`."""

import asyncio
import json
import sys
import time

import uvloop
from shared.operations.settings import ServiceSettings
from shared.storage.mongo import connect

from tests.benchmarks.bench import share


async def main() -> None:
    rate, seconds = (float(argument) for argument in sys.argv[1:])
    settings = ServiceSettings()
    client, database = connect(settings.mongo_uri.get_secret_value(), "timer")
    lateness: list[float] = []

    async def fire(due: float) -> None:
        await asyncio.sleep(due - time.perf_counter())
        await database["fired"].insert_one({"due": due})
        lateness.append((time.perf_counter() - due) * 1_000)

    await database["fired"].insert_one({})
    began = time.perf_counter() + 0.5
    await asyncio.gather(*(fire(began + number / rate) for number in range(int(rate * seconds))))
    await client.close()
    lateness.sort()
    print(json.dumps({"p50": share(lateness, 50), "p99": share(lateness, 99)}))


if __name__ == "__main__":
    uvloop.run(main())
