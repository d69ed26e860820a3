"""The keys of a provider that is slow, or does not answer at all."""

import asyncio

import httpx2
import pytest
from shared.http.auth import ProviderKeys

from tests.support.eventually import eventually

MANY = 5


async def test_all_who_wait_for_a_provider_that_does_not_answer_are_told_by_one_attempt() -> None:
    asked, hangs = 0, asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await hangs.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        keys = ProviderKeys(f"http://127.0.0.1:{port}")
        waiting = [asyncio.create_task(keys.get()) for _ in range(MANY)]
        await eventually(lambda: asked == 1)
        hangs.set()
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(error) for error in told if isinstance(error, httpx2.HTTPError)] == [type(told[0])] * MANY
        assert asked == 1
        with pytest.raises(httpx2.HTTPError):
            await keys.get()
        assert asked == 2  # who comes later asks anew
