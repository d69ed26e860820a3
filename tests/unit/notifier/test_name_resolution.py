"""A name that a stranger gave may be as slow as it likes: it keeps nobody else's waiting."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event

import pytest
from notifier.channels import NotTried
from notifier.outbound.name_resolution import Found, NameResolver

from tests.support.eventually import eventually

ADDRESS = "93.184.216.34"


class Servers:
    """Answer for every name at once; for `slow.example` when they may."""

    def __init__(self) -> None:
        self.may_answer = Event()
        self.asked: list[str] = []

    def look_up(self, host: str, port: int) -> Found:
        self.asked.append(host)
        if host == "slow.example":
            self.may_answer.wait()
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ADDRESS, port))]


@contextmanager
def slow_servers() -> Iterator[Servers]:
    servers = Servers()
    try:
        yield servers
    finally:
        servers.may_answer.set()


async def test_slow_names_delay_neither_other_strangers_nor_what_the_process_itself_looks_up() -> None:
    with slow_servers() as servers:
        names = NameResolver(servers.look_up, at_once=9, patience_seconds=60)
        slow = [asyncio.create_task(names.resolved("slow.example", 443)) for _ in range(8)]
        await eventually(lambda: len(servers.asked) == 8)
        assert await names.resolved("quick.example", 443) == [ADDRESS]
        assert await asyncio.get_running_loop().getaddrinfo("localhost", 443)
        assert not any(each.done() for each in slow)
        servers.may_answer.set()
        assert await asyncio.gather(*slow) == [[ADDRESS]] * 8


async def test_who_finds_no_thread_is_sent_away_untried_until_there_is_one() -> None:
    with slow_servers() as servers:
        names = NameResolver(servers.look_up, at_once=1, most_waiting=1, patience_seconds=0.2)
        slow = asyncio.create_task(names.resolved("slow.example", 443))
        await eventually(lambda: servers.asked == ["slow.example"])
        slow.cancel()  # whoever asked has gone, and the thread is taken all the same
        with suppress(asyncio.CancelledError):
            await slow
        waits = asyncio.create_task(names.resolved("quick.example", 443))
        await asyncio.sleep(0)
        with pytest.raises(NotTried, match="too many"):
            await names.resolved("quick.example", 443)
        with pytest.raises(NotTried, match="slow"):
            await waits
        assert servers.asked == ["slow.example"]
        waits = asyncio.create_task(names.resolved("quick.example", 443))
        await asyncio.sleep(0)
        servers.may_answer.set()
        assert await waits == [ADDRESS]


async def test_an_address_is_told_once_and_without_its_interface() -> None:
    def _many(host: str, port: int) -> Found:
        return [(0, 0, 0, "", (address, port)) for address in ("fe80::1%eth0", ADDRESS, "fe80::1", ADDRESS)]

    assert await NameResolver(_many).resolved("many.example", 443) == ["fe80::1", ADDRESS]
    assert await NameResolver().resolved("127.0.0.1", 443) == ["127.0.0.1"]


async def test_what_is_no_name_or_nobodys_is_told_as_that_and_costs_no_thread() -> None:
    def _nobody(host: str, port: int) -> Found:
        raise socket.gaierror(socket.EAI_NONAME, "nobody")

    for names, host in (
        (NameResolver(_nobody, at_once=1), "nobody.example"),
        (NameResolver(at_once=1), f"{'a' * 64}.example"),
    ):
        for _ in range(2):
            with pytest.raises(socket.gaierror):
                await names.resolved(host, 443)
