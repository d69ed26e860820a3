"""What is alike, for officials beside a submission; merging and linking."""

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from shared.http.auth import Caller, SignedIn
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.privacy.audit import audit_of
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Pair

from router.access.policy import Office, by_what_right, may_read, sees_the_spot, visibility_of
from router.cases.life import Move, State
from router.cases.model import Assignment
from router.cases.store import Assignments
from router.casework.api import AtDesk, Desk
from router.casework.command_models import Sentence
from router.desk.api import Readable, TheAssignments
from router.directory.snapshot import Directory
from router.duplicates import decisions as merging
from router.duplicates.decisions import NotToBeMerged
from router.duplicates.likeness import Similar, open_ones, traits_of
from router.http.dependencies import TheOffice
from router.http.models import Done
from router.http.problems import no_such_reference, not_to_be_merged

router = APIRouter(tags=["similar submissions"])

WORK: list[str | Enum] = ["officials' work"]
NOBODY = "nobody"
"""No id of a submission."""

COMMAND = refusals(401, 403, 404, 409, 412, 422, 503)
Reference = Annotated[str, Field(min_length=1, max_length=40)]


class SimilarShown(BaseModel):
    """`score` from 0 to 1; `metres` where both have a point."""

    id: UUID
    reference: str
    state: State
    category: str | None
    entity: str | None
    received_at: datetime
    text: str
    score: float
    metres: int | None
    is_public: bool

    @classmethod
    def of(cls, found: Similar) -> Self:
        return cls.model_validate(
            {
                **{name: getattr(found, name) for name in cls.model_fields if name not in ("score", "metres")},
                "score": found.like.score,
                "metres": found.like.metres,
            }
        )


class SimilarPage(BaseModel):
    items: list[SimilarShown] = Field(description="at most five, the likest first")


class MergeInto(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reference": "7K3MX-QPA42", "reason": "The same hole in the same road."}]},
    )

    reference: Reference
    reason: Sentence


class Unmerge(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "It is another hole, further on."}]}
    )

    reason: Sentence


class LinkWith(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reference": "7K3MX-QPA42"}]})

    reference: Reference


def parents_of(directory: Directory | None) -> dict[str, str | None]:
    return {id: category.parent for id, category in directory.categories.items()} if directory else {}


@router.get("/assignments/{id}/similar", responses=refusals(401, 403, 404, 422, 503))
async def similar_to(
    asked: Readable, request: Request, caller: SignedIn, assignments: TheAssignments, office: TheOffice
) -> SimilarPage:
    """Open ones that may be about the same: of the own entity; of all for the central office."""
    aggregate, assignment = asked
    found = await similar_for(request, caller, aggregate.id, assignment, office, assignments)
    return SimilarPage(items=[SimilarShown.of(each) for each in found])


async def similar_for(
    request: Request,
    caller: Caller,
    id: str,
    assignment: Assignment,
    office: Office,
    assignments: Assignments,
) -> list[Similar]:
    """Recorded as listed. Nothing where the text was erased, and for a part."""
    if assignment.submission is None or assignment.erased or assignment.parent is not None:
        return []
    seen, parents = visibility_of(caller, office), parents_of(office.directory)
    of = traits_of(assignment, parents)
    found = await open_ones(assignments, of, utc_now(), parents, seen, besides=_known(id, assignment))
    if found:
        why = by_what_right(caller, seen.entity)
        await audit_of(request).record(request, caller, "list", "assignment", [each.id for each in found], why)
    return found if sees_the_spot(caller, assignment) else [each.without_metres() for each in found]


def _known(id: str, assignment: Assignment) -> tuple[str, ...]:
    """Itself, and what stands beside it already."""
    parent = (assignment.merged.parent,) if assignment.merged else ()
    return (id, *assignment.related, *parent)


@router.post("/assignments/{id}/merge", responses=COMMAND, openapi_extra=ONCE, tags=WORK)
async def merge(body: JsonBody[MergeInto], desk: AtDesk) -> Done:
    """It is the same matter as another one: that one is worked on, and its answer goes to the authors of both."""
    other = await _named(desk, body.reference)

    def decide(before: Assignment, parent: Assignment | None) -> Pair[Assignment]:
        return merging.merge(desk.id, before, other, _there(parent), body.reason, desk.official, desk.now)

    return await _carried_out(desk, Move.MERGE, other, decide)


@router.post("/assignments/{id}/unmerge", responses=COMMAND, openapi_extra=ONCE, tags=WORK)
async def unmerge(body: JsonBody[Unmerge], desk: AtDesk) -> Done:
    """It was not the same: it is again what it was before."""
    stored = await desk.assignments.find(desk.id)
    merged = stored.state.merged if stored and stored.state else None

    def decide(before: Assignment, parent: Assignment | None) -> Pair[Assignment]:
        return merging.unmerge(desk.id, before, parent, body.reason, desk.official, desk.now)

    return await _carried_out(desk, Move.UNMERGE, merged.parent if merged else NOBODY, decide)


@router.post("/assignments/{id}/link", responses=COMMAND, openapi_extra=ONCE, tags=WORK)
async def link(body: JsonBody[LinkWith], desk: AtDesk) -> Done:
    """Both show each other; nothing else changes."""
    other = await _named(desk, body.reference)

    def decide(before: Assignment, beside: Assignment | None) -> Pair[Assignment]:
        return merging.link(desk.id, before, other, _there(beside), desk.official, desk.now)

    return await _carried_out(desk, Move.LINK, other, decide)


@router.post("/assignments/{id}/unlink", responses=COMMAND, openapi_extra=ONCE, tags=WORK)
async def unlink(body: JsonBody[LinkWith], desk: AtDesk) -> Done:
    other = await _named(desk, body.reference)

    def decide(before: Assignment, beside: Assignment | None) -> Pair[Assignment]:
        return merging.unlink(desk.id, before, other, _there(beside), desk.official, desk.now)

    return await _carried_out(desk, Move.LINK, other, decide)


async def _named(desk: Desk, reference: str) -> str:
    """The id of another one that the official may read. Raises Problem 422."""
    other = await desk.assignments.by_reference(reference.strip().upper())
    state = other.state if other is not None else None
    if other is None or state is None or not state.is_anyones or not may_read(desk.caller, state, desk.office):
        raise no_such_reference()
    return other.id


async def _carried_out(
    desk: Desk, move: Move, other: str, decide: Callable[[Assignment, Assignment | None], Pair[Assignment]]
) -> Done:
    try:
        return await desk.carry_out_both(move, other, decide)
    except NotToBeMerged as error:
        raise not_to_be_merged(error.why) from error


def _there(beside: Assignment | None) -> Assignment:
    if beside is None:
        raise no_such_reference()
    return beside
