"""An announcement comes into the inboxes of those who asked for its area or category, some hundreds at a time."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from shared.messaging.consumer import is_outage
from shared.storage.aggregates import Aggregates

from notifier import metrics
from notifier.announcements.model import Announcement
from notifier.announcements.store import Announcements, read_announcement
from notifier.cases.model import Case, fact_again
from notifier.devices.model import DevicesOf
from notifier.notifications.model import Notification
from notifier.notifications.store import Notifications
from notifier.planning.commands import EVENT_TYPES, notification_of, pushes
from notifier.planning.recipients import Recipient
from notifier.preferences.store import PreferenceStore, Subscriber

logger = logging.getLogger(__name__)

BATCH_SIZE = 500
LANGUAGE = "ar"
"""The language of people who have chosen none."""


class Announcer:
    def __init__(
        self,
        announcements: Announcements,
        preferences: PreferenceStore,
        notifications: Notifications,
        cases: Aggregates[Case],
        devices_of: DevicesOf,
        clock: Callable[[], datetime],
    ) -> None:
        self.announcements = announcements
        self.preferences = preferences
        self.notifications = notifications
        self.cases = cases
        self.devices_of = devices_of
        self.clock = clock

    async def begin(self) -> None:
        """Retry the announcements that were set aside: this process may run the version that can read them."""
        if found := await self.announcements.take_up_again():
            logger.info("announcements retried", extra={"count": found})

    async def once(self) -> bool:
        """Whether there was any. Who is told twice, after a crash, has it once.

        One that cannot be told is set aside: it must not stop all that come after it.
        """
        found = await self.announcements.oldest()
        if found is None:
            return False
        try:
            await self._tell(read_announcement(found))
        except Exception as error:
            if is_outage(error):
                raise
            logger.exception("announcement set aside", extra={"announcement": found["_id"]})
            await self.announcements.set_aside(found["_id"])
            metrics.ANNOUNCEMENTS.labels("set_aside").inc()
        else:
            metrics.ANNOUNCEMENTS.labels("told").inc()
        return True

    async def _tell(self, announcement: Announcement) -> None:
        after = announcement.after
        while await self._is_published(announcement.submission_id):
            readers = await self.preferences.interested(announcement.area, announcement.categories, after, BATCH_SIZE)
            await self.notifications.add(self._planned(announcement, readers))
            if len(readers) < BATCH_SIZE:
                break
            after = readers[-1].id
            await self.announcements.got_to(announcement.id, after)
        await self.announcements.done(announcement.id)

    async def _is_published(self, submission_id: str) -> bool:
        """It may have been hidden, or its author erased, meanwhile."""
        found = await self.cases.find(submission_id)
        return found is not None and found.state is not None and found.state.published

    def _planned(self, announcement: Announcement, readers: Sequence[Subscriber]) -> list[Notification]:
        now, planned = self.clock(), []
        fact = fact_again(announcement.fact, EVENT_TYPES)
        for reader in readers:
            if reader.subject in announcement.but_not:
                continue
            language = reader.language or LANGUAGE
            recipient = Recipient("subject", reader.subject, language, announcement.row.audience, "inbox")
            about = (fact, announcement.submission_id, recipient, announcement.row, announcement.params[language], now)
            planned += [notification_of(*about), *pushes(*about, self.devices_of)]
        return planned
