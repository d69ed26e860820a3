"""Finds who acts for an official on a day: the official, or while absent the first deputy who is there."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol


class Away(Protocol):
    """Both days included, in the country's zone."""

    @property
    def first_day(self) -> date: ...

    @property
    def last_day(self) -> date: ...


class Person(Protocol):
    @property
    def deputies(self) -> Sequence[str]: ...

    @property
    def absences(self) -> Sequence[Away]: ...


def is_absent(person: Person, day: date) -> bool:
    return any(absence.first_day <= day <= absence.last_day for absence in person.absences)


def acting_for(id: str, officials: Mapping[str, Person], day: date) -> str | None:
    """Breadth first: a deputy who is absent too is acted for by their own, once the others were asked. None where
    nobody of them is there, or the official is not known."""
    waiting, seen = [id], {id}
    for asked in waiting:
        person = officials.get(asked)
        if person is None:
            continue
        if not is_absent(person, day):
            return asked
        waiting += [deputy for deputy in dict.fromkeys(person.deputies) if deputy not in seen]
        seen.update(person.deputies)
    return None
