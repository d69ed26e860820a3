"""One run: start everything, load it, break it again and again, let it come to rest, and compare with the ledger."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

from rich.console import Console
from tawasul.demo.country import Country
from tawasul.reconcile import Reconciliation, Refused

from tests.faults.checks import Difference
from tests.faults.checks.everything import differences
from tests.faults.checks.notifications import Expectation
from tests.faults.checks.webhooks import TYPES
from tests.faults.front import Front
from tests.faults.ledger import Ledger
from tests.faults.observed import World, observe
from tests.faults.people import People
from tests.faults.plan import Fault, plan
from tests.faults.quiet import Unrest, look, said, wait_until_quiet
from tests.faults.reconciliation import differences_of, reconciled
from tests.faults.report import Board, so_far
from tests.faults.sabotage import Harm, Sabotage
from tests.faults.stories import Story
from tests.faults.system import Whole, running
from tests.faults.webhook_receiver import Registered
from tests.support.provider import Provider

LAST_WORDS_SECONDS = 20.0
"""How long stories go on once everything is up again: a request without an answer gets one."""
MOST_AT_ONCE_SECONDS = 12.0
"""As many stories go on at once as come in so long: while more would, nobody comes. A machine that cannot do as much is
not buried under people who look again and again, while what was killed waits for its turn to come back."""
READY_SECONDS = 60.0
MOST_READINGS = 3
WITH_AN_ENDPOINT = ("works", "ewa", "capital-municipality")
"""Entities of the sample country that get much of the load."""


@dataclass(frozen=True)
class RunSettings:
    """`rate`: most submissions a second; `seconds`: how long they come; `patience`: until all must be quiet after."""

    kills: int
    seed: int
    rate: float
    seconds: float
    patience: float
    cluster: bool = False

    @property
    def most_at_once(self) -> float:
        """Stories."""
        return self.rate * MOST_AT_ONCE_SECONDS


@dataclass(frozen=True)
class Result:
    world: World
    differences: Sequence[Difference]
    folder: Path
    """Logs, what differs, and the ledger of mails."""
    reconciliation: Reconciliation | None = None


async def run(wanted: RunSettings, console: Console, keep: bool = False) -> Result:
    """Everything that was started is stopped at the end, however it comes. Logs stay where something went wrong."""
    folder = Path(tempfile.mkdtemp(prefix="tawasul-faults-"))
    provider = Provider()
    remove = not keep
    try:
        with Board(console) as board:
            stores = "three brokers, a replica set of three" if wanted.cluster else "Kafka, mongod"
            board.phase(f"starting {stores}, the SMTP server and two replicas of each service")
            async with running(folder, provider.issuer, wanted.cluster) as system:
                faults = plan(wanted.seed, wanted.kills, wanted.seconds, wanted.cluster)
                people = People(Country(), provider)
                result = await Run(wanted, faults, system, partial(Sabotage, system), people, board).live()
        remove = remove and not result.differences
        (folder / "differences.txt").write_text("".join(f"{each}\n" for each in result.differences))
        return result
    except Exception:
        remove = False
        raise
    finally:
        provider.close()
        _tidy(folder, everything=remove, stores=not keep)


def _tidy(folder: Path, everything: bool, stores: bool) -> None:
    for name in ("kafka", "mongod", "cluster") if stores else ():
        shutil.rmtree(folder / name, ignore_errors=True)
    if everything:
        shutil.rmtree(folder, ignore_errors=True)


class Run:
    def __init__(
        self,
        wanted: RunSettings,
        faults: Sequence[Fault],
        system: Whole,
        sabotage: Callable[[Callable[[str], None]], Harm],
        people: People,
        board: Board,
    ) -> None:
        """`sabotage` is made with whom it tells what it does."""
        self.wanted = wanted
        self.system = system
        self.people = people
        self.board = board
        self.stories: set[asyncio.Task[None]] = set()
        self.ledger = Ledger()
        self.front = Front(system.addresses(), Random(f"{wanted.seed}/front"))
        self.sabotage = sabotage(self._tell)
        self.plan = faults
        self._began = time.monotonic()
        self._endpoints: list[Registered] = []
        self._not_ready: list[str] = []
        self._unrest: Unrest | None = None

    async def live(self) -> Result:
        supervision: asyncio.Task[None] | None = None
        try:
            await self._load_country()
            supervision = asyncio.create_task(self.sabotage.watch_over())
            await self._load()
            await self._settle()
        finally:
            if supervision is not None:
                supervision.cancel()
            await self.front.close()
        return await self._check()

    async def _load_country(self) -> None:
        self.board.phase("loading the sample country")
        country, administrator = self.people.country, self.people.administrator()
        await self.front.put("router", "/api/router/v1/directory", country.directory(), administrator)
        rulebook = country.calendars_and_policies()
        await self.front.put("sla-monitor", "/api/sla-monitor/v1/calendars-and-policies", rulebook, administrator)
        await wait_until_quiet(self.system, READY_SECONDS, self.board.doing)
        await self._register_webhooks()

    async def _register_webhooks(self) -> None:
        if (url := self.system.receiver_of_webhooks) is None:
            return
        for entity in WITH_AN_ENDPOINT:
            path = f"/{entity}"
            asked = {"url": url + path, "events": list(TYPES.values()), "entity": entity}
            made = await self.front.post("notifier", "/api/notifier/v1/webhooks", asked, self.people.administrator())
            self._endpoints.append(Registered(made["id"], path, entity, made["secret"], datetime.now(UTC)))

    async def _load(self) -> None:
        """Submissions come at their rate, whatever is broken, as long as not too many wait; then the stories that go on
        get their last answers."""
        wanted = self.wanted
        self.board.phase(f"load and faults, seed {wanted.seed}", wanted.seconds)
        self._began = time.monotonic()
        samples = self.people.country.samples()
        async with asyncio.TaskGroup() as group:
            faults = group.create_task(self.sabotage.carry_out(self.plan))
            async for number in self._arrivals(faults):
                story = Story(wanted.seed, number, self.front, self.people, self.ledger)
                task = group.create_task(story.live(samples[number % len(samples)]))
                self.stories.add(task)
                task.add_done_callback(self.stories.discard)
            self.board.phase("everything is up again, open stories end")
            await self.system.wait_until_ready(READY_SECONDS)
            self.front.close_at = time.monotonic() + LAST_WORDS_SECONDS

    async def _arrivals(self, faults: "asyncio.Task[None]") -> AsyncIterator[int]:
        chance = Random(f"{self.wanted.seed}/arrivals")
        number, at = 0, self._began
        while time.monotonic() - self._began < self.wanted.seconds or not faults.done():
            at = max(at, time.monotonic()) + chance.expovariate(self.wanted.rate)
            await asyncio.sleep(at - time.monotonic())
            if len(self.stories) < self.wanted.most_at_once:
                yield number
                number += 1
            else:
                self.ledger.turned_away += 1
            done = so_far(self.ledger, self.sabotage.finished, len(self.plan))
            self.board.advance(time.monotonic() - self._began, done)

    async def _settle(self) -> None:
        self.board.phase("waiting until nothing is left to do")
        self._unrest = await wait_until_quiet(self.system, self.wanted.patience, self.board.doing)
        self._not_ready = await self.system.wait_until_ready(READY_SECONDS)

    async def _check(self) -> Result:
        world = await self._observe()
        world.disturbances, world.died = self.sabotage.done, self.sabotage.died
        world.rollbacks, world.endpoints = self.sabotage.rollbacks, self._endpoints
        found = [Difference("not ready", name, "") for name in self._not_ready]
        if self._unrest is not None:
            found.append(Difference("not quiet", f"after {self.wanted.patience:.0f} s", str(self._unrest)))
        found += await asyncio.to_thread(lambda: differences(world, Expectation(self.people.country)))
        reconciliation: Reconciliation | None = None
        try:
            reconciliation = await self._reconcile()
        except Refused as error:
            found += differences_of(error)
        if reconciliation is not None:
            found += differences_of(reconciliation)
        return Result(world, found, self.system.folder, reconciliation)

    async def _reconcile(self) -> Reconciliation | None:
        """None where the services cannot be asked."""
        urls = self.system.internal_addresses()
        if not urls:
            return None
        self.board.phase("the services compare what they have of one another")
        return await reconciled(urls, self.people.administrator())

    async def _observe(self) -> World:
        """Everything as it is while nothing is said. A command that its caller has long given up may still be carried
        out, and what is read before and after it belongs to two moments: then all is read again."""
        for reading in range(MOST_READINGS):
            if reading:
                self._tell("something was said while everything was read: it is read again")
                await self._settle()
            self.board.phase("reading everything, comparing it with the ledger")
            before = await said(self.system.stores.bootstrap)
            world = await observe(self.system, self.ledger)
            if await said(self.system.stores.bootstrap) == before and not await look(self.system):
                break
        return world

    def _tell(self, line: str) -> None:
        self.board.tell(f"{time.monotonic() - self._began:6.1f} s  {line}")
