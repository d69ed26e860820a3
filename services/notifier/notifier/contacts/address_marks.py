"""Addresses as marks: the same for the ways in which people write one, and of no use to who has no contact key."""

from shared.privacy.contacts import KeyRing

PURPOSE = "address"


class AddressMarks:
    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def all(self, address: str) -> list[str]:
        """By each key of the ring, newest first: what was marked under an older one is found as well."""
        return [mark.hex()[:32] for mark in self._ring.marks(PURPOSE, address.strip().casefold())]

    def newest(self, address: str) -> str:
        return self.all(address)[0]
