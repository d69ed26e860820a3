"""The notifier's own taker of contacts, over a database of the tests, and records of the topic that it reads."""

from dataclasses import dataclass, field
from typing import Any

from notifier.cases.model import Case
from notifier.consumers import ContactsConsumer
from notifier.contacts.store import Contacts, StoredContact
from notifier.deferral.confirmed_release import Releaser
from notifier.notifications.model import State
from notifier.notifications.monitor_store import CASES
from notifier.notifications.store import COLLECTION as NOTIFICATIONS
from notifier.notifications.store import SOURCE, Notifications
from shared.events.contacts import contact_key
from shared.events.envelope import Cause
from shared.events.model import EventData
from shared.events.topics import CONTACTS
from shared.messaging.consumer import Record
from shared.messaging.dead_letters import DeadLetters
from shared.privacy.contacts import KeyRing
from shared.storage.aggregates import Aggregates, Decision, StoredAggregate

from tests.support.events.consumers import NOW, entry_of, record_of
from tests.support.notifier import a_notification, the_book

WAITING, WITHHELD = "waits for the contact", "waits for the confirmation"


@dataclass
class ContactsUnderTest:
    """`woken` counts how often the dispatcher was told that something is due."""

    database: Any
    woken: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.contacts = Contacts(self.database)
        self.notifications = Notifications(self.database, kept_days=30)
        self.cases = Aggregates[Case](self.database[CASES], Case, SOURCE)
        self.taker = ContactsConsumer(
            self.contacts,
            self.notifications,
            Releaser(self.notifications, self.cases),
            DeadLetters(self.database, "notifier"),
            lambda: NOW,
            lambda: self.woken.append(True),
        )

    @property
    def ring(self) -> KeyRing:
        return the_book().ring

    async def forget_all(self) -> None:
        for name in await self.database.list_collection_names():
            await self.database[name].delete_many({})
        self.woken.clear()

    async def take(self, *records: Record) -> list[str]:
        """Why which of them was set aside."""
        await self.taker.take(records)
        return [str(letter["reason"]) async for letter in self.database["dead_letters"].find()]

    async def expect(self, submission_id: str, contact_id: str, state: str) -> None:
        """Its case is in this state; one notification waits for the contact, and one for its confirmation."""
        key = contact_key(submission_id, contact_id)
        case: StoredAggregate[Case] = StoredAggregate(submission_id)
        case.apply(Decision(Case(state=state, contact=key)), SOURCE, NOW, Cause("c"))
        waiting = {"waiting_for": key, "state": State.CREATED, "params": {"text": WAITING}}
        withheld = {"state": State.WITHHELD, "params": {"text": WITHHELD}}
        await self.cases.save([case])
        await self.notifications.add(
            [
                a_notification(id=f"{key}/{number}", submission_id=submission_id, recipient=key, **what)
                for number, what in enumerate((waiting, withheld))
            ]
        )

    async def found(self, submission_id: str, contact_id: str) -> StoredContact | None:
        key = contact_key(submission_id, contact_id)
        return (await self.contacts.find([key])).get(key)

    async def became(self, submission_id: str, contact_id: str) -> tuple[str, str]:
        """States of the notification that waited for the contact, and of the one for its confirmation."""
        key, names = contact_key(submission_id, contact_id), []
        for number in range(2):
            stored = await self.database[NOTIFICATIONS].find_one({"_id": f"{key}/{number}"})
            is_due = stored["state"] == State.CREATED and "waiting_for" not in stored
            names.append("due" if is_due else str(stored.get("reason") or stored["state"]))
        return names[0], names[1]


def contact_record(data: EventData) -> Record:
    return record_of(entry_of(data))


def tombstone(key: str) -> Record:
    """Events that intake publishes when it erases an author."""
    return record_of({"topic": CONTACTS.name, "time": NOW, "key": key, "value": None, "headers": {}})
