"""The whole system as processes of this machine: Kafka, mongod, an SMTP server, and two replicas of each service."""

import asyncio
import base64
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Protocol

import httpx2
from shared.privacy.contacts import new_key
from tawasul.stack.ports import Port, free_port
from tawasul.stack.running import Running
from tawasul.stack.services import Service
from tawasul.stack.settings import SERVICES

from tests.faults.mail_server import Mail, MailServer, read_mails
from tests.faults.plan import CLAIM_SECONDS, REPLICAS, SESSION_TIMEOUT_SECONDS, replica
from tests.faults.stores import Alone, Stores, Three
from tests.faults.webhook_receiver import Hook, WebhookReceiver, read_hooks

GRACE_SECONDS = 15.0
LOOK_EVERY_SECONDS = 0.3


class WhereStoresAre(Protocol):
    @property
    def bootstrap(self) -> str: ...
    @property
    def uri(self) -> str: ...


class Whole(Protocol):
    """The whole system as a run sees it, whatever its parts are made of."""

    @property
    def folder(self) -> Path: ...
    @property
    def stores(self) -> WhereStoresAre: ...
    def addresses(self) -> dict[str, list[str]]: ...
    def internal_addresses(self) -> dict[str, str]:
        """Addresses of one process of each service, past the gateway; empty where none can be reached."""
        ...

    def logs_of_services(self) -> dict[str, Path]: ...
    def mails(self) -> list[Mail]: ...
    def hooks(self) -> list[Hook]: ...
    @property
    def receiver_of_webhooks(self) -> str | None:
        """Its address; None where nobody takes any."""

    async def wait_until_ready(self, patience: float) -> list[str]: ...


class Replica(Service):
    """One of the processes of a service, under its own ordinal and port."""

    def __init__(self, service: str, ordinal: int, environment: Mapping[str, str]) -> None:
        port = Port(replica(service, ordinal), free_port())
        super().__init__(service, port, {**environment, "TAWASUL_ORDINAL": str(ordinal)})
        self.address = f"http://127.0.0.1:{port.number}"

    async def metrics(self) -> str:
        """In Prometheus' text form; empty where it does not answer."""
        async with httpx2.AsyncClient(timeout=5) as http:
            try:
                return (await http.get(f"{self.address}/metrics")).text
            except httpx2.HTTPError:
                return ""


class System:
    """`parts` by name: kafka, mongod (`kafka-1` … in a cluster), smtp, webhooks, and each replica as `router-1`."""

    def __init__(self, folder: Path, issuer: str, cluster: bool = False) -> None:
        self.folder = folder
        self.stores: Stores = Three(folder) if cluster else Alone(folder)
        self._mails, self._hooks = folder / "mails.jsonl", folder / "hooks.jsonl"
        smtp_port = free_port()
        self._receiver = WebhookReceiver(free_port(), self._hooks)
        self.receiver_of_webhooks: str | None = self._receiver.url
        environment = self._environment(issuer, smtp_port)
        self.replicas = {
            replica(service, ordinal): Replica(service, ordinal, environment)
            for service in SERVICES
            for ordinal in REPLICAS
        }
        self.parts: dict[str, Running] = {
            **self.stores.parts,
            "smtp": Running(MailServer(smtp_port, self._mails), folder / "smtp.log"),
            "webhooks": Running(self._receiver, folder / "webhooks.log"),
            **{name: Running(part, self.log_of(name)) for name, part in self.replicas.items()},
        }

    def log_of(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def logs_of_services(self) -> dict[str, Path]:
        return {name: self.log_of(name) for name in self.replicas}

    def mails(self) -> list[Mail]:
        return read_mails(self._mails)

    def hooks(self) -> list[Hook]:
        return read_hooks(self._hooks)

    def addresses(self) -> dict[str, list[str]]:
        """Addresses of each service's replicas."""
        return {
            service: [self.replicas[replica(service, ordinal)].address for ordinal in REPLICAS] for service in SERVICES
        }

    def internal_addresses(self) -> dict[str, str]:
        return {service: addresses[0] for service, addresses in self.addresses().items()}

    def _environment(self, issuer: str, smtp_port: int) -> dict[str, str]:
        """Retries and claims are short, so that what a fault left behind is taken up while we look."""
        return {
            "TAWASUL_KAFKA_BOOTSTRAP": self.stores.bootstrap,
            "TAWASUL_KAFKA_SESSION_TIMEOUT_SECONDS": str(SESSION_TIMEOUT_SECONDS),
            "TAWASUL_KAFKA_REPLICATION": str(self.stores.copies),
            "TAWASUL_MONGO_URI": self.stores.uri,
            "TAWASUL_OIDC_ISSUER": issuer,
            # Its citizens read no mail, and whether each is told once shall not depend on a button they would press.
            "TAWASUL_CONFIRM_CONTACTS": "off",
            "TAWASUL_RATE_LIMITS": "off",
            "TAWASUL_QUIET_HOURS": "off",
            "TAWASUL_BURST_SECONDS": "2",  # long enough for some of its stories
            "TAWASUL_DAILY_LIMIT": "0",
            "TAWASUL_CONTACT_KEYS": new_key(),
            "TAWASUL_TRACKING_KEYS": "1:" + base64.urlsafe_b64encode(b"faults" * 6).decode(),
            "TAWASUL_SMTP_HOST": "127.0.0.1",
            "TAWASUL_SMTP_PORT": str(smtp_port),
            "TAWASUL_SMTP_TLS": "none",
            "TAWASUL_SMTP_TIMEOUT_SECONDS": "5",
            "TAWASUL_CLAIM_SECONDS": str(CLAIM_SECONDS),
            "TAWASUL_RETRY_FIRST_SECONDS": "1",
            "TAWASUL_RETRY_LONGEST_SECONDS": "4",
            "TAWASUL_WEBHOOK_RETRY_LONGEST_SECONDS": "4",
            "TAWASUL_WEBHOOK_TIMEOUT_SECONDS": "5",
            # What is lost shall be seen, and not be taken again before anybody looks.
            "TAWASUL_REPLAY_DIFFERENCES_AFTER_SECONDS": "0",
            "TAWASUL_OUTSIDE_ALLOWED_NETWORKS": "127.0.0.0/8",
        }

    async def start(self) -> None:
        """Raises CannotStart."""
        for part in self.parts.values():
            await part.launch()
        await asyncio.gather(*(part.become_ready() for part in self.parts.values()))

    async def hit(self, target: str) -> Running:
        """The process behind a target of the plan."""
        return await self.stores.leading(target) if target in ("kafka", "mongod") else self.parts[target]

    async def wait_until_ready(self, patience: float) -> list[str]:
        """The names of those that are not ready when patience (seconds) has run out."""
        waiting = dict(self.parts)
        deadline = time.monotonic() + patience
        while waiting and time.monotonic() < deadline:
            for name, part in list(waiting.items()):
                if part.is_running and await part.component.is_ready():
                    del waiting[name]
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        return list(waiting)

    async def stop(self) -> None:
        """Services first and together, so that none waits for a store that is gone."""
        await asyncio.gather(*(self.parts[name].stop(GRACE_SECONDS) for name in self.replicas))
        stores = [part for name, part in self.parts.items() if name not in self.replicas]
        await asyncio.gather(*(part.stop(GRACE_SECONDS) for part in stores))


@contextlib.asynccontextmanager
async def running(folder: Path, issuer: str, cluster: bool = False) -> AsyncIterator[System]:
    system = System(folder, issuer, cluster)
    try:
        await system.start()
        yield system
    finally:
        await system.stop()
