"""Waiting for a condition instead of for a time."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

PATIENCE_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.02


async def eventually(
    holds: Callable[[], object] | Callable[[], Awaitable[object]],
    patience: float = PATIENCE_SECONDS,
    every: float = LOOK_AGAIN_SECONDS,
) -> None:
    """Return as soon as `holds()` is true; raises TimeoutError when it does not become so."""
    async with asyncio.timeout(patience):
        while True:
            answer = holds()
            if inspect.isawaitable(answer):
                answer = await answer
            if answer:
                return
            await asyncio.sleep(every)
