"""Endpoints of cases that may be about the same matter: finding, merging and linking them."""

from datetime import datetime
from enum import Enum
from typing import Self
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from shared.http.auth import SignedIn
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals

from router.cases.life import State
from router.casework.command_models import Done
from router.duplicates import commands
from router.duplicates.command_models import LinkWith, MergeInto, Unmerge
from router.duplicates.likeness import Similar
from router.duplicates.queries import similar_for
from router.http.case_requests import OnCase
from router.http.dependencies import TheAssignments, TheOffice, recorder
from router.http.readable import Readable

router = APIRouter(tags=["similar submissions"])

WORK: list[str | Enum] = ["officials' work"]
COMMAND = refusals(401, 403, 404, 409, 412, 422, 503)


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


@router.get("/assignments/{id}/similar", responses=refusals(401, 403, 404, 422, 503))
async def similar_to(
    asked: Readable, request: Request, caller: SignedIn, assignments: TheAssignments, office: TheOffice
) -> SimilarPage:
    """Open ones that may be about the same: of the own entity; of all for the central office."""
    aggregate, assignment = asked
    record = recorder(request, caller)
    found = await similar_for(caller, aggregate.id, assignment, office, assignments, record)
    return SimilarPage(items=[SimilarShown.of(each) for each in found])


@router.post("/assignments/{id}/merge", responses=COMMAND, openapi_extra=ONCE, tags=WORK)
async def merge(body: JsonBody[MergeInto], case: OnCase) -> Done:
    """It is the same matter as another one: that one is worked on, and its answer goes to the authors of both."""
    return await case.run(commands.merge, body)


@router.post("/assignments/{id}/unmerge", responses=COMMAND, openapi_extra=ONCE, tags=WORK)
async def unmerge(body: JsonBody[Unmerge], case: OnCase) -> Done:
    """It was not the same: it is again what it was before."""
    return await case.run(commands.unmerge, body)


@router.post("/assignments/{id}/link", responses=COMMAND, openapi_extra=ONCE, tags=WORK)
async def link(body: JsonBody[LinkWith], case: OnCase) -> Done:
    """Both show each other; nothing else changes."""
    return await case.run(commands.link, body)


@router.post("/assignments/{id}/unlink", responses=COMMAND, openapi_extra=ONCE, tags=WORK)
async def unlink(body: JsonBody[LinkWith], case: OnCase) -> Done:
    return await case.run(commands.unlink, body)
