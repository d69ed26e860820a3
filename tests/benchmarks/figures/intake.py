"""Acknowledgements a second, through the whole endpoint: group commit against a transaction per request.

One process of Python uses one core, so two cores are loaded with one process of intake and with two. Peak rates are
compared: each side is taken with the processes and connections that suit it best.
"""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.benchmarks.bench import Bench, Group, middle
from tests.benchmarks.bodies import write_bodies
from tests.benchmarks.report import Figure, at_least
from tests.benchmarks.servers import KEYS, Variant, running
from tests.benchmarks.stores import fresh_stores, run

ROUNDS = 5
SECONDS = 4.0
SUBMISSIONS = "/api/intake/v1/submissions"
WAYS = ("transactions", "commits")


@dataclass
class Setting:
    way: str
    processes: int
    connections: int
    answers: list[dict[str, float]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return middle([answer["per_second"] for answer in self.answers])

    @property
    def p99(self) -> float:
        return middle([answer["p99"] for answer in self.answers])

    def __str__(self) -> str:
        number = "one process" if self.processes == 1 else f"{self.processes} processes"
        return f"{number}, {self.connections} connections, p99 {self.p99:.0f} ms"


CONNECTIONS = {1: (64, 256), 2: (128, 512)}
"""By how many processes: some that are busy, and a rush. What is in flight decides how much a write takes along."""


async def measure(bench: Bench) -> list[Figure]:
    settings = [
        Setting(way, processes, connections)
        for processes, numbers in CONNECTIONS.items()
        for connections in numbers
        for way in WAYS
    ]
    async with fresh_stores() as stores, contextlib.AsyncExitStack() as started:
        bodies = write_bodies(stores.folder / "bodies")
        addresses: dict[str, list[str]] = {}

        async def load(setting: Setting, seconds: float) -> dict[str, float]:
            urls = ",".join(address + SUBMISSIONS for address in addresses[setting.way][: setting.processes])
            arguments = (urls, bodies, seconds, "--connections", setting.connections)
            answer: dict[str, float] = await run("load", *arguments, environment={}, folder=stores.folder)
            if answer["errors"]:
                raise RuntimeError(f"{setting.way}: {answer['errors']} were not acknowledged")
            return answer

        for way in WAYS:
            own = {"TAWASUL_MONGO_DATABASE": f"intake_{way}", "TAWASUL_TOPIC_PREFIX": f"{way}."}
            addresses[way] = []
            for ordinal in range(max(CONNECTIONS)):
                environment = stores.environment | KEYS | own | {"TAWASUL_ORDINAL": str(ordinal)}
                variant = Variant("intake", [way], environment)
                addresses[way].append(await started.enter_async_context(running(variant, stores.folder)))
        for way in WAYS:
            bench.step(f"intake: warming up {way}")
            await load(Setting(way, max(CONNECTIONS), 64), bench.seconds(2))
        for number in range(ROUNDS):
            for setting in settings:
                bench.step(f"intake: {setting.way}, {_of(setting)}, round {number + 1}")
                setting.answers.append(await load(setting, bench.seconds(SECONDS)))
    alone = [setting for setting in settings if setting.processes == 1]
    against = "a two-document transaction for each request"
    return [
        _figure("intake acknowledgements, whole endpoint, relay stopped on both sides", settings, against, bar=5),
        _figure("the same, one process of intake on both sides", alone, against),
    ]


def _of(setting: Setting) -> str:
    return f"{setting.processes} × {setting.connections // setting.processes} connections"


def _figure(name: str, settings: Iterable[Setting], against: str, bar: float | None = None) -> Figure:
    baseline, value = (max((s for s in settings if s.way == way), key=lambda setting: setting.rate) for way in WAYS)
    return Figure(
        name=name,
        value=value.rate,
        unit="/s",
        baseline=baseline.rate,
        against=against,
        bar=at_least(bar) if bar else None,
        note=f"median of {ROUNDS} rounds, each side as suits it best; {value} against {baseline}",
    )


GROUP = Group(measure, steps=len(WAYS) * (1 + ROUNDS * sum(map(len, CONNECTIONS.values()))))
