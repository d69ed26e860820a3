"""Looks up recipients in the database, in one round for many notifications."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from shared.privacy.contacts import Contact

from notifier import metrics
from notifier.contacts.recipient_facts import RecipientFacts
from notifier.contacts.store import Contacts, StoredContact
from notifier.contacts.suppression import Suppressed
from notifier.contacts.suppression_lookup import SuppressionList, Written
from notifier.deferral.commands import Deferral
from notifier.deferral.digests import DIGEST
from notifier.deferral.store import HeldNotifications
from notifier.devices.model import Device
from notifier.devices.store import Devices
from notifier.notifications.model import Notification
from notifier.notifications.store import Notifications
from notifier.preferences.model import Wishes, address_id, person_id
from notifier.preferences.store import PreferenceStore
from notifier.sending.addressing import AddressBook


class RecipientLookup:
    def __init__(
        self,
        book: AddressBook,
        contacts: Contacts,
        devices: Devices,
        suppressed: SuppressionList,
        preferences: PreferenceStore,
        held: HeldNotifications,
        notifications: Notifications,
        deferral: Deferral,
    ) -> None:
        self.book = book
        self.contacts = contacts
        self.devices = devices
        self.suppressed = suppressed
        self.preferences = preferences
        self.held = held
        self.notifications = notifications
        self.deferral = deferral

    async def known(self, notifications: Sequence[Notification]) -> RecipientFacts:
        contacts = await self._contacts(notifications)
        opened = self.book.opened(contacts)
        reached = self._reached(notifications, opened)
        written = self._written(reached)
        # Side by side: somebody waits for each of these mails, and none of the answers needs another.
        suppressed, wishes, members, first, devices = await asyncio.gather(
            self.suppressed.of(written),
            self._wishes(notifications, reached, written),
            self.held.members_of(notifications),
            self._first_to_number(notifications),
            self._devices(notifications),
        )
        digests = [one for one in notifications if one.template == DIGEST]
        told = [each.submission_id for one in digests for each in members.get(one.id, ())]
        cases = await self.deferral.cases_of(told) if told else {}
        known = RecipientFacts(
            contacts=contacts,
            opened=opened,
            reached=reached,
            suppressed=suppressed,
            wishes=wishes,
            members=members,
            cases=cases,
            first_to_number=first,
            devices=devices,
        )
        return replace(known, instead=await self.deferral.of(notifications, known))

    async def _first_to_number(self, notifications: Sequence[Notification]) -> frozenset[str]:
        by_sms = [each for each in notifications if each.channel == "sms" and each.recipient_kind == "contact"]
        if not by_sms:
            return frozenset()
        numbers = sorted({each.recipient for each in by_sms})
        gone = await self.notifications.gone_by("sms", numbers, {each.id for each in notifications})
        first: dict[str, str] = {}
        for each in sorted(by_sms, key=lambda each: (each.event_at, each.id)):
            if each.recipient not in gone or (each.event_at, each.id) < gone[each.recipient]:
                first.setdefault(each.recipient, each.id)
        return frozenset(first.values())

    async def wishes(self, notifications: Sequence[Notification]) -> Mapping[str, Wishes]:
        """By notification, where anybody has chosen anything."""
        reached = self._reached(notifications, self.book.opened(await self._contacts(notifications)))
        return await self._wishes(notifications, reached, self._written(reached))

    async def is_dead(self, notification: Notification, address: str, now: datetime) -> None:
        """Nobody is reached there any more: an address gets nothing more, a browser is forgotten."""
        if notification.recipient_kind == "device":
            if await self.devices.forget(notification.recipient):
                metrics.DEVICES.labels("gone").inc()
        else:
            await self.suppressed.add(address, Suppressed.BOUNCED, now)

    async def _devices(self, notifications: Sequence[Notification]) -> Mapping[str, Device]:
        ids = {each.recipient for each in notifications if each.recipient_kind == "device"}
        return await self.devices.find(ids) if ids else {}

    async def _contacts(self, notifications: Sequence[Notification]) -> Mapping[str, StoredContact]:
        keys = {each.recipient for each in notifications if each.recipient_kind == "contact"}
        return await self.contacts.find(sorted(keys)) if keys else {}

    def _written(self, reached: Mapping[str, Sequence[str]]) -> Written:
        return self.suppressed.written(address for both in reached.values() for address in both)

    async def _wishes(
        self, notifications: Sequence[Notification], reached: Mapping[str, Sequence[str]], written: Written
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
                ids += [at.get(address) for address in reached[each.id]]
            if of := [chosen[id] for id in dict.fromkeys(ids) if id is not None and id in chosen]:
                wishes[each.id] = Wishes(tuple(filter(None, of)), readable=None not in of)
        return wishes

    def _reached(
        self, notifications: Sequence[Notification], opened: Mapping[str, Contact]
    ) -> Mapping[str, Sequence[str]]:
        """The address that each goes to, and the one by which its recipient chooses, where that differs."""
        return {each.id: self.book.reached_at(each, opened) for each in notifications}


def _person(notification: Notification) -> str | None:
    if notification.recipient_kind in ("official", "subject"):
        return notification.recipient
    return notification.person
