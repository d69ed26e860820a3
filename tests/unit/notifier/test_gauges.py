"""An outage is followed by a count."""

import asyncio

import pytest
from notifier.sending.gauge_worker import took
from pymongo.errors import ServerSelectionTimeoutError


async def test_however_long_an_outage_took_what_follows_it_is_the_usual_pause() -> None:
    async def _counts() -> None:
        await asyncio.sleep(0)

    async def _waits_for_a_server() -> None:
        await asyncio.sleep(0)
        raise ServerSelectionTimeoutError("no primary")

    async def _has_a_bug() -> None:
        raise ValueError("none of the database's")

    assert await took(_counts()) > 0
    assert await took(_waits_for_a_server()) == 0
    with pytest.raises(ValueError, match="none of"):
        await took(_has_a_bug())
