"""The demonstration as a whole: load, file, follow, answer, and tell how it went."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass

import httpx2
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tawasul.demo.country import Country, Reply
from tawasul.demo.government import Government
from tawasul.demo.journey import BEFORE_THE_ANSWER, SPEAKS_FOR_OTHERS, Journey, Step, Traveller
from tawasul.demo.post import Post
from tawasul.reconcile import Reconciliation
from tawasul.sign_in import Bearers
from tawasul.stack.settings import StackSettings

AT_ONCE = 8
PATIENCE = 60.0
"""Seconds for one sample's whole way; it takes well under one."""


@dataclass
class Outcome:
    journeys: list[Journey]
    addresses: Mapping[str, set[str]]
    reasons: Mapping[str, str]
    """Why each went where it went, by reference number."""
    reconciliation: Reconciliation | None = None

    @property
    def is_well(self) -> bool:
        """All arrived; and where the services were compared, none lacks anything of another and none set aside."""
        return not self.failures and (self.reconciliation is None or self.reconciliation.is_green)

    @property
    def failures(self) -> list[tuple[Journey, str]]:
        looked_at = ((journey, journey.stopped(self.addresses)) for journey in self.journeys)
        return [(journey, where) for journey, where in looked_at if where is not None]


async def demonstrate(
    settings: StackSettings, console: Console, country: Country, patience: float = PATIENCE
) -> Outcome:
    async with httpx2.AsyncClient(base_url=settings.door_url, timeout=30) as http:
        government = Government(http, Bearers(settings.issuer), country)
        with console.status("loading the sample country …"):
            await government.load_country()
        return await travel(http, government, Post(settings.mail), console, country, patience)


async def travel(
    http: httpx2.AsyncClient,
    government: Government,
    post: Post,
    console: Console,
    country: Country,
    patience: float = PATIENCE,
) -> Outcome:
    """All samples through the door that `http` leads to, in a country that is loaded."""
    journeys, expected = [Journey(sample) for sample in country.samples()], dict[str, str]()
    traveller = Traveller(http, post, country.addresses())
    with Boards(console, journeys, country.addresses()) as boards:
        async with _meanwhile(post.watch(), government.triage_as_expected(expected)):
            await _arrive(journeys, traveller, government, expected, boards, patience)
            # Before anything is answered: what is over stands on another list.
            reasons = {item["reference"]: _why(item) for item in await government.assignments()}
            await _be_answered(journeys, traveller, government, boards, patience)
    return Outcome(journeys, country.addresses(), reasons)


async def _arrive(
    journeys: Sequence[Journey],
    traveller: Traveller,
    government: Government,
    expected: dict[str, str],
    boards: "Boards",
    patience: float,
) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(journey: Journey) -> None:
        async with gate:
            for_others = journey.sample.channel in SPEAKS_FOR_OTHERS
            await traveller.file(journey, await government.clerk_headers() if for_others else {})
            expected[journey.reference] = journey.sample.expect
            await traveller.follow(journey, patience, boards.draw)

    await asyncio.gather(*(one(journey) for journey in journeys))
    boards.draw()


async def _be_answered(
    journeys: Sequence[Journey], traveller: Traveller, government: Government, boards: "Boards", patience: float
) -> None:
    """Afterwards, so that what is timed is the same whether officials work or not."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(journey: Journey, reply: Reply) -> None:
        async with gate:
            journey.trouble = await government.answer(journey.id, journey.sample.expect, reply)
            if await traveller.follow(journey, patience, boards.draw, {Step.ANSWERED}) and reply.rated is not None:
                await traveller.rate(journey, reply.rated)

    arrived = [each for each in journeys if each.stopped(traveller.addresses, BEFORE_THE_ANSWER) is None]
    await asyncio.gather(*(one(each, each.sample.answer) for each in arrived if each.sample.answer))
    boards.draw()


@contextlib.asynccontextmanager
async def _meanwhile(*work: Awaitable[None]) -> AsyncIterator[None]:
    """Work that goes on beside; its failure ends what it goes on beside."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_as_coroutine(each)) for each in work]
        yield
        for task in tasks:
            task.cancel()


async def _as_coroutine(work: Awaitable[None]) -> None:
    await work


def _why(item: Mapping[str, object]) -> str:
    by, reason = item.get("decided_by"), item.get("reason")
    return " · ".join(str(part) for part in (by, reason) if part)


class Boards:
    """A progress bar for each step of the way."""

    def __init__(self, console: Console, journeys: Sequence[Journey], addresses: Mapping[str, set[str]]) -> None:
        self._journeys = journeys
        self._addresses = addresses
        columns = (TextColumn("{task.description:36}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console)
        totals = Counter(step for journey in journeys for step in journey.steps(addresses))
        self._tasks = {step: self._progress.add_task(step.value, total=totals[step]) for step in Step}

    def __enter__(self) -> "Boards":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def draw(self) -> None:
        done = [step for journey in self._journeys for step, true in journey.steps(self._addresses).items() if true]
        for step, task in self._tasks.items():
            self._progress.update(task, completed=done.count(step))
