"""Whose mail is stopped: looked up before sending, and changed by whoever reads the mail."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.aggregates import Aggregates
from shared.contacts import KeyRing

from notifier.address_marks import AddressMarks
from notifier.domain.case import Case
from notifier.domain.suppression import STRENGTH, Suppressed
from notifier.links import UnsubscribeTokens
from notifier.repository import Contacts, StoredContact, Suppressions


class SuppressionList:
    """Addresses that get no more mail."""

    def __init__(self, suppressions: Suppressions, marks: AddressMarks) -> None:
        self.suppressions = suppressions
        self.marks = marks

    async def among(self, addresses: Iterable[str]) -> Mapping[str, Suppressed]:
        """Those of them that are on it, each as it was asked for."""
        written: dict[str, list[str]] = defaultdict(list)  # several ways to write an address have one mark
        for address in set(addresses):
            for mark in self.marks.all(address):
                written[mark].append(address)
        found = await self.suppressions.find(written)
        # Under another key of the ring may stand another reason: the strongest counts.
        weakest_first = sorted(found.items(), key=lambda each: STRENGTH[each[1]])
        return {address: why for mark, why in weakest_first for address in written[mark]}

    async def add(self, address: str, why: Suppressed, now: datetime) -> None:
        await self.suppressions.add(self.marks.newest(address), why, now)

    async def lift(self, address: str, why: Suppressed) -> bool:
        return await self.suppressions.lift(self.marks.all(address), why)


@dataclass(frozen=True)
class Subscription:
    """What an unsubscribing link leads to. `all_mail`: why nothing at all goes to the address, where that is so.

    `reference` is unknown for a submission that is, too; a contact that `is_gone` gets nothing, whatever one chooses.
    """

    reference: str | None
    is_gone: bool
    this_one_stopped: bool
    all_mail: Suppressed | None


class Unsubscriber:
    def __init__(
        self,
        contacts: Contacts,
        cases: Aggregates[Case],
        suppressed: SuppressionList,
        ring: KeyRing,
        clock: Callable[[], datetime],
    ) -> None:
        self.contacts = contacts
        self.cases = cases
        self.suppressed = suppressed
        self.ring = ring
        self.tokens = UnsubscribeTokens(ring)
        self.clock = clock

    async def subscription(self, token: str) -> Subscription:
        """Raises NotOurToken, and Unreadable for a contact whose key is not on the ring any more."""
        key, stored = await self._of(token)
        case = await self.cases.find(key.partition("/")[0])
        reference = case.state.reference if case is not None and case.state is not None else None
        address = self._address(key, stored)
        listed = await self.suppressed.among([address]) if address else {}
        return Subscription(
            reference=reference,
            is_gone=address is None,
            this_one_stopped=stored is not None and stored.is_unsubscribed,
            all_mail=listed.get(address) if address else None,
        )

    async def stop(self, token: str, all_mail: bool) -> None:
        """No more mail about this submission, or none at all. Once more does no harm."""
        key, stored = await self._of(token)
        await self.contacts.unsubscribe(key, True)
        address = self._address(key, stored)
        if all_mail and address:
            await self.suppressed.add(address, Suppressed.UNSUBSCRIBED, self.clock())

    async def resume(self, token: str) -> None:
        """Mail again, about this submission and all others. What bounced or was called spam stays stopped."""
        key, stored = await self._of(token)
        await self.contacts.unsubscribe(key, False)
        address = self._address(key, stored)
        if address:
            await self.suppressed.lift(address, Suppressed.UNSUBSCRIBED)

    async def _of(self, token: str) -> tuple[str, StoredContact | None]:
        key = self.tokens.read(token)
        return key, (await self.contacts.find([key])).get(key)

    def _address(self, key: str, stored: StoredContact | None) -> str | None:
        if stored is None or stored.sealed is None:
            return None
        return self.ring.open(stored.sealed, key).email
