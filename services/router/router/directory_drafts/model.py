"""How a directory is changed before it is published: item by item, list by list, and over a newer publication."""

from collections.abc import Mapping, Sequence
from typing import Any

from router.directory.model import MODELS, Country, Item, items_in


class NotThere(Exception):
    """The list has no such item."""


class AlreadyThere(Exception):
    """Something new was to be put under an id that the list has."""


def with_list(country: Country, name: str, items: Sequence[Item]) -> Country:
    """With this list in place of its own. Raises pydantic's ValidationError where it is too long or too short."""
    return Country.model_validate({other: items_in(country, other) for other in MODELS} | {name: tuple(items)})


def with_item(country: Country, name: str, item: Item, before: str | None = None) -> Country:
    """With this item, in place of the one with its id or new; it goes in front of `before`, else it stays where it is
    and a new one comes last (a new rule before the last, which takes what no other did). Raises NotThere."""
    items = list(items_in(country, name))
    at = next((number for number, each in enumerate(items) if each.id == item.id), None)
    if before is not None and before != item.id:
        items = [each for each in items if each.id != item.id]
        at = next((number for number, each in enumerate(items) if each.id == before), None)
        if at is None:
            raise NotThere(before)
        items.insert(at, item)
    elif at is not None:
        items[at] = item
    else:
        items.insert(len(items) - 1 if name == "rules" else len(items), item)
    return with_list(country, name, items)


def without_item(country: Country, name: str, id: str) -> Country:
    """Raises NotThere, and pydantic's ValidationError where the list may not be empty."""
    items = items_in(country, name)
    left = [item for item in items if item.id != id]
    if len(left) == len(items):
        raise NotThere(id)
    return with_list(country, name, left)


def merged(base: Country, draft: Country, newest: Country) -> tuple[Country, list[str]]:
    """Do the draft's changes since `base` again on `newest`; return also what both changed, each its own way
    (`entities:works`): there the draft's stays."""
    lists: dict[str, Any] = {}
    both: list[str] = []
    for name in MODELS:
        lists[name], clashing = _merged(*(_by_id(items_in(country, name)) for country in (base, draft, newest)))
        both += [f"{name}:{id}" for id in clashing]
    return Country.model_validate(lists), both


def _by_id(items: Sequence[Item]) -> dict[str, Item]:
    return {item.id: item for item in items}


def _merged(
    base: Mapping[str, Item], draft: Mapping[str, Item], newest: Mapping[str, Item]
) -> tuple[list[Item], list[str]]:
    changed = {id for id in base.keys() | draft.keys() if base.get(id) != draft.get(id)}
    elsewhere = {id for id in base.keys() | newest.keys() if base.get(id) != newest.get(id)}
    found = {id: item for id, item in newest.items() if id not in changed}
    found |= {id: item for id, item in draft.items() if id in changed}
    common = [id for id in base if id in draft]
    reordered = common != [id for id in draft if id in base]
    first, second = (draft, newest) if reordered else (newest, draft)
    order = _woven([id for id in first if id in found], [id for id in second if id in found])
    return [found[id] for id in order], sorted(id for id in changed & elsewhere if draft.get(id) != newest.get(id))


def _woven(order: list[str], other: Sequence[str]) -> list[str]:
    """`order`, with those that only `other` has behind the one they follow there."""
    have, before = set(order), None
    for id in other:
        if id not in have:
            order.insert(order.index(before) + 1 if before is not None else 0, id)
            have.add(id)
        before = id
    return order
