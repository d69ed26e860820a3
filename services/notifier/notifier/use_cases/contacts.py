"""Contacts as they come: stored sealed, erased by a tombstone, and what waited for them is woken."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from aiokafka import ConsumerRecord
from shared.dead_letters import DeadLetters, Failure
from shared.events.contacts import ContactRegistered
from shared.events.envelope import InvalidEvent, UnknownEventType, read_event
from shared.messaging import patiently
from shared.topics import CONTACTS

from notifier import metrics
from notifier.repository import Contacts, Notifications, StoredContact

logger = logging.getLogger(__name__)

Record: TypeAlias = "ConsumerRecord[Any, Any]"


class ContactsTaker:
    """Takes the compacted contacts topic: of one key only the last record counts, however often they come."""

    def __init__(
        self,
        contacts: Contacts,
        notifications: Notifications,
        dead_letters: DeadLetters,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self.contacts = contacts
        self.notifications = notifications
        self.dead_letters = dead_letters
        self.clock = clock
        self.wake = wake

    async def take(self, records: Sequence[Record]) -> None:
        newest: dict[str, StoredContact] = {}
        for record in records:
            try:
                contact = read_contact(record)
            except UnknownEventType:
                metrics.CONTACTS.labels("unknown").inc()
            except InvalidEvent as error:
                failure = Failure(record, CONTACTS.name, str(error), 1)
                await patiently(lambda failure=failure: self.dead_letters.hold(failure, self.clock()))  # type: ignore[misc]
                metrics.CONTACTS.labels("invalid").inc()
            else:
                if contact is not None:
                    newest[contact.key] = contact
        if newest:
            await patiently(lambda: self._apply(list(newest.values())))

    async def _apply(self, contacts: Sequence[StoredContact]) -> None:
        now = self.clock()
        await self.contacts.store(contacts)
        erased = [contact.key for contact in contacts if contact.is_erased]
        arrived = [contact.key for contact in contacts if not contact.is_erased]
        if erased:
            await self.notifications.cancel_for(erased, "erased", now)
        if arrived and await self.notifications.wake(arrived, now):
            self.wake()
        metrics.CONTACTS.labels("stored").inc(len(arrived))
        metrics.CONTACTS.labels("erased").inc(len(erased))


def read_contact(record: Record) -> StoredContact | None:
    """None for what changes no contact. Raises InvalidEvent and UnknownEventType."""
    if record.value is None:
        return StoredContact(_key(record), None)
    data = read_event(CONTACTS, record.key, record.value, record.headers).data
    return StoredContact(_key(record), data.sealed) if isinstance(data, ContactRegistered) else None


def _key(record: Record) -> str:
    try:
        key = (record.key or b"").decode()
    except UnicodeDecodeError as error:
        raise InvalidEvent("the key is no text") from error
    if "/" not in key:
        raise InvalidEvent("the key is not <submission>/<contact>")
    return key
