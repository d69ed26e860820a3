"""How far open cases have been brought under a rulebook, for its report."""

from dataclasses import dataclass
from enum import StrEnum

from sla_monitor.clocks.store import Clocks
from sla_monitor.recalculation.moves import MOST_FAILED
from sla_monitor.recalculation.store import MoveStore


class Stage(StrEnum):
    GOING = "going"
    DONE = "done"
    GIVEN_UP = "given_up"
    """Too many could not be judged: the others were not tried."""


@dataclass(frozen=True)
class HowFar:
    """`failed`: open cases that could not be judged, or of whose move nobody could be told."""

    stage: Stage
    failed: int


async def how_far(version: int, clocks: Clocks, moves: MoveStore) -> HowFar:
    noted = await moves.failed(version)
    failed = await clocks.count_left(version, noted) if noted else 0
    if await clocks.all_read_by(version, noted) and await clocks.all_told(noted):
        return HowFar(Stage.DONE, failed)
    return HowFar(Stage.GIVEN_UP if failed and len(noted) > MOST_FAILED else Stage.GOING, failed)
