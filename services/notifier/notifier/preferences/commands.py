"""Preferences: chosen by a signed-in person, or for an address by the reader of a mail through the link in it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from shared.events.envelope import Cause
from shared.http.auth import Caller
from shared.http.commands import SeenVersions, differs
from shared.privacy.contacts import KeyRing
from shared.storage.aggregates import Aggregates, Decision, StoredAggregate

from notifier.cases.model import Case
from notifier.channels.sms import mobile_number
from notifier.contacts.address_marks import AddressMarks
from notifier.contacts.store import Contacts, StoredContact
from notifier.contacts.suppression import Suppressed
from notifier.contacts.suppression_lookup import SuppressionList
from notifier.deferral.store import HeldNotifications
from notifier.preferences.choices import Chosen
from notifier.preferences.model import By, Preferences, address_id, person_id
from notifier.preferences.offers import Offers
from notifier.preferences.store import PreferenceStore
from notifier.rendering.links import UnsubscribeTokens

ChangePreferences = Callable[[Preferences], Preferences]
NO_EVENT = Cause("none")


class VersionDiffers(Exception):
    """The preferences changed since the caller read them."""


@dataclass(frozen=True)
class ConsentContext:
    """The circumstances of a choice, kept as evidence: by which way, on which page, in which language."""

    by: By
    page: str = ""
    language: str = ""


@dataclass(frozen=True)
class Subscription:
    """The state behind the unsubscribe link of a mail.

    `suppressed`: why nothing at all is sent to the address, if so. `reference` is None for a submission that is not
    known yet. A contact that `is_gone` gets nothing, whatever is chosen. `version` counts changes of `preferences`.
    """

    reference: str | None
    is_gone: bool
    this_one_stopped: bool
    suppressed: Suppressed | None
    preferences: Preferences
    version: int


class PreferenceCommands:
    """`sms_country`: the country of numbers without a prefix; None if nothing is sent by SMS."""

    def __init__(
        self,
        contacts: Contacts,
        cases: Aggregates[Case],
        suppressed: SuppressionList,
        store: PreferenceStore,
        held: HeldNotifications,
        marks: AddressMarks,
        ring: KeyRing,
        sms_country: str | None,
        offers: Offers,
        clock: Callable[[], datetime],
    ) -> None:
        self.contacts = contacts
        self.cases = cases
        self.suppressed = suppressed
        self.store = store
        self.held = held
        self.marks = marks
        self.ring = ring
        self.sms_country = sms_country
        self.offers = offers
        self.tokens = UnsubscribeTokens(ring)
        self.clock = clock

    async def subscription(self, token: str) -> Subscription:
        """Raises NotOurToken, and Unreadable for a contact whose key is no longer on the ring."""
        key, stored, address = await self._of(token)
        case = await self.cases.find(key.partition("/")[0])
        reference = case.state.reference if case is not None and case.state is not None else None
        listed = await self.suppressed.among([address]) if address else {}
        found = await self.store.find(await self._id(address)) if address else None
        return Subscription(
            reference=reference,
            is_gone=address is None,
            this_one_stopped=stored is not None and stored.is_unsubscribed,
            suppressed=listed.get(address) if address else None,
            preferences=found.state if found and found.state else Preferences(),
            version=found.version if found else 0,
        )

    async def stop(self, token: str, everything: bool, context: ConsentContext) -> None:
        """Stop messages about this submission, or all messages. Idempotent."""
        key, _, address = await self._of(token)
        await self.contacts.unsubscribe(key, {"at": self.clock(), **asdict(context)})
        if everything and address:
            await self._change(await self._id(address), _stopped, context)

    async def resume(self, token: str, context: ConsentContext) -> None:
        """Send messages again, about this submission and all others. An address that bounced or reported spam stays
        suppressed."""
        key, _, address = await self._of(token)
        await self.contacts.unsubscribe(key, None)
        if address:
            await self._change(await self._id(address), _resumed, context)

    async def stop_address(self, address: str, context: ConsentContext) -> None:
        await self._change(await self._id(address), _stopped, context)

    async def choose_by_link(self, token: str, choice: Chosen, seen: SeenVersions, context: ConsentContext) -> bool:
        """Choose for the address behind the link; False if nobody can be written to any more.

        Raises NotOurToken, Unreadable, VersionDiffers.
        """
        _, _, address = await self._of(token)
        if address:
            offer = self.offers.to(None)
            await self._change(
                await self._id(address),
                lambda before: choice.upon(before, offer.matters, offer.events),
                context,
                seen,
            )
        return address is not None

    async def of_person(self, subject: str) -> tuple[Preferences, int]:
        """The preferences and their version."""
        found = await self.store.find(person_id(subject))
        return (found.state if found and found.state else Preferences()), (found.version if found else 0)

    async def choose(
        self, caller: Caller, choice: Chosen, seen: SeenVersions, context: ConsentContext
    ) -> tuple[Preferences, int]:
        """Replace the caller's choices; choices that are not offered stay as they were. Raises VersionDiffers.

        Messages gathered for a digest so far become due now, because the new choice may be another rhythm or none.
        """
        before, _ = await self.of_person(caller.subject)
        offer = self.offers.to(caller)
        changed = await self._change(
            person_id(caller.subject),
            lambda current: choice.upon(current, offer.matters, offer.events),
            context,
            seen,
        )
        after = changed.state or Preferences()
        if (after.choices, after.events) != (before.choices, before.events):
            await self.held.make_due(caller.subject, self.clock())
        return after, changed.version

    async def _change(
        self, id: str, decide: ChangePreferences, context: ConsentContext, seen: SeenVersions = None
    ) -> StoredAggregate[Preferences]:
        now = self.clock()

        def _decide(aggregate: StoredAggregate[Preferences]) -> Decision[Preferences] | None:
            if differs(seen, aggregate.version):
                raise VersionDiffers
            before = aggregate.state or Preferences()
            after = before.agreed(decide(before), now, context.by, context.page, context.language)
            return Decision(after) if after is not None else None

        return await self.store.change(id, _decide, now, NO_EVENT)

    async def _of(self, token: str) -> tuple[str, StoredContact | None, str | None]:
        """Key, contact and address; the phone number if the contact has no mail address."""
        key = self.tokens.read(token)
        stored = (await self.contacts.find([key])).get(key)
        if stored is None or stored.sealed is None:
            return key, stored, None
        contact = self.ring.open(stored.sealed, key)
        number = mobile_number(contact.phone, self.sms_country) if contact.phone and self.sms_country else None
        return key, stored, contact.email or number

    async def _id(self, address: str) -> str:
        """The id under the newest key of the ring, or under the older key with which it was created."""
        ids = [address_id(mark) for mark in self.marks.all(address)]
        known = await self.store.chosen(ids)
        return next((id for id in ids if id in known), ids[0])


def _stopped(before: Preferences) -> Preferences:
    return before.model_copy(update={"stopped": True})


def _resumed(before: Preferences) -> Preferences:
    return before.model_copy(update={"stopped": False})
