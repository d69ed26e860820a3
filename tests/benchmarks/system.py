"""The four services as real processes, with the sample country loaded and mail going where a figure wants it."""

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
from shared.events.model import Role
from tawasul.demo.country import Country
from tawasul.stack.component import Component
from tawasul.stack.ports import free_port
from tawasul.stack.running import Running
from tawasul.stack.settings import SERVICES

from tests.benchmarks.bodies import write_bodies
from tests.benchmarks.servers import KEYS, MailSink, mail_server, service
from tests.benchmarks.stores import Stores, fresh_stores, run
from tests.support.provider import Provider

SUBMISSIONS = "/api/intake/v1/submissions"


@dataclass
class System:
    stores: Stores
    addresses: dict[str, str]
    mail_port: int
    administrator: dict[str, str]
    mail: Running | None = field(default=None)

    @property
    def filed_at(self) -> str:
        return self.addresses["intake"] + SUBMISSIONS

    async def load(self, rate: float, seconds: float) -> dict[str, Any]:
        """File at this rate, from a process of its own; what it says."""
        bodies = write_bodies(self.stores.folder / "bodies")
        arguments = (self.filed_at, bodies, seconds, "--rate", rate)
        answer: dict[str, Any] = await run("load", *arguments, environment={}, folder=self.stores.folder)
        return answer

    async def publish_rules(self, rules: Any) -> None:
        """Calendars and policies, as the administrator does."""
        content = json.dumps(rules, ensure_ascii=False, default=str).encode()
        await self._put("sla-monitor", "calendars-and-policies", content)

    async def _put(self, service: str, what: str, content: bytes) -> None:
        headers = self.administrator | {"Content-Type": "application/json"}
        async with httpx2.AsyncClient(timeout=30) as http:
            url = f"{self.addresses[service]}/api/{service}/v1/{what}"
            answer = await http.put(url, content=content, headers=headers)
        if not answer.is_success:
            raise RuntimeError(f"{what} were refused: {answer.status_code} {answer.text[:300]}")

    async def load_country(self) -> None:
        country = Country()
        directory = json.dumps(country.directory(), ensure_ascii=False, default=str).encode()
        await self._put("router", "directory", directory)
        await self.publish_rules(country.calendars_and_policies())

    async def mail_into_sink(self) -> None:
        await self._mail(MailSink(self.mail_port))

    async def mail_into_server(self) -> None:
        """The local stack's real SMTP server, which keeps every mail as a file."""
        await self._mail(mail_server(self.mail_port, self.stores.folder / "mail"))

    async def _mail(self, component: Component) -> None:
        if self.mail is not None:
            await self.mail.stop(5.0)
        self.mail = Running(component, self.stores.folder / f"{component.name}.log")
        await self.mail.start()


@contextlib.asynccontextmanager
async def whole_system(prepared: Callable[[Stores], Awaitable[None]] | None = None) -> AsyncIterator[System]:
    """Mail goes into the counting sink at first. What is `prepared` is in the stores before a service starts."""
    provider = Provider()
    try:
        async with fresh_stores() as stores, contextlib.AsyncExitStack() as started:
            if prepared is not None:
                await prepared(stores)
            administrator = provider.authorization("administrator", Role.ADMINISTRATOR)
            system = System(stores, {}, free_port(), administrator)
            await system.mail_into_sink()
            assert system.mail is not None
            environment = stores.environment | KEYS
            environment |= {"TAWASUL_OIDC_ISSUER": provider.issuer, "TAWASUL_SMTP_PORT": str(system.mail_port)}
            processes = []
            for name in SERVICES:
                component = service(name, environment)
                process = Running(component, stores.folder / f"{name}.log")
                await process.launch()
                started.push_async_callback(process.kill)
                processes.append(process)
                system.addresses[name] = f"http://127.0.0.1:{component.ports[0].number}"
            for process in processes:
                await process.become_ready()
            await system.load_country()
            yield system
            await system.mail.stop(5.0)
    finally:
        provider.close()
