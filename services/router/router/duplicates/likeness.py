"""Which submissions are alike: found by keys that few others have, then compared by all they have in common."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.events.model import Location
from shared.reference.likeness import (
    LIKE,
    Likeness,
    Traits,
    best,
    category_keys,
    keys,
    likeness,
    places_around,
    text_keys,
    traits,
)
from shared.storage.aggregates import Decision, Document

from router.cases.case_query import AlikeTo
from router.cases.life import OPEN, State
from router.cases.model import Assignment
from router.cases.store import Assignments
from router.cases.visibility import EVERYTHING, Visibility

OPEN_SINCE, PAST_SINCE = timedelta(days=120), timedelta(days=365)
MOST_NEAR, MOST_BY_WORDS, MOST_OF_CATEGORY = 120, 60, 60
MOST_SHOWN = 5
LIKE_ENOUGH_TO_LEARN_FROM = 0.35
PLACED = tuple(state for state in State if state not in (State.EXPECTED, State.IN_TRIAGE, State.WITHDRAWN))
"""Somebody or something has said whose it is."""


@dataclass(frozen=True)
class Similar:
    id: str
    reference: str
    state: State
    category: str | None
    entity: str | None
    text: str
    received_at: datetime
    is_public: bool
    like: Likeness

    def without_metres(self) -> "Similar":
        return replace(self, like=replace(self.like, metres=None))


def findable(decision: Decision[Assignment]) -> Decision[Assignment]:
    """With the keys by which it is found as alike; its category may have changed."""
    state = decision.state
    if state.submission is None or state.erased or state.parent is not None:
        return decision
    if state.like and (state.category is None or f"k{state.category}" in state.like):
        return decision
    return replace(decision, state=state.changed(like=keys(traits_of(state, {}))))


def traits_of(assignment: Assignment, parents: Mapping[str, str | None]) -> Traits:
    submission = assignment.submission
    assert submission is not None
    location = assignment.understood or submission.location
    return traits(submission.text, location, assignment.category, submission.received_at, parents)


async def open_ones(
    assignments: Assignments,
    of: Traits,
    now: datetime,
    parents: Mapping[str, str | None],
    visibility: Visibility = EVERYTHING,
    besides: Sequence[str] = (),
) -> list[Similar]:
    """Find open cases that may be about the same matter, the likest first, as far as they may be seen."""
    asked = AlikeTo((), OPEN, now - OPEN_SINCE, MOST_NEAR, visibility)
    near = replace(asked, keys=tuple(places_around(of)))
    worded = replace(asked, keys=tuple(text_keys(of)), most=MOST_BY_WORDS)
    of_category = replace(asked, keys=() if of.has_place else tuple(category_keys(of)), most=MOST_OF_CATEGORY)
    found = await _found(assignments, (near, worded, of_category))
    return _likest(found, of, parents, besides, LIKE)


async def past_ones(
    assignments: Assignments,
    of: Traits,
    likely: Sequence[str],
    now: datetime,
    parents: Mapping[str, str | None],
    visibility: Visibility = EVERYTHING,
    besides: Sequence[str] = (),
) -> list[Similar]:
    """What was placed before and reads alike, wherever it was: who is to place another learns from it. `likely` are
    categories that it may belong to."""
    asked = AlikeTo((), PLACED, now - PAST_SINCE, MOST_BY_WORDS, visibility)
    searches = [replace(asked, keys=tuple(text_keys(of))), replace(asked, keys=tuple(places_around(of)))]
    searches += [replace(asked, keys=(f"k{category}",)) for category in likely]
    anywhere = replace(of.without_place(), category=None)
    return _likest(await _found(assignments, searches), anywhere, parents, besides, LIKE_ENOUGH_TO_LEARN_FROM)


async def _found(assignments: Assignments, searches: Sequence[AlikeTo]) -> dict[str, Document]:
    lists = await asyncio.gather(*(assignments.alike(each) for each in searches if each.keys))
    return {document["_id"]: document["state"] for documents in lists for document in documents}


def _likest(
    found: Mapping[str, Document],
    of: Traits,
    parents: Mapping[str, str | None],
    besides: Sequence[str],
    least: float,
) -> list[Similar]:
    compared = {id: likeness(of, _traits(state, parents)) for id, state in found.items() if id not in besides}
    return [_similar(id, found[id], like) for id, like in best(compared.items(), MOST_SHOWN, least)]


def _traits(state: Document, parents: Mapping[str, str | None]) -> Traits:
    submission = state["submission"]
    place = state.get("understood") or submission.get("location")
    location = Location.model_validate(place) if place else None
    return traits(submission["text"], location, state.get("category"), submission["received_at"], parents)


def _similar(id: str, state: Document, like: Likeness) -> Similar:
    submission = state["submission"]
    return Similar(
        id=id,
        reference=submission["reference"],
        state=State(state["state"]),
        category=state.get("category"),
        entity=state.get("entity"),
        text=submission["text"],
        received_at=submission["received_at"],
        is_public=state.get("public") is not None,
        like=like,
    )
