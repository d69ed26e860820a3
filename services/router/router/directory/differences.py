"""Compare two directories, item by item and field by field."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from router.directory.model import MODELS, Country, Item, items_in

What = Literal["added", "changed", "removed", "moved"]

ORDERED = ("rules",)
"""Lists whose order decides something."""


@dataclass(frozen=True)
class FieldDiffers:
    """`field` with dots for what is inside it (`name.ar`); JSON values, None where it is not said."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Difference:
    """One thing that came, went, changed, or stands elsewhere in its list. `list` is one of MODELS."""

    list: str
    id: str
    what: What
    fields: tuple[FieldDiffers, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.list}:{self.id}"


def differences(before: Country | None, after: Country) -> Iterator[Difference]:
    """In the order of the lists; in each first what the new one has, then what only the old one had."""
    for name in MODELS:
        yield from _in_list(name, items_in(before, name) if before else (), items_in(after, name))


def _in_list(name: str, before: Sequence[Item], after: Sequence[Item]) -> Iterator[Difference]:
    old = {item.id: item for item in before}
    new = {item.id: item for item in after}
    moved = _moved([id for id in old if id in new], [id for id in new if id in old]) if name in ORDERED else set()
    for id, item in new.items():
        if id not in old:
            yield Difference(name, id, "added", _fields({}, flat(item)))
        elif old[id] != item:
            yield Difference(name, id, "changed", _fields(flat(old[id]), flat(item)))
        elif id in moved:
            yield Difference(name, id, "moved")
    for id in old:
        if id not in new:
            yield Difference(name, id, "removed")


def flat(item: Item) -> dict[str, Any]:
    """Its fields as JSON values, those inside others under names with dots, what is as by default left out."""
    found: dict[str, Any] = {}
    _flatten("", item.model_dump(mode="json", exclude_defaults=True), found)
    return found


def _flatten(prefix: str, values: Mapping[str, Any], found: dict[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            _flatten(f"{prefix}{name}.", value, found)
        else:
            found[f"{prefix}{name}"] = value


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldDiffers, ...]:
    names = dict.fromkeys((*after, *before))
    return tuple(
        FieldDiffers(name, before.get(name), after.get(name))
        for name in names
        if name != "id" and before.get(name) != after.get(name)
    )


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """As few as explain the new order: all but a longest run that kept its order."""
    place = {id: number for number, id in enumerate(before)}
    ends: list[int] = []
    """Of the runs of each length, the one that ends first ends here."""
    length: dict[str, int] = {}
    for id in after:
        at = bisect_left(ends, place[id])
        ends[at : at + 1] = [place[id]]
        length[id] = at + 1
    wanted, last, kept = len(ends), len(before), set[str]()
    for id in reversed(after):
        if length[id] == wanted and place[id] < last:
            kept.add(id)
            wanted, last = wanted - 1, place[id]
    return set(after) - kept
