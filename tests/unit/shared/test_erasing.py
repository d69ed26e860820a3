"""Each erasure is carried out, even when another fails."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.concurrency.tasks import cancel_all
from shared.operations.metrics import LEFT_BEHIND
from shared.privacy.erasures import AT_ONCE, keep_erasing

from tests.support.eventually import eventually

SPOILT = [f"spoilt-{number}" for number in range(AT_ONCE + 1)]


class Erased:
    def __init__(self) -> None:
        self.left = [*SPOILT, "somebody"]

    async def due(self, limit: int) -> Sequence[str]:
        return self.left[:limit]

    async def done(self, submission_id: str) -> None:
        self.left.remove(submission_id)

    async def among(self, submission_ids: Sequence[str]) -> set[str]:
        return {*submission_ids}


class Letters:
    """Set aside: one that cannot be read, and one of somebody."""

    def __init__(self) -> None:
        self.erased: list[str] = []

    async def submissions(self) -> list[str]:
        return ["a-spoilt-letter", "somebody-else"]

    async def erase(self, submission_ids: Sequence[str], now: datetime) -> None:
        if "a-spoilt-letter" in submission_ids:
            raise KeyError("topic")
        self.erased += submission_ids


async def test_more_that_fail_than_are_due_at_once_keep_nobody_from_being_forgotten() -> None:
    erased, known = Erased(), Letters()
    letters: Any = known

    async def forget(submission_id: str) -> None:
        if submission_id in SPOILT:
            raise ValueError("cannot be read")

    counted = LEFT_BEHIND.labels("erasing")._value
    before = counted.get()
    erasing = asyncio.create_task(keep_erasing(erased, letters, forget))
    await eventually(lambda: known.erased == ["somebody", "somebody-else"])
    assert erased.left == SPOILT
    assert counted.get() - before == len(SPOILT) + 1, "each once, and the letter"
    await cancel_all([erasing])
