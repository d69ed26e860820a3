"""Which addresses get nothing more: looked up before sending."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from notifier.contacts.address_marks import AddressMarks
from notifier.contacts.suppression import STRENGTH, Suppressed
from notifier.contacts.suppression_store import Suppressions

Written = Mapping[str, list[str]]
"""Addresses as they were written, by their marks: several ways to write one have the same."""


class SuppressionList:
    """Addresses that get no more mail."""

    def __init__(self, suppressions: Suppressions, marks: AddressMarks) -> None:
        self.suppressions = suppressions
        self.marks = marks

    async def among(self, addresses: Iterable[str]) -> Mapping[str, Suppressed]:
        """The suppressed ones among these addresses, by the address as given."""
        return await self.of(self.written(addresses))

    def written(self, addresses: Iterable[str]) -> Written:
        written: dict[str, list[str]] = defaultdict(list)
        for address in set(addresses):
            for mark in self.marks.all(address):
                written[mark].append(address)
        return written

    async def of(self, written: Written) -> Mapping[str, Suppressed]:
        """The same, where the marks are known already."""
        found = await self.suppressions.find(written)
        # Under another key of the ring may stand another reason: the strongest counts.
        weakest_first = sorted(found.items(), key=lambda each: STRENGTH[each[1]])
        return {address: why for mark, why in weakest_first for address in written[mark]}

    async def add(self, address: str, why: Suppressed, now: datetime) -> None:
        await self.suppressions.add(self.marks.newest(address), why, now)

    async def lift(self, address: str, why: Suppressed) -> bool:
        return await self.suppressions.lift(self.marks.all(address), why)
