"""What the database knows about recipients, asked once for many of them before each is made ready."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shared.contacts import Unreadable

from notifier.domain.digests import DIGEST
from notifier.domain.notifications import Notification
from notifier.domain.preferences import Wishes, address_id, person_id
from notifier.repository import Contacts, Held, Notifications, PreferenceStore, StoredContact
from notifier.use_cases.address import AddressBook, Known
from notifier.use_cases.hold_back import HoldingBack
from notifier.use_cases.suppress import SuppressionList, Written


class LookUp:
    def __init__(
        self,
        book: AddressBook,
        contacts: Contacts,
        suppressed: SuppressionList,
        preferences: PreferenceStore,
        held: Held,
        notifications: Notifications,
        holding_back: HoldingBack,
    ) -> None:
        self.book = book
        self.contacts = contacts
        self.suppressed = suppressed
        self.preferences = preferences
        self.held = held
        self.notifications = notifications
        self.holding_back = holding_back

    async def known(self, notifications: Sequence[Notification]) -> Known:
        contacts = await self._contacts(notifications)
        addresses = self._addresses(notifications, contacts)
        written = self._written(addresses)
        suppressed = await self.suppressed.of(written)
        wishes = await self._wishes(notifications, addresses, written)
        members = await self.held.members_of(notifications)
        digests = [one for one in notifications if one.template == DIGEST]
        told = [each.submission_id for one in digests for each in members.get(one.id, ())]
        cases = await self.holding_back.cases_of(told) if told else {}
        first = await self._first_to_number(notifications)
        known = Known(contacts, suppressed, wishes, {}, members, cases, first)
        return replace(known, instead=await self.holding_back.of(notifications, known))

    async def _first_to_number(self, notifications: Sequence[Notification]) -> frozenset[str]:
        by_sms = [each for each in notifications if each.channel == "sms" and each.recipient_kind == "contact"]
        if not by_sms:
            return frozenset()
        numbers = sorted({each.recipient for each in by_sms})
        told = await self.notifications.gone_by("sms", numbers, {each.id for each in notifications})
        first: dict[str, str] = {}
        for each in sorted(by_sms, key=lambda each: (each.event_at, each.id)):
            if each.recipient not in told:
                first.setdefault(each.recipient, each.id)
        return frozenset(first.values())

    async def wishes(self, notifications: Sequence[Notification]) -> Mapping[str, Wishes]:
        """By notification, where anybody has chosen anything."""
        addresses = self._addresses(notifications, await self._contacts(notifications))
        return await self._wishes(notifications, addresses, self._written(addresses))

    async def _contacts(self, notifications: Sequence[Notification]) -> Mapping[str, StoredContact]:
        keys = {each.recipient for each in notifications if each.recipient_kind == "contact"}
        return await self.contacts.find(sorted(keys)) if keys else {}

    def _written(self, addresses: Mapping[str, Sequence[str]]) -> Written:
        return self.suppressed.written(address for both in addresses.values() for address in both)

    async def _wishes(
        self, notifications: Sequence[Notification], addresses: Mapping[str, Sequence[str]], written: Written
    ) -> Mapping[str, Wishes]:
        """By notification, where anybody has chosen anything: who signed in first, then whoever reads the address.

        What is told to officials is their work: no choice of who reads the address as a citizen's counts for it.
        """
        persons = {each.id: person_id(person) for each in notifications if (person := _person(each))}
        chosen = await self.preferences.chosen({*persons.values(), *(address_id(mark) for mark in written)})
        if not chosen:
            return {}
        at = {
            address: address_id(mark)
            for mark, alike in written.items()
            for address in alike
            if address_id(mark) in chosen
        }
        wishes: dict[str, Wishes] = {}
        for each in notifications:
            ids = [persons.get(each.id)]
            if each.recipient_kind == "contact":
                ids += [at.get(address) for address in addresses.get(each.id, ())]
            if of := tuple(chosen[id] for id in dict.fromkeys(ids) if id is not None and id in chosen):
                wishes[each.id] = Wishes(of)
        return wishes

    def _addresses(
        self, notifications: Sequence[Notification], contacts: Mapping[str, StoredContact]
    ) -> Mapping[str, Sequence[str]]:
        """Of each notification the one it goes to, and the one by which its recipient chooses, where that differs."""
        found: dict[str, Sequence[str]] = {}
        for notification in notifications:
            try:
                found[notification.id] = self.book.reached_at(notification, contacts)
            except Unreadable:
                continue  # told as a failure of this one, when it is to be sent
        return found


def _person(notification: Notification) -> str | None:
    if notification.recipient_kind in ("official", "subject"):
        return notification.recipient
    return notification.person
