"""What somebody wants to be told: chosen signed in, or by whoever reads the mail through the link in it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from shared.events.envelope import Cause
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
from notifier.preferences.model import By, Preferences, address_id, person_id
from notifier.preferences.store import PreferenceStore
from notifier.rendering.links import UnsubscribeTokens

ChangePreferences = Callable[[Preferences], Preferences]
NO_EVENT = Cause("none")


class VersionDiffers(Exception):
    """They were changed since who chooses has read them."""


@dataclass(frozen=True)
class ConsentContext:
    """How a choice was made: on which page, in which language."""

    by: By
    page: str = ""
    language: str = ""


@dataclass(frozen=True)
class Subscription:
    """What the link in a mail leads to. `suppressed`: why nothing at all goes to the address, where that is so.

    `reference` is unknown for a submission that is, too; a contact that `is_gone` gets nothing, whatever one chooses.
    `version` counts the changes of `preferences`.
    """

    reference: str | None
    is_gone: bool
    this_one_stopped: bool
    suppressed: Suppressed | None
    preferences: Preferences
    version: int


class PreferenceCommands:
    """`sms_country`: of numbers without a prefix; None where nothing goes by SMS."""

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
        self.tokens = UnsubscribeTokens(ring)
        self.clock = clock

    async def subscription(self, token: str) -> Subscription:
        """Raises NotOurToken, and Unreadable for a contact whose key is not on the ring any more."""
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

    async def stop(self, token: str, everything: bool, said: ConsentContext) -> None:
        """Nothing more about this submission, or nothing at all. Once more does no harm."""
        key, _, address = await self._of(token)
        await self.contacts.unsubscribe(key, {"at": self.clock(), **asdict(said)})
        if everything and address:
            await self._change(await self._id(address), _stopped, said)

    async def resume(self, token: str, said: ConsentContext) -> None:
        """Messages again, about this submission and all others. What bounced or was called spam stays stopped."""
        key, _, address = await self._of(token)
        await self.contacts.unsubscribe(key, None)
        if address:
            await self._change(await self._id(address), _resumed, said)

    async def stop_address(self, address: str, said: ConsentContext) -> None:
        await self._change(await self._id(address), _stopped, said)

    async def choose_by_link(
        self, token: str, chosen: ChangePreferences, seen: SeenVersions, said: ConsentContext
    ) -> bool:
        """False where there is nobody to write to any more. Raises SeenDiffers."""
        _, _, address = await self._of(token)
        if address:
            await self._change(await self._id(address), chosen, said, seen)
        return address is not None

    async def of_person(self, subject: str) -> tuple[Preferences, int]:
        """With the number of its changes."""
        found = await self.store.find(person_id(subject))
        return (found.state if found and found.state else Preferences()), (found.version if found else 0)

    async def choose(
        self, subject: str, chosen: ChangePreferences, seen: SeenVersions, said: ConsentContext
    ) -> tuple[Preferences, int]:
        """What was gathered for this person so far comes now, as what holds from now on may be another rhythm, or none.

        Raises SeenDiffers where it is not the version that was `seen`.
        """
        before, _ = await self.of_person(subject)
        changed = await self._change(person_id(subject), chosen, said, seen)
        after = changed.state or Preferences()
        if (after.choices, after.events) != (before.choices, before.events):
            await self.held.come_now(subject, self.clock())
        return after, changed.version

    async def _change(
        self, id: str, chosen: ChangePreferences, said: ConsentContext, seen: SeenVersions = None
    ) -> StoredAggregate[Preferences]:
        now = self.clock()

        def _decide(aggregate: StoredAggregate[Preferences]) -> Decision[Preferences] | None:
            if differs(seen, aggregate.version):
                raise VersionDiffers
            before = aggregate.state or Preferences()
            after = before.agreed(chosen(before), now, said.by, said.page, said.language)
            return Decision(after) if after is not None else None

        return await self.store.change(id, _decide, now, NO_EVENT)

    async def _of(self, token: str) -> tuple[str, StoredContact | None, str | None]:
        """Key, contact and address: the number of who left no mail address."""
        key = self.tokens.read(token)
        stored = (await self.contacts.find([key])).get(key)
        if stored is None or stored.sealed is None:
            return key, stored, None
        contact = self.ring.open(stored.sealed, key)
        number = mobile_number(contact.phone, self.sms_country) if contact.phone and self.sms_country else None
        return key, stored, contact.email or number

    async def _id(self, address: str) -> str:
        """Under the newest key of the ring, or where it was begun under an older one."""
        ids = [address_id(mark) for mark in self.marks.all(address)]
        known = await self.store.chosen(ids)
        return next((id for id in ids if id in known), ids[0])


def _stopped(before: Preferences) -> Preferences:
    return before.model_copy(update={"stopped": True})


def _resumed(before: Preferences) -> Preferences:
    return before.model_copy(update={"stopped": False})
