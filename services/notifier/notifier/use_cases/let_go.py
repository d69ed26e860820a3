"""What was held goes out when its time has come, unless it has been overtaken."""

from collections.abc import Callable
from datetime import datetime

from shared.aggregates import Aggregates

from notifier.domain.case import Case
from notifier.domain.withholding import OVERTAKEN
from notifier.repository import Held

TOGETHER = 500


class LettingGo:
    def __init__(self, held: Held, cases: Aggregates[Case], clock: Callable[[], datetime]) -> None:
        self.held = held
        self.cases = cases
        self.clock = clock

    async def once(self) -> tuple[int, bool]:
        """How many are due now, and whether there may be more. Several processes may do so side by side."""
        now = self.clock()
        due = await self.held.due(now, TOGETHER)
        if not due:
            return 0, False
        cases = await self.cases.load(sorted({each.submission_id for each in due}))
        states = {id: case.state.state if case.state else None for id, case in cases.items()}
        overtaken = {each.id for each in due if states.get(each.submission_id) in each.over_in}
        await self.held.cancel(overtaken, OVERTAKEN, now)
        released = await self.held.let_go([each.id for each in due if each.id not in overtaken], now)
        return released, len(due) == TOGETHER
