"""Resolves place names to places of the directory; unknown names stay as typed."""

from typing import Any

from shared.events.directory import PlaceChanged
from shared.events.model import Location
from shared.reference.directory import Directory
from shared.reference.gazetteer import Gazetteer, block_in


class Places:
    """The directory's active places, indexed by name."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self._version = -1
        self._gazetteer = Gazetteer[PlaceChanged]({})

    @property
    def gazetteer(self) -> Gazetteer[PlaceChanged]:
        if self._version != self.directory.places_version:
            self._version = self.directory.places_version
            self._gazetteer = Gazetteer({id: place for id, place in self.directory.places.items() if place.active})
        return self._gazetteer

    def located(self, said: dict[str, Any] | None) -> Location | None:
        """Resolve `place`, which is a name, an id or a block number. An ambiguous or unknown name is put before the
        address."""
        if said is None:
            return None
        said = dict(said)
        typed = said.pop("place", None)
        if typed is not None:
            called = self.gazetteer.called(typed)
            number = block_in(typed)
            if number is not None and said.get("block") in (None, number):
                said["block"] = number
            elif called is not None:
                said["place"] = called.place
            else:
                said["address"] = with_address(typed, said.get("address"))
        return Location.model_validate(said)


def with_address(typed: str, address: str | None) -> str:
    return f"{typed}, {address}" if address else typed
