"""Connections that dispatchers share are closed when the last of them is through."""

import asyncio
from typing import Any, cast

from notifier.sending.worker import drain

from tests.support.eventually import eventually


class Shared:
    def __init__(self) -> None:
        self.log: list[str] = []

    async def close(self) -> None:
        self.log.append("closed")


class OnTheWay:
    def __init__(self, name: str, channel: Shared) -> None:
        self.name, self.channel, self.is_through = name, channel, asyncio.Event()

    async def drain(self) -> None:
        self.channel.log.append(f"{self.name} takes nothing new")
        await self.is_through.wait()
        self.channel.log.append(f"{self.name} is through")


async def test_a_channel_is_closed_once_when_all_who_share_it_are_through() -> None:
    channel = Shared()
    urgent, rest = OnTheWay("urgent", channel), OnTheWay("rest", channel)
    draining = asyncio.create_task(drain(cast(Any, [urgent, rest])))
    await eventually(lambda: len(channel.log) == 2)
    assert channel.log == ["urgent takes nothing new", "rest takes nothing new"]
    rest.is_through.set()
    await eventually(lambda: len(channel.log) > 2)
    assert channel.log[2:] == ["rest is through"]
    urgent.is_through.set()
    await draining
    assert channel.log[3:] == ["urgent is through", "closed"]
