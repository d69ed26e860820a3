"""Names that strangers gave, looked up apart from all others.

Nobody can interrupt a lookup: it takes as long as the servers of that name like, often half a minute. The event loop's
own go to a few threads that the whole process shares: two slow names would keep the mail server's, Kafka's and
MongoDB's waiting. These have threads of their own, so many at most, and those that wait for one are soon sent away.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import Any

from notifier.channels import NotTried

AT_ONCE = 8
MOST_WAITING = 200
PATIENCE_SECONDS = 2.0
"""So long a name waits for a thread. It is not its own slowness: nothing was tried."""
AGAIN_SECONDS = 5.0

Found = Sequence[tuple[Any, ...]]
"""As `socket.getaddrinfo` has it."""


def _as_the_system_knows(host: str, port: int) -> Found:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class NameResolver:
    """`look_up`: by host and port, in a thread. Raises OSError, and UnicodeError for what cannot be a name."""

    def __init__(
        self,
        look_up: Callable[[str, int], Found] = _as_the_system_knows,
        at_once: int = AT_ONCE,
        most_waiting: int = MOST_WAITING,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._look_up = look_up
        self._most_waiting = most_waiting
        self._patience_seconds = patience_seconds
        self._threads = asyncio.Semaphore(at_once)
        self._waiting = 0

    async def resolved(self, host: str, port: int) -> Sequence[str]:
        """All addresses that a name stands for, as the system knows them. Raises OSError, and NotNow where no thread
        is free soon."""
        await self._turn()
        loop, found = asyncio.get_running_loop(), Future[Found]()
        found.set_running_or_notify_cancel()  # whoever stops waiting ends neither the lookup nor its turn

        def _done(_: object) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(self._threads.release)

        found.add_done_callback(_done)
        # Not of an executor: those are waited for at the end of the process.
        thread = Thread(target=self._settle, args=(found, host, port), name="name of a stranger", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # there may be no more threads
            found.set_exception(NotTried("no thread", AGAIN_SECONDS))
        try:
            addresses = [str(sockaddr[0]) for *_, sockaddr in await asyncio.wrap_future(found)]
        except UnicodeError as error:
            raise socket.gaierror(socket.EAI_NONAME, "not a name") from error
        return list(dict.fromkeys(address.partition("%")[0] for address in addresses))

    async def _turn(self) -> None:
        if self._waiting >= self._most_waiting:
            raise NotTried("too many names", AGAIN_SECONDS)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience_seconds):
                await self._threads.acquire()
        except TimeoutError as error:
            raise NotTried("names are slow", AGAIN_SECONDS) from error
        finally:
            self._waiting -= 1

    def _settle(self, found: Future[Found], host: str, port: int) -> None:
        try:
            found.set_result(self._look_up(host, port))
        except BaseException as error:
            found.set_exception(error)
