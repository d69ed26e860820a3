"""Decide who may see which case: the rules that the router, intake and the SLA monitor share.

A case is seen by the officials of its entity who work in its area. A confidential case is seen only by the officials
whom it names, by the deputies who act for them while they are absent, and by the head of its entity. Callers pass
active officials only: for someone who has left, nobody acts and nothing is read.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from datetime import date
from typing import Protocol

from shared.events.model import Role
from shared.reference.deputies import Person, acting_for


class Official(Person, Protocol):
    @property
    def entity(self) -> str: ...

    @property
    def role(self) -> Role: ...

    @property
    def other_roles(self) -> Sequence[Role]: ...

    @property
    def areas(self) -> Collection[str]: ...


def stands_for(subject: str, officials: Mapping[str, Person], day: date) -> frozenset[str]:
    """Return the names under which somebody reads: their own, and those of the absent for whom they act."""
    absent = (id for id, official in officials.items() if official.absences and id != subject)
    return frozenset({subject, *(id for id in absent if acting_for(id, officials, day) == subject)})


def areas_of(names: Iterable[str], officials: Mapping[str, Official]) -> frozenset[str] | None:
    """Return where these officials work; None means everywhere, also where one of them is not in the directory."""
    found: set[str] = set()
    for name in names:
        official = officials.get(name)
        if official is None or not official.areas:
            return None
        found.update(official.areas)
    return frozenset(found)


def headed_by(names: Set[str], heads: Mapping[str, str | None], officials: Mapping[str, Official]) -> frozenset[str]:
    """Return which of the entities in `heads` have one of these officials as their head.

    `heads` holds the head that each entity names. Where it names none, or one who is not active, its officials with
    that role are its heads.
    """
    mine = (officials[name] for name in names if name in officials)
    by_role = {official.entity for official in mine if Role.HEAD in (official.role, *official.other_roles)}
    return frozenset(
        entity for entity, head in heads.items() if (head in names if head in officials else entity in by_role)
    )


def is_confided(names: Set[str], headed: Collection[str], entity: str | None, confided: Iterable[str] | None) -> bool:
    """Tell whether somebody with these names and headed entities may know of a case of `entity`.

    `confided` are the officials whom the case names; None means that it is not confidential.
    """
    return confided is None or entity in headed or not names.isdisjoint(confided)
