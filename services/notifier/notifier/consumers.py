"""Events of the other services, given to their use cases."""

from collections.abc import Callable, Sequence
from datetime import datetime

from shared.events.contacts import CONFIRMED, NUMBER_CONFIRMED, ContactConfirmed, ContactRegistered
from shared.events.deadlines import DeadlinesMoved, PerformancePublished
from shared.events.envelope import REPLAYED_LETTER_HEADER, Event, InvalidEvent, UnknownEventType, read_event
from shared.events.topics import ASSIGNMENTS, CONTACTS, DEADLINES, SUBMISSIONS
from shared.messaging.consumer import Handler, Record, header_of, retry_transient
from shared.messaging.dead_letters import DeadLetters, Failure
from shared.messaging.failure_causes import of_unreadable
from shared.reference.directory import Directory
from shared.storage.aggregates import Decision

from notifier import metrics
from notifier.cases.model import Case
from notifier.contacts.store import Contacts, StoredContact
from notifier.deferral.confirmed_release import Releaser
from notifier.devices.model import DevicesOf
from notifier.notifications.store import Notifications
from notifier.planning.commands import EVENT_TYPES, nobodys, tell
from notifier.planning.entity_commands import tell_entity
from notifier.planning.table import TellsRows
from notifier.webhooks.model import Subscriptions

TOPICS = (SUBMISSIONS, ASSIGNMENTS, DEADLINES)

IGNORED: frozenset[type] = frozenset({PerformancePublished})
"""Figures, which nobody is told of."""


def handlers(
    table: TellsRows,
    webhooks: Callable[[], Subscriptions] = tuple,
    devices_of: DevicesOf = nobodys,
) -> dict[type, Handler[Case]]:
    """One for all: what differs between event types stands in the table."""

    def on_fact(case: Case | None, event: Event, directory: Directory, now: datetime) -> Decision[Case]:
        return tell(case, event, directory, table, now, webhooks(), devices_of)

    def on_entity_news(case: Case | None, event: Event, directory: Directory, now: datetime) -> Decision[Case]:
        return tell_entity(case, event, directory, table, now, devices_of)

    taken: dict[type, Handler[Case]] = dict.fromkeys(EVENT_TYPES.values(), on_fact)
    return {event: each for event, each in taken.items() if event not in IGNORED} | {DeadlinesMoved: on_entity_news}


class ContactsConsumer:
    """Takes the compacted contacts topic: of one key only the last record counts, however often they come."""

    def __init__(
        self,
        contacts: Contacts,
        notifications: Notifications,
        releaser: Releaser,
        dead_letters: DeadLetters,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self.contacts = contacts
        self.notifications = notifications
        self.releaser = releaser
        self.dead_letters = dead_letters
        self.clock = clock
        self.wake = wake

    async def take(self, records: Sequence[Record]) -> None:
        newest: dict[str, StoredContact] = {}
        confirmed: set[str] = set()
        numbers: set[str] = set()
        letters: list[str] = []
        for record in records:
            try:
                contact = read_contact(record)
            except UnknownEventType:
                metrics.CONTACTS.labels("unknown").inc()
            except InvalidEvent as error:
                failure = Failure(record, CONTACTS.name, of_unreadable(error, header_of(record, "ce_type")), 1)
                await retry_transient(lambda failure=failure: self.dead_letters.hold(failure, self.clock()))  # type: ignore[misc]
                metrics.CONTACTS.labels("invalid").inc()
            else:
                letters += [id for id in [header_of(record, REPLAYED_LETTER_HEADER)] if id]
                if contact is not None and contact.is_confirmed:
                    confirmed.add(contact.key)
                elif contact is not None and contact.has_number_confirmed:
                    numbers.add(contact.key)
                elif contact is not None:
                    newest[contact.key] = contact
        if newest or confirmed or numbers:
            await retry_transient(lambda: self._apply(list(newest.values()), sorted(confirmed), sorted(numbers)))
        if letters:
            await retry_transient(lambda: self.dead_letters.note_taken(letters, "taken", self.clock()))

    async def _apply(self, contacts: Sequence[StoredContact], confirmed: Sequence[str], numbers: Sequence[str]) -> None:
        now = self.clock()
        await self.contacts.store(contacts)
        await self.contacts.confirm(confirmed, numbers)
        erased = [contact.key for contact in contacts if contact.is_erased]
        arrived = [contact.key for contact in contacts if not contact.is_erased]
        if erased:
            await self.notifications.cancel_for(erased, "erased", now)
        if arrived and await self.notifications.wake(arrived, now):
            self.wake()
        said = sorted({*confirmed, *numbers})
        if said and await self.releaser.release(said, now):
            self.wake()
        metrics.CONTACTS.labels("confirmed").inc(len(said))
        metrics.CONTACTS.labels("stored").inc(len(arrived))
        metrics.CONTACTS.labels("erased").inc(len(erased))


def read_contact(record: Record) -> StoredContact | None:
    """The contact in a record; None if the record changes none. Raises InvalidEvent and UnknownEventType.

    The tombstone of a confirmation follows the tombstone of its contact, which removes everything.
    """
    key = _key(record)
    contact, _, suffix = key.rpartition("/")
    is_of_confirmation = suffix in (CONFIRMED, NUMBER_CONFIRMED) and "/" in contact
    if record.value is None:
        return None if is_of_confirmation else StoredContact(key, None)
    data = read_event(CONTACTS, record.key, record.value, record.headers).data
    if isinstance(data, ContactConfirmed):
        return StoredContact(contact, None, is_confirmed=not data.number, has_number_confirmed=data.number)
    return StoredContact(key, data.sealed) if isinstance(data, ContactRegistered) else None


def _key(record: Record) -> str:
    try:
        key = (record.key or b"").decode()
    except UnicodeDecodeError as error:
        raise InvalidEvent("the key is no text") from error
    if "/" not in key:
        raise InvalidEvent("the key is not <submission>/<contact>")
    return key
