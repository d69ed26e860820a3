"""What an official may see: within the own entity, in the own areas, and what is confidential by name alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from shared.events.model import Role
from shared.reference.deputies import acting_for
from shared.reference.work_areas import works_in

from router.cases.model import Assignment
from router.directory.model import Entity, Official
from router.staffing.model import roles_of


@dataclass(frozen=True)
class Sight:
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


EVERYTHING = Sight()
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
    """As `Sight.is_confided`, whoever else they act for. `entity`: the one that has it."""
    names = frozenset({official.id})
    headed = headed_by(names, [entity] if entity is not None else [], {official.id: official})
    return Sight(names=names, headed=headed).is_confided(assignment)


def headed_by(names: frozenset[str], entities: Iterable[Entity], officials: Mapping[str, Official]) -> frozenset[str]:
    """The entities whose head is one of these: whom the directory names, or else whoever has that role there."""
    mine = (officials[name] for name in names if name in officials)
    heads = {official.entity for official in mine if Role.HEAD in roles_of(official)}
    return frozenset(
        entity.id for entity in entities if (entity.head in names if entity.head is not None else entity.id in heads)
    )
