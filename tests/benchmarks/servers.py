"""Processes that stay while something is measured against them."""

import contextlib
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from shared.privacy.contacts import new_key
from tawasul.stack.component import Component
from tawasul.stack.mailbox import Mailbox
from tawasul.stack.ports import Port, free_port, listens
from tawasul.stack.running import Running
from tawasul.stack.services import Service

from tests.benchmarks.stores import Environment

KEYS = {
    "TAWASUL_CONTACT_KEYS": new_key(),
    "TAWASUL_CONFIRM_CONTACTS": "off",  # nobody reads the mails, and a submission is told in three of them
    "TAWASUL_RATE_LIMITS": "off",  # everything comes from one address
    "TAWASUL_QUIET_HOURS": "off",
    "TAWASUL_BURST_SECONDS": "0",  # each mail is timed by itself
    "TAWASUL_DAILY_LIMIT": "0",  # a few officials are told of everything
    "TAWASUL_TRACKING_KEYS": "1:a2V5LW9mLXRoZS1iZW5jaG1hcmtzLTMyLWJ5dGVzISE",
}


def service(name: str, environment: Environment) -> Service:
    """A real one, with all its workers."""
    return Service(name, Port(name, free_port()), environment)


class Variant(Service):
    """A service with something exchanged: `tests.benchmarks.processes.<name>`."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Environment) -> None:
        super().__init__(name, Port(name, free_port()), environment)
        self._arguments = arguments

    def command(self) -> list[str]:
        return [sys.executable, "-m", f"tests.benchmarks.processes.{self.name}", *self._arguments]


class MailSink:
    """Answers as an SMTP server does, counts, and keeps nothing."""

    name = "mail_sink"
    needs: tuple[str, ...] = ()
    patience = 20.0
    advice = "see its log"

    def __init__(self, port: int) -> None:
        self.ports = (Port("mail_sink", port),)

    def prepare(self) -> None:
        pass

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.benchmarks.processes.mail_sink", str(self.ports[0].number)]

    def environment(self) -> dict[str, str]:
        return {}

    async def is_ready(self) -> bool:
        return await listens(self.ports[0].number)


class Collector:
    """Takes spans, and keeps none."""

    name = "collector"
    needs: tuple[str, ...] = ()
    patience = 20.0
    advice = "see its log"

    def __init__(self) -> None:
        self.ports = (Port("collector", free_port()),)

    def prepare(self) -> None:
        pass

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.benchmarks.processes.collector", str(self.ports[0].number)]

    def environment(self) -> dict[str, str]:
        return {}

    async def is_ready(self) -> bool:
        return await listens(self.ports[0].number)


def mail_server(port: int, folder: Path) -> Mailbox:
    """The real one of the local stack, which keeps each mail as a file."""
    return Mailbox(Port("mailbox", port), folder)


@contextlib.asynccontextmanager
async def running(component: Component, folder: Path) -> AsyncIterator[str]:
    """Started and ready; its address."""
    process = Running(component, folder / f"{component.name}.log")
    try:
        await process.start()
        yield f"http://127.0.0.1:{component.ports[0].number}"
    finally:
        await process.stop(5.0)
