"""Sees breaches become durable, from outside: `breaches COUNT`, in milliseconds from due to seen.

A change stream tells only what a majority has, so what is seen is durable; its own delay counts as lateness too.
"""

import asyncio
import json
import sys
from datetime import UTC

import uvloop
from shared.operations.settings import ServiceSettings
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Document
from shared.storage.mongo import connect
from sla_monitor.clocks.store import CLOCKS

from tests.benchmarks.bench import share
from tests.benchmarks.journeys import set_by_update

PATIENCE_SECONDS = 180.0
DECLARATIONS: Document = {"$ifNull": [set_by_update("declarations"), []]}


async def main() -> None:
    wanted = int(sys.argv[1])
    settings = ServiceSettings()
    client, database = connect(settings.mongo_uri.get_secret_value(), "tawasul_sla_monitor")
    pipeline: list[Document] = [
        {"$match": {"operationType": "update"}},
        {"$project": {"made": {"$filter": {"input": DECLARATIONS, "cond": {"$eq": ["$$this.rung", "breach"]}}}}},
        {"$match": {"made": {"$ne": []}}},
        {"$project": {"made": {"$last": "$made"}}},
    ]
    lateness: list[float] = []
    early = 0
    async with asyncio.timeout(PATIENCE_SECONDS), await database[CLOCKS].watch(pipeline) as stream:
        async for change in stream:
            seen, made = utc_now(), change["made"]
            at = made["at"].astimezone(UTC)
            early += made["declared_at"].astimezone(UTC) < at or seen < at
            lateness.append((seen - at).total_seconds() * 1_000)
            if len(lateness) == wanted:
                break
    await client.close()
    lateness.sort()
    print(
        json.dumps(
            {
                "fired": len(lateness),
                "early": early,
                "p50": share(lateness, 50),
                "p99": share(lateness, 99),
                "longest": lateness[-1],
            }
        )
    )


if __name__ == "__main__":
    uvloop.run(main())
