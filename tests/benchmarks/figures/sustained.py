"""How many submissions a second go the whole way without a backlog that grows, mails included."""

import asyncio
from dataclasses import dataclass
from statistics import fmean

from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.journeys import MAILS, Journeys
from tests.benchmarks.report import Figure, at_least
from tests.benchmarks.stores import run
from tests.benchmarks.system import System, whole_system

STEP_SECONDS = 12.0
LONG_SECONDS = 36.0
"""Of what is said to be sustained in the end: what grows slowly is not seen in a short step."""
LADDER = tuple(round(10 * 1.13**step) for step in range(35))
"""Submissions a second, from 10 to 638, each an eighth more than the one before."""
STRIDE = 3
"""Rates of the ladder that are climbed at once, before the last of these strides is tried rate by rate."""
TRIES = 2
"""Of a short step, on a machine that something else may hold up for a second."""
MOST_SECONDS_OF_WORK = 2.0
MOST_GROWTH_SECONDS = 0.5
"""By how much the backlog may grow from a step's second third to its last, in seconds of arrivals."""
LOOKS = 4
"""At the backlog, in each third."""
STEPS = len(LADDER) // STRIDE + STRIDE + 2
"""As many as there are strides, the rates of one, and those tried for longer in the end."""


@dataclass(frozen=True)
class Step:
    rate: float
    errors: int
    halfway: float
    """Submissions on their way, in the mean of the second third of the time and of the last."""
    backlog: float
    drained_in: float

    @property
    def is_sustained(self) -> bool:
        growth = self.backlog - self.halfway
        keeps_up = growth < self.rate * MOST_GROWTH_SECONDS and self.drained_in < MOST_SECONDS_OF_WORK
        return keeps_up and not self.errors

    def __str__(self) -> str:
        return (
            f"{self.rate:g}/s: {self.halfway:.0f} on their way halfway, {self.backlog:.0f} at the end, "
            f"drained in {self.drained_in:.1f} s"
        )


async def into_sink(bench: Bench) -> list[Figure]:
    bench.step("sustained: starting the four services")
    async with whole_system() as system, system.stores.client() as client:
        best, last = await climb(bench, "sustained", system, Journeys(client))
        bench.step("sustained: the floor, the services idle")
        environment, folder = system.stores.environment, system.stores.folder
        floor = await run("chain", 0, bench.seconds(4, least=0.2), environment=environment, folder=folder)
    return [
        Figure(
            name="whole way sustained, mails into a counting sink",
            value=best,
            unit="/s",
            baseline=floor["per_second"],
            against="a bare chain of three single majority writes and two Kafka hops",
            target=at_least(300),
            note=f"four services, {MAILS} mails each, no address to be confirmed; {last}",
        )
    ]


async def into_server(bench: Bench) -> list[Figure]:
    bench.step("mail: starting the four services")
    async with whole_system() as system, system.stores.client() as client:
        await system.mail_into_server()
        best, last = await climb(bench, "mail", system, Journeys(client))
        bench.step("mail: the floor, the services idle")
        arguments = (system.mail_port, bench.size(2_000))
        floor = await run("mails", *arguments, environment={}, folder=system.stores.folder)
    return [
        Figure(
            name="whole way sustained, all mails delivered to a real SMTP server",
            value=best,
            unit="/s",
            baseline=floor["per_second"] / MAILS,
            against=f"what that server takes from a bare client, {MAILS} mails each",
            target=at_least(60),
            note=f"four services, aiosmtpd writing files; {last}",
        )
    ]


async def climb(bench: Bench, name: str, system: System, journeys: Journeys) -> tuple[float, Step]:
    """The highest rate that is sustained (0 if none is), and the step at the lowest that is not. Rates rise in short
    steps until one is not sustained, first by strides, and fall in long ones until one is."""
    await system.load(rate=10, seconds=bench.seconds(4))
    await journeys.finish()

    async def tried(rate: float, seconds: float, times: int = 1) -> Step:
        bench.step(f"{name}: {rate} submissions a second")
        for _ in range(times):
            step = await _try(system, journeys, rate, bench.seconds(seconds, least=2))
            if step.is_sustained:
                break
        return step

    rates = [bench.size(whole, least=10) for whole in LADDER]
    best, last = -1, None
    for stride in (STRIDE, 1):
        for place in range(best + stride, len(rates), stride):
            if last is not None and rates[place] >= last.rate:
                break
            step = await tried(rates[place], STEP_SECONDS, TRIES)
            if not step.is_sustained:
                last = step
                break
            best = place
    last = last or step
    for rate in reversed(rates[: best + 1]):
        step = await tried(rate, LONG_SECONDS)
        if step.is_sustained:
            return rate, last
        last = step
    return 0.0, last


async def _try(system: System, journeys: Journeys, rate: float, seconds: float) -> Step:
    filing = asyncio.create_task(system.load(rate, seconds))
    looks = []
    for _ in range(3 * LOOKS):
        await asyncio.sleep(seconds / 3 / LOOKS)
        looks.append(await journeys.unfinished())
    filed = await filing
    drained_in = await journeys.finish()
    return Step(rate, filed["errors"], fmean(looks[LOOKS:-LOOKS]), fmean(looks[-LOOKS:]), drained_in)


SUSTAINED = Group(into_sink, steps=2 + STEPS)
MAIL = Group(into_server, steps=2 + STEPS)
