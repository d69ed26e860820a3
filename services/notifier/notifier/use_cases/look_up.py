"""What the database knows about recipients, asked once for many of them before each is made ready."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.aggregates import Aggregates
from shared.contacts import Unreadable

from notifier.domain.case import Case
from notifier.domain.holding import HoldingRules, held, hold
from notifier.domain.notifications import Notification, State
from notifier.domain.outcomes import Outcome
from notifier.domain.preferences import NOTHING_CHOSEN, Wishes, address_id, person_id
from notifier.domain.quiet_hours import quiet_until
from notifier.domain.together import BURST, bursts, may_share
from notifier.domain.withholding import OVERTAKEN
from notifier.repository import Contacts, Held, PreferenceStore, StoredContact
from notifier.use_cases.address import AddressBook, Known
from notifier.use_cases.suppress import SuppressionList, Written

LATE = timedelta(seconds=60)
"""What is told sooner cannot have been overtaken by much: nobody looks."""


class LookUp:
    def __init__(
        self,
        book: AddressBook,
        contacts: Contacts,
        suppressed: SuppressionList,
        preferences: PreferenceStore,
        cases: Aggregates[Case],
        held: Held,
        rules: HoldingRules,
        clock: Callable[[], datetime],
    ) -> None:
        self.book = book
        self.contacts = contacts
        self.suppressed = suppressed
        self.preferences = preferences
        self.cases = cases
        self.held = held
        self.rules = rules
        self.clock = clock

    async def known(self, notifications: Sequence[Notification]) -> Known:
        contacts = await self._contacts(notifications)
        addresses = self._addresses(notifications, contacts)
        written = self._written(addresses)
        suppressed = await self.suppressed.of(written)
        wishes = await self._wishes(notifications, addresses, written)
        instead = await self._instead(notifications, wishes)
        members = await self.held.members_of(notifications)
        known = Known(contacts, suppressed, wishes, instead, members)
        return replace(known, instead={**instead, **await self._bursts(notifications, known)})

    async def wishes(self, notifications: Sequence[Notification]) -> Mapping[str, Wishes]:
        """By notification, where anybody has chosen anything."""
        addresses = self._addresses(notifications, await self._contacts(notifications))
        return await self._wishes(notifications, addresses, self._written(addresses))

    async def _contacts(self, notifications: Sequence[Notification]) -> Mapping[str, StoredContact]:
        keys = {each.recipient for each in notifications if each.recipient_kind == "contact"}
        return await self.contacts.find(sorted(keys)) if keys else {}

    def _written(self, addresses: Mapping[str, Sequence[str]]) -> Written:
        return self.suppressed.written(address for both in addresses.values() for address in both)

    async def _bursts(self, notifications: Sequence[Notification], known: Known) -> Mapping[str, Outcome]:
        """What waits to be told together with something else. Only what would go out otherwise: the rest is no news."""
        if not self.rules.burst:
            return {}
        now = self.clock()
        sharing = [
            each
            for each in notifications
            if may_share(each) and each.id not in known.instead and self.book.would_go(each, known, now)
        ]
        if not sharing:
            return {}
        before = await self.held.before(sharing, self.rules.burst, now)
        waits = bursts(sharing, before, self.rules.burst, now)
        return {each.id: hold(each, waits[each.id], BURST) for each in sharing if each.id in waits}

    async def _instead(
        self, notifications: Sequence[Notification], wishes: Mapping[str, Wishes]
    ) -> Mapping[str, Outcome]:
        """What becomes of those that are not told now. By day, and on time, nobody is looked at who chose nothing."""
        now = self.clock()
        instead: dict[str, Outcome] = {}
        is_quiet = quiet_until(now, self.rules.quiet, self.rules.zone) is not None
        for each in notifications if is_quiet else [each for each in notifications if each.id in wishes]:
            if outcome := held(each, wishes.get(each.id, NOTHING_CHOSEN), self.rules, now):
                instead[each.id] = outcome
        late = [each for each in notifications if each.over_in and now - each.event_at > LATE]
        if late:
            cases = await self.cases.load(sorted({each.submission_id for each in late}))
            for each in late:
                case = cases.get(each.submission_id)
                if case is not None and case.state is not None and case.state.state in each.over_in:
                    instead[each.id] = Outcome(each, State.CANCELLED, OVERTAKEN)
        return instead

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
