"""Which official of an entity is put in charge of a case: by load, by skill, or in turn; and who is there at all."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Literal

from shared.events.model import Role
from shared.reference.deputies import acting_for, is_absent
from shared.reference.work_areas import works_in

from router.directory.model import Category, Official

Way = Literal["hand", "load", "skill", "turn"]
AT_WORK = (Role.OFFICER, Role.SUPERVISOR, Role.HEAD)
LEADERS = (Role.SUPERVISOR, Role.HEAD)


def roles_of(official: Official) -> set[Role]:
    return {official.role, *official.other_roles}


def at_work(official: Official) -> bool:
    """Whether this is somebody who can be in charge of a case."""
    return not roles_of(official).isdisjoint(AT_WORK)


def colleagues(officials: Iterable[Official], entity: str | None) -> list[Official]:
    """Return the officials of an entity who can be in charge of a case, in a fixed order."""
    found = (each for each in officials if each.entity == entity and at_work(each))
    return sorted(found, key=lambda official: official.id)


def acts_as_leader(subject: str, officials: Mapping[str, Official], entity: str | None, today: date) -> bool:
    """For a supervisor or head of the entity who is absent."""
    return any(
        leader.id != subject and acting_for(leader.id, officials, today) == subject
        for leader in colleagues(officials.values(), entity)
        if not roles_of(leader).isdisjoint(LEADERS)
    )


def candidates(team: Sequence[Official], area: str | None, today: date) -> list[Official]:
    """Who is given cases by themselves: officers who are there and work in this area; where there are none, whoever of
    the team is there and sees it."""
    here = [official for official in team if not is_absent(official, today) and works_in(official.areas, area)]
    return [official for official in here if Role.OFFICER in roles_of(official)] or here


def chosen(
    way: Way,
    among: Sequence[Official],
    loads: Mapping[str, int],
    above: Sequence[str],
    turn: int,
) -> Official | None:
    """`loads`: how many open cases each has; `above`: the category and its groups; `turn`: how many were given before.

    Who is versed in nothing of this is passed over by skill, unless nobody is.
    """
    if not among or way == "hand":
        return None
    if way == "turn":
        return among[turn % len(among)]
    if way == "skill":
        versed = [official for official in among if not set(official.skills).isdisjoint(above)]
        among = versed or among
    return min(among, key=lambda official: (loads.get(official.id, 0), official.id))


def with_groups_above(category: str | None, categories: Mapping[str, Category]) -> list[str]:
    """The category, its group, the group of that; nothing where it has none."""
    found: list[str] = []
    while category is not None and category not in found:
        found.append(category)
        known = categories.get(category)
        category = known.parent if known else None
    return found
