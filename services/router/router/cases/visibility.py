"""Decide which cases an official sees, as predicate and query: by entity, by area, and confidential ones by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.reference import access
from shared.reference.work_areas import works_in

from router.cases.model import Assignment
from router.directory.model import Entity, Official


@dataclass(frozen=True)
class Visibility:
    """`entity`: whose cases, None for every entity's; `areas`: where, None for everywhere; `names`: one of them must
    be among those of a confidential case, unless its entity is among the `headed`."""

    entity: str | None = None
    areas: frozenset[str] | None = None
    names: frozenset[str] = frozenset()
    headed: frozenset[str] = frozenset()

    def holds(self, assignment: Assignment) -> bool:
        return self.is_of_entity(assignment) and self.is_in_area(assignment) and self.is_confided(assignment)

    def is_of_entity(self, assignment: Assignment) -> bool:
        return self.entity is None or self.entity == assignment.entity

    def is_in_area(self, assignment: Assignment) -> bool:
        return works_in(self.areas, assignment.area)

    def is_confided(self, assignment: Assignment) -> bool:
        return access.is_confided(self.names, self.headed, assignment.entity, assignment.named)


EVERYTHING = Visibility()
"""All cases that are not confidential, of every entity and area."""


def is_confided_to(
    official: Official, assignment: Assignment, entity: Entity | None, officials: Mapping[str, Official]
) -> bool:
    """Tell whether an official may know of a case that `entity` has, whoever else they act for."""
    names = frozenset({official.id})
    headed = access.headed_by(names, {entity.id: entity.head} if entity is not None else {}, officials)
    return Visibility(names=names, headed=headed).is_confided(assignment)


def visible_query(visibility: Visibility | None, with_confidential: bool = False) -> dict[str, Any]:
    """The database's form of `Visibility.holds`, without the entity, which each query states by itself.

    `with_confidential` leaves confidential cases in, so that an index alone can answer. None sees everything.
    """
    query: dict[str, Any] = {}
    if visibility is not None and visibility.areas:
        query["state.area"] = {"$in": ["", *sorted(visibility.areas)]}
    if visibility is not None and not with_confidential:
        query["$nor"] = [
            {"state.named": _named_without(visibility), "state.entity": {"$nin": sorted(visibility.headed)}}
        ]
    return query


def hidden_query(visibility: Visibility) -> dict[str, Any]:
    """The database's form of `not Visibility.is_confided`."""
    named = _named_without(visibility) | {"$exists": True}
    return {"state.named": named, "$nor": [{"state.entity": {"$in": sorted(visibility.headed)}}]}


def _named_without(visibility: Visibility) -> dict[str, Any]:
    return {"$nin": [None, *sorted(visibility.names)]}
