"""What was held goes out when its time has come, unless it has been overtaken: what is about one submission together."""

from collections.abc import Callable, Sequence
from datetime import datetime

from shared.aggregates import Aggregates

from notifier.domain.case import Case
from notifier.domain.notifications import Notification
from notifier.domain.preferences import NOTHING_CHOSEN
from notifier.domain.together import by_ear, may_share, together
from notifier.domain.withholding import OVERTAKEN
from notifier.repository import Held
from notifier.use_cases.look_up import LookUp

TOGETHER = 500


class LettingGo:
    def __init__(
        self, held: Held, cases: Aggregates[Case], look_up: LookUp, clock: Callable[[], datetime]
    ) -> None:
        self.held = held
        self.cases = cases
        self.look_up = look_up
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
        groups = await self._groups([each for each in due if each.id not in overtaken])
        released = await self.held.let_go([group[0].id for group in groups if len(group) == 1], now)
        for group in groups:
            if len(group) > 1:
                released += await self.held.put_together(together(group, now), now)
        return released, len(due) == TOGETHER

    async def _groups(self, due: Sequence[Notification]) -> Sequence[Sequence[Notification]]:
        """What is told in one message each. Nobody is told in company what they have switched off meanwhile: that is
        let go alone, and judged by itself."""
        wishes = await self.look_up.wishes(due)
        shared = [
            each
            for each in due
            if may_share(each) and wishes.get(each.id, NOTHING_CHOSEN).way(each.matter, each.channel) != "off"
        ]
        ids = {each.id for each in shared}
        return [*by_ear(shared).values(), *([each] for each in due if each.id not in ids)]
