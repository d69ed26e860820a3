"""JSON endpoints of the publications: by whom and why, and which due times each moved."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Identifier
from shared.http.cursors import Cursor, read_cursor
from shared.http.openapi import leading_to, refusals
from shared.reference.working_time import utc_now
from shared.storage.cursors import write_cursor

from sla_monitor.http.examples import MOVES, RULEBOOKS
from sla_monitor.http.parameters import Overseer, RulebookVersion
from sla_monitor.http.rulebook_models import CalendarAnswer, PolicyAnswer
from sla_monitor.recalculation import reports
from sla_monitor.recalculation.api_models import Change, Move, Tally, TallyOfEntity, tallies_of_entities
from sla_monitor.recalculation.progress import Stage
from sla_monitor.recalculation.reports import Reports

router = APIRouter(prefix="/api/sla-monitor/v1", tags=["calendars and policies"])


class Publication(BaseModel):
    version: int
    published_at: datetime
    published_by: str
    reason: str
    changes: list[Change]

    @classmethod
    def of(cls, publication: reports.Publication) -> "Publication":
        rulebook = publication.rulebook
        return cls(
            version=rulebook.version,
            published_at=rulebook.published_at,
            published_by=rulebook.published_by,
            reason=rulebook.reason,
            changes=[Change.of(each) for each in publication.changes],
        )


class PublicationList(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [RULEBOOKS]})

    items: list[Publication] = Field(description="the newest first")
    next_cursor: str | None = None


class OnePublication(Publication):
    calendars: list[CalendarAnswer]
    policies: list[PolicyAnswer]
    moved: Tally
    entities: list[TallyOfEntity]
    gone_through: Stage = Field(
        description="going: more may follow; given_up: too many could not be judged, and the others were not tried"
    )
    failed: int = Field(
        description="open cases that could not be brought under these rules: they keep their due time, or it is unknown"
    )


class MoveList(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [MOVES]})

    items: list[Move]
    next_cursor: str | None = None


_NEWEST = {"version": "$response.body#/items/0/version"}
_ONE = "/api/sla-monitor/v1/rulebooks/{version}"


@router.get(
    "/rulebooks",
    summary="What was published, by whom and why",
    responses=refusals(401, 403, 422, 503) | leading_to(newest=(_ONE, _NEWEST), moves=(f"{_ONE}/moves", _NEWEST)),
)
async def get_rulebooks(
    caller: Overseer,
    request: Request,
    cursor: Annotated[int | None, Query(ge=1, le=2**31, description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> PublicationList:
    stored: Reports = request.app.state.reports
    publications, following = stored.publications(cursor, limit)
    return PublicationList(
        items=[Publication.of(each) for each in publications], next_cursor=str(following) if following else None
    )


@router.get(
    "/rulebooks/{version}", summary="One publication and what it moved", responses=refusals(401, 403, 404, 422, 503)
)
async def get_rulebook(version: RulebookVersion, caller: Overseer, request: Request) -> OnePublication:
    stored: Reports = request.app.state.reports
    report = await stored.report(version)
    today = utc_now().date()
    rulebook = report.publication.rulebook
    return OnePublication(
        **Publication.of(report.publication).model_dump(),
        calendars=[CalendarAnswer.of(each, today) for each in rulebook.calendars],
        policies=[PolicyAnswer.of(each) for each in rulebook.policies],
        moved=Tally(**asdict(report.tallies.all)),
        entities=tallies_of_entities(report.tallies),
        gone_through=report.progress.stage,
        failed=report.progress.failed,
    )


@router.get(
    "/rulebooks/{version}/moves",
    summary="The open cases whose due time a publication moved",
    responses=refusals(401, 403, 404, 422, 503),
)
async def get_moves(
    version: RulebookVersion,
    caller: Overseer,
    request: Request,
    entity: Annotated[Identifier | None, Query()] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> MoveList:
    """Complete once each was published, 200 a second where nothing else is set; without confidential cases that are not
    confided to you."""
    stored: Reports = request.app.state.reports
    publication = stored.publication(version)
    place = read_cursor(cursor)
    found = await stored.moved_cases(version, entity, place[1] if place else "", limit, caller, utc_now())
    more = len(found) == limit
    return MoveList(
        items=[Move.of(move) for move in found],
        next_cursor=write_cursor((publication.rulebook.published_at, found[-1].submission)) if more else None,
    )
