"""What an official may see: within the own entity, in the own areas, and what is confidential by name alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.events.model import Role
from shared.reference.deputies import acting_for
from shared.reference.work_areas import works_in

from router.cases.model import Assignment
from router.directory.model import Entity, Official
from router.staffing.model import roles_of


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
        return (
            assignment.named is None or assignment.entity in self.headed or not self.names.isdisjoint(assignment.named)
        )


EVERYTHING = Visibility()
"""Of every entity, everywhere; what is confidential aside."""


def stands_for(subject: str, officials: Mapping[str, Official], today: date | None) -> frozenset[str]:
    """Oneself, and the absent for whom one acts."""
    if today is None:
        return frozenset({subject})
    away = (id for id, official in officials.items() if official.absences and id != subject)
    acting = (id for id in away if acting_for(id, officials, today) == subject)
    return frozenset({subject, *acting})


def areas_of(names: Iterable[str], officials: Mapping[str, Official]) -> frozenset[str] | None:
    """Where these work together; None for everywhere, and for whom the directory does not know."""
    found: set[str] = set()
    for name in names:
        official = officials.get(name)
        if official is None or not official.areas:
            return None
        found.update(official.areas)
    return frozenset(found)


def is_confided_to(official: Official, assignment: Assignment, entity: Entity | None) -> bool:
    """As `Visibility.is_confided`, whoever else they act for. `entity`: the one that has it."""
    names = frozenset({official.id})
    headed = headed_by(names, [entity] if entity is not None else [], {official.id: official})
    return Visibility(names=names, headed=headed).is_confided(assignment)


def headed_by(names: frozenset[str], entities: Iterable[Entity], officials: Mapping[str, Official]) -> frozenset[str]:
    """The entities whose head is one of these: whom the directory names, or else whoever has that role there."""
    mine = (officials[name] for name in names if name in officials)
    heads = {official.entity for official in mine if Role.HEAD in roles_of(official)}
    return frozenset(
        entity.id for entity in entities if (entity.head in names if entity.head is not None else entity.id in heads)
    )


def visible_query(visibility: Visibility | None, with_confidential: bool = False) -> dict[str, Any]:
    """The database's form of `Visibility.holds`, without the entity, which each query states by itself.

    `with_confidential` leaves confidential cases in, so that an index alone can answer. None sees everything.
    """
    query: dict[str, Any] = {}
    if visibility is not None and visibility.areas is not None:
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
