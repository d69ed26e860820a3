"""Forgetting a person: contacts, queued messages and the words written to them."""

from collections.abc import Callable
from datetime import datetime

from notifier.announcements.store import Announcements
from notifier.contacts.store import Contacts, StoredContact
from notifier.devices.store import Devices
from notifier.notifications.store import Notifications


class Eraser:
    def __init__(
        self,
        contacts: Contacts,
        notifications: Notifications,
        announcements: Announcements,
        devices: Devices,
        clock: Callable[[], datetime],
    ) -> None:
        self.contacts = contacts
        self.notifications = notifications
        self.announcements = announcements
        self.devices = devices
        self.clock = clock

    async def forget(self, submission_id: str) -> None:
        """Once more does no harm."""
        keys = await self.contacts.keys_of(submission_id)
        await self.contacts.store([StoredContact(key, None) for key in keys])
        await self.notifications.forget_author(submission_id, self.clock())
        await self.announcements.forget_submission(submission_id)
        await self.devices.forget_submission(submission_id)
