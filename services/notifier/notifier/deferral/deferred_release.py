"""Releases held notifications when their time has come, unless they are outdated.

Notifications about one submission are combined into one message, and those for a digest into one digest.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from shared.messaging.consumer import is_outage
from shared.storage.aggregates import Aggregates

from notifier.cases.model import Case
from notifier.contacts.recipient_lookup import RecipientLookup
from notifier.deferral.message_grouping import by_group, can_be_grouped, combined, final_group_key
from notifier.deferral.model import is_overtaken, may_be_overtaken
from notifier.deferral.store import HeldNotifications
from notifier.deferral.withholding import OVERTAKEN
from notifier.notifications.model import Notification
from notifier.preferences.model import NOTHING_CHOSEN

TOGETHER = 500
READERS_TOGETHER = 50
MOST_IN_A_DIGEST = 2_000
"""More are told in a second one: nobody reads the first to its end."""


class DeferredRelease:
    def __init__(
        self,
        held: HeldNotifications,
        cases: Aggregates[Case],
        recipient_lookup: RecipientLookup,
        clock: Callable[[], datetime],
    ) -> None:
        self.held = held
        self.cases = cases
        self.recipient_lookup = recipient_lookup
        self.clock = clock

    async def once(self) -> tuple[int, bool]:
        """How many are due now, and whether there may be more. Several processes may do so side by side."""
        now = self.clock()
        found = await self.held.due(now, TOGETHER)
        if not found:
            return 0, False
        try:
            released = await self._release(found, now)
        except Exception as error:
            if is_outage(error):
                raise
            released = 0
            for one in found:  # each by itself: what fails holds up none beside it
                with self.held.left.one(one.id):
                    released += await self._release([one], now)
        return released, len(found) >= TOGETHER

    async def _release(self, found: Sequence[Notification], now: datetime) -> int:
        due = await self._still_news(await self._with_whole_digests(found, now), now)
        alone, groups = await self._groups(due)
        released = await self.held.release([each.id for each in alone], now)
        for group in groups:
            released += await self.held.put_together(combined(group, now), now)
        return released

    async def _with_whole_digests(self, found: Sequence[Notification], now: datetime) -> Sequence[Notification]:
        rest = [each for each in found if final_group_key(each).submission_id]
        readers = list(dict.fromkeys(each.recipient for each in found if not final_group_key(each).submission_id))
        return [*rest, *await self.held.gathered(readers[:READERS_TOGETHER], now, MOST_IN_A_DIGEST)]

    async def _still_news(self, due: Sequence[Notification], now: datetime) -> Sequence[Notification]:
        cases = await self.cases.load(sorted({each.submission_id for each in due if may_be_overtaken(each)}))
        known = {id: case.state for id, case in cases.items()}
        overtaken = {each.id for each in due if is_overtaken(each, known.get(each.submission_id))}
        await self.held.cancel(overtaken, OVERTAKEN, now)
        return [each for each in due if each.id not in overtaken]

    async def _groups(
        self, due: Sequence[Notification]
    ) -> tuple[Sequence[Notification], Sequence[Sequence[Notification]]]:
        """The notifications that are sent alone, and the groups that are sent as one message each. A digest is a group
        even if it has one member.

        Notifications whose recipient has switched them off meanwhile are never grouped: each is released alone and
        judged by itself.
        """
        wishes = await self.recipient_lookup.wishes(due)
        shared = [
            each
            for each in due
            if can_be_grouped(each)
            and wishes.get(each.id, NOTHING_CHOSEN).way(each.matter, each.about, each.channel) != "off"
        ]
        heard = by_group(shared, final_group_key)
        groups = [group for ear, group in heard.items() if len(group) > 1 or not ear.submission_id]
        ids = {each.id for group in groups for each in group}
        return [each for each in due if each.id not in ids], groups
