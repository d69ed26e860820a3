"""What the database knows about recipients, asked once for many of them before each is made ready."""

from collections.abc import Iterator, Mapping, Sequence

from shared.contacts import Unreadable

from notifier.domain.notifications import Notification
from notifier.repository import Contacts, StoredContact
from notifier.use_cases.address import AddressBook, Known
from notifier.use_cases.suppress import SuppressionList


class LookUp:
    def __init__(self, book: AddressBook, contacts: Contacts, suppressed: SuppressionList) -> None:
        self.book = book
        self.contacts = contacts
        self.suppressed = suppressed

    async def known(self, notifications: Sequence[Notification]) -> Known:
        keys = {each.recipient for each in notifications if each.recipient_kind == "contact"}
        contacts = await self.contacts.find(sorted(keys)) if keys else {}
        return Known(contacts, await self.suppressed.among(self._addresses(notifications, contacts)))

    def _addresses(self, notifications: Sequence[Notification], contacts: Mapping[str, StoredContact]) -> Iterator[str]:
        for notification in notifications:
            try:
                address = self.book.reached_at(notification, contacts)
            except Unreadable:
                continue  # told as a failure of this one, when it is to be sent
            if address:
                yield address
