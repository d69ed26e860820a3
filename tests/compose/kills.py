"""`docker compose kill` of each container under load, compared with the ledger of `make faults` (tests/faults)."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from joserfc.jwk import RSAKey
from rich.console import Console
from tawasul.demo.country import Country
from tawasul.stack.settings import SERVICES

from tests.compose.findings import Findings
from tests.compose.mailpit import Mailpit
from tests.compose.place import BIND, DOOR, MAILPIT, keycloak
from tests.compose.project import Project, docker
from tests.faults.mail_server import Mail, mails_of
from tests.faults.people import People
from tests.faults.plan import Fault, Kind, kills_alone, replica, service_of
from tests.faults.report import Board, show_differences, sums
from tests.faults.rollback import RolledBack
from tests.faults.run import Run, RunSettings
from tests.faults.webhook_receiver import Hook
from tests.support.eventually import eventually
from tests.support.keycloak import Administration
from tests.support.provider import Signer

LOOK_EVERY_SECONDS = 1.0
PARTS = {
    **{replica(service, 0): service for service in SERVICES},
    "kafka": "kafka",
    "mongod": "mongodb",
    "smtp": "mailpit",
    "door": "door",
    "keycloak": "keycloak",
}
"""By the name that the ledger's run has for it: the service of the compose file."""
WANTED = RunSettings(kills=len(PARTS), seed=2026, rate=5.0, seconds=90.0, patience=240.0)
FEWEST_PER_SECOND = 1.0


class Kills:
    """`docker compose kill`, and a start as the restart policy would do it after a fall of the container's own."""

    def __init__(self, project: Project, tell: Callable[[str], None]) -> None:
        self.done: Counter[tuple[Kind, str]] = Counter()
        self.finished = 0
        self.died: list[str] = []
        self.rollbacks: list[RolledBack] = []
        self._project = project
        self._tell = tell
        self._ids = {service: found["Id"] for service, found in project.containers().items()}

    async def carry_out(self, plan: Sequence[Fault]) -> None:
        began = time.monotonic()
        for fault in plan:
            await asyncio.sleep(max(0.0, began + fault.at - time.monotonic()))
            service = PARTS[fault.target]
            self._tell(f"docker compose kill {service}, up again after {fault.lasts:.1f} s")
            await asyncio.to_thread(self._project.compose, "kill", service)
            self.done[fault.kind, service_of(fault.target)] += 1
            await asyncio.sleep(fault.lasts)
            await asyncio.to_thread(docker, "start", self._ids[service])
            self.finished += 1

    async def watch_over(self) -> None:
        """The engine does: what falls by itself it starts again, and counts."""
        await asyncio.Event().wait()


@dataclass(frozen=True)
class Stores:
    bootstrap: str
    uri: str


class Composed:
    """The project as the ledger's run sees it (tests.faults.system.Whole)."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.folder = folder
        password = project.secret("mongodb_root_password")
        self.stores = Stores(f"{BIND}:19092", f"mongodb://root:{password}@{BIND}:27018/?directConnection=true")
        self._project = project

    def addresses(self) -> dict[str, list[str]]:
        """There is one door."""
        return {service: [DOOR] for service in SERVICES}

    def internal_addresses(self) -> dict[str, str]:
        """The door lets nobody through to them."""
        return {}

    def logs_of_services(self) -> dict[str, Path]:
        files = {}
        for service in SERVICES:
            name = replica(service, 0)
            files[name] = self.folder / f"{name}.log"
            files[name].write_text(self._project.compose("logs", "--no-log-prefix", "--no-color", service))
        return files

    def mails(self) -> list[Mail]:
        return [mail for content, recipients in Mailpit(MAILPIT).fetch() for mail in mails_of(content, recipients)]

    receiver_of_webhooks: str | None = None
    """None of its containers is one."""

    def hooks(self) -> list[Hook]:
        return []

    async def wait_until_ready(self, patience: float) -> list[str]:
        waiting = [*PARTS]

        async def is_ready() -> bool:
            waiting[:] = await asyncio.to_thread(self._unhealthy)
            return not waiting

        with contextlib.suppress(TimeoutError):
            await eventually(is_ready, patience, LOOK_EVERY_SECONDS)
        return waiting

    def _unhealthy(self) -> list[str]:
        containers = self._project.containers()
        return [
            name
            for name, service in PARTS.items()
            if containers[service]["State"].get("Health", {}).get("Status") != "healthy"
        ]

    def fell_by_themselves(self) -> list[str]:
        return [name for name, found in self._project.containers().items() if found["RestartCount"]]


async def check(project: Project, folder: Path, console: Console, findings: Findings) -> None:
    people = People(Country(), await a_signer(keycloak(project)))
    system = Composed(project, folder)
    with Board(console) as board:
        faults = kills_alone(WANTED.seed, list(PARTS), WANTED.seconds)
        result = await Run(WANTED, faults, system, partial(Kills, project), people, board).live()
    console.print(sums(result.world))
    show_differences(console, result.differences)
    world = result.world
    acknowledged = world.ledger.acknowledged
    findings.expect(
        acknowledged >= FEWEST_PER_SECOND * WANTED.seconds, f"{acknowledged} submissions acknowledged under load"
    )
    killed = sum(world.disturbances.values())
    findings.expect(killed == len(PARTS), f"{killed} kills: {', '.join(PARTS.values())}")
    count = len(result.differences)
    findings.expect(
        not result.differences, "nothing lost, nothing twice", f"{count} differences, see above; logs in {folder}"
    )
    fell = system.fell_by_themselves()
    findings.expect(not fell, "no container fell by itself", ", ".join(fell))


async def a_signer(administration: Administration) -> Signer:
    """The realm also publishes a key of ours: a load has more people than anybody signs in by hand."""
    key = RSAKey.generate_key(2048)
    pem = key.as_pem(private=True).decode()
    component = {
        "name": "load",
        "providerId": "rsa",
        "providerType": "org.keycloak.keys.KeyProvider",
        "config": {
            "priority": ["1"],
            "enabled": ["true"],
            "active": ["true"],
            "algorithm": ["RS256"],
            "privateKey": [pem],
        },
    }
    before = await _kids(administration)
    await administration.administer("POST", "/components", component)
    (kid,) = await _kids(administration) - before
    return Signer(administration.issuer, key, {"alg": "RS256", "kid": kid})


async def _kids(administration: Administration) -> set[str]:
    return {each["kid"] for each in (await administration.administer("GET", "/keys")).json()["keys"]}
