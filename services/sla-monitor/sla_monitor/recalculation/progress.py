"""Tells how many open cases still have to be brought under a rulebook, for its report."""

from dataclasses import dataclass
from enum import StrEnum

from sla_monitor.calendars.snapshot import Rulebooks
from sla_monitor.clocks.store import Clocks
from sla_monitor.recalculation.moves import MOST_FAILED
from sla_monitor.recalculation.store import MoveStore


class Stage(StrEnum):
    GOING = "going"
    DONE = "done"
    GIVEN_UP = "given_up"
    """Too many clocks could not be computed, so the others were not tried."""


@dataclass(frozen=True)
class Progress:
    """`failed`: open cases that could not be judged, whose due time is unknown, or whose move could not be told."""

    stage: Stage
    failed: int


async def progress_of(version: int, rulebooks: Rulebooks, clocks: Clocks, moves: MoveStore) -> Progress:
    noted = await moves.failed(version)
    failed = await clocks.count_left(version, noted) if noted else 0
    is_done = await clocks.all_read_by(version, noted) and await clocks.all_told(noted)
    failed += await _count_unknown(version, rulebooks, clocks)  # last: a case becomes unknown when it is judged
    if is_done:
        return Progress(Stage.DONE, failed)
    return Progress(Stage.GIVEN_UP if failed and len(noted) > MOST_FAILED else Stage.GOING, failed)


async def _count_unknown(version: int, rulebooks: Rulebooks, clocks: Clocks) -> int:
    rulebook, following = rulebooks.get(version), rulebooks.get(version + 1)
    if rulebook is None:
        return 0
    return await clocks.count_unknown_under(rulebook.published_at, following.published_at if following else None)
