"""How long the sweeper's look at its index takes. `due_poll DATABASE…`, each asked in turn; medians in milliseconds."""

import json
import sys
import time
from statistics import median

import uvloop
from shared.operations.settings import ServiceSettings
from shared.reference.working_time import utc_now
from shared.storage.mongo import connect
from sla_monitor.clocks.record import HORIZON
from sla_monitor.clocks.store import Clocks
from sla_monitor.sweeper.worker import MOST_LOADED

POLLS = 300
WARM_UP = 30


async def main() -> None:
    settings = ServiceSettings()
    names = sys.argv[1:]
    took: dict[str, list[float]] = {name: [] for name in names}
    found: dict[str, int] = {}
    databases = {name: connect(settings.mongo_uri.get_secret_value(), name)[1] for name in names}
    polled = {name: Clocks(database) for name, database in databases.items()}
    horizon = utc_now() + HORIZON
    for number in range(WARM_UP + POLLS):
        for name, clocks in polled.items():
            began = time.perf_counter()
            found[name] = len(await clocks.due_by(horizon, MOST_LOADED))
            if number >= WARM_UP:
                took[name].append(time.perf_counter() - began)
    print(json.dumps({name: {"p50": median(took[name]) * 1_000, "found": found[name]} for name in names}))


if __name__ == "__main__":
    uvloop.run(main())
