"""How long the desk's lists take, and what is alike: `lists CASES OPEN`, with a router of its own process.

Each list is asked for as an official asks, through the whole endpoint, the access record included; milliseconds.
"""

import json
import random
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import uvloop
from router.app import create_app
from router.cases.store import Assignments
from router.directory.commands import publish
from router.duplicates.likeness import open_ones
from router.settings import RouterSettings
from shared.events.envelope import Cause
from shared.events.model import Location
from shared.reference.likeness import traits
from shared.reference.working_time import utc_now
from shared.serving.server import settle_memory

from tests.benchmarks import cases
from tests.benchmarks.bench import middle, share
from tests.support.desk import A_PERSON, AtTheDesk
from tests.support.router import a_directory, router_settings
from tests.support.serving import serving

TIMES, WARM_UP = 60, 5
Ask = Callable[[], Awaitable[Any]]


async def main() -> None:
    count, still_open = map(int, sys.argv[1:])
    began = time.perf_counter()
    told = RouterSettings()
    stores = SimpleNamespace(kafka_bootstrap=told.kafka_bootstrap, mongo_uri=told.mongo_uri.get_secret_value())
    app = create_app(router_settings(stores, "lists", "lists.", "http://127.0.0.1:9"))
    assignments, now = app.state.assignments, utc_now()
    # Of so many it takes longer than a service that starts is waited for.
    await cases.fill(assignments, stores.mongo_uri, count, still_open, now)
    filled = time.perf_counter() - began
    alike = await _timed(_candidates(assignments, count))
    await app.state.publications.ensure_indexes()
    country = a_directory().country
    await publish(app.state.publications, app.state.items, country, "bench", utc_now(), Cause("bench"), None, None)
    settle_memory()  # as a service does at its start
    async with serving(app):
        took = {name: await _timed(ask) for name, ask in (await _lists(app)).items()}
    print(json.dumps({"lists": took, "alike": alike, "filled_seconds": filled}))


async def _lists(app: Any) -> dict[str, Ask]:
    officer = AtTheDesk(app, "officer.works", "officer", "works")
    central = AtTheDesk(app, "central.triage", "central", "central-office")
    pages = {
        "an officer's inbox": (officer, "/desk"),
        "what is overdue": (officer, "/desk?view=overdue"),
        "what is over": (officer, "/desk?view=finished"),
        "of one category": (officer, "/desk?category=rubbish"),
        "by reference number": (officer, "/desk?reference=0001"),
        "by words": (officer, "/desk?words=street+light"),
        "by two words that are seldom together": (officer, "/desk?words=light+school&view=finished"),
        "by words in Arabic, of all entities": (central, "/desk?words=الشارع+الإنارة"),
        "by words of all entities, over": (central, "/desk?words=street&view=finished"),
        "by a word that nobody wrote": (central, "/desk?words=xylophone+street"),
        "of all entities": (central, "/desk"),
        "of all entities, over": (central, "/desk?view=finished"),
        "open ones, as JSON": (central, "/api/router/v1/assignments"),
    }

    def asking(who: AtTheDesk, path: str) -> Ask:
        async def ask() -> None:
            response = await who.get(path, headers=A_PERSON)
            if response.status_code != 200:
                raise RuntimeError(f"{path}: {response.status_code}")

        return ask

    return {name: asking(who, path) for name, (who, path) in pages.items()}


def _candidates(assignments: Assignments, count: int) -> Ask:
    """New texts and points like those stored."""
    chance, now = random.Random(11), utc_now()
    others = list(cases.cases(range(count, count + 500), count + 500, now - timedelta(days=1)))

    async def ask() -> None:
        submission = chance.choice(others)["state"]["submission"]
        place = Location.model_validate(submission["location"])
        await open_ones(assignments, traits(submission["text"], place, "rubbish", now, {}), now, {})

    return ask


async def _timed(ask: Ask) -> dict[str, float]:
    took: list[float] = []
    for number in range(WARM_UP + TIMES):
        began = time.perf_counter()
        await ask()
        if number >= WARM_UP:
            took.append((time.perf_counter() - began) * 1_000)
    took.sort()
    return {"p50": middle(took), "p95": share(took, 95)}


if __name__ == "__main__":
    uvloop.run(main())
