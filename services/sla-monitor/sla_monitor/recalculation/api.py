"""What was published, by whom and why, what it moved; and what a publication would move."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Identifier, Name, Role
from shared.http.auth import Caller, require
from shared.http.cursors import Cursor, read_cursor
from shared.http.json_bodies import JsonBody
from shared.http.openapi import leading_to, refusals
from shared.http.problems import not_found
from shared.reference.working_time import utc_now
from shared.storage.cursors import write_cursor

from sla_monitor.calendar_admin.api import Administrator, would_follow
from sla_monitor.calendars import changes
from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.clocks.commands import Reference
from sla_monitor.clocks.store import Clocks
from sla_monitor.http.confidential import hidden_from
from sla_monitor.http.examples import MOVES, PREVIEW, RULEBOOKS
from sla_monitor.http.models import CalendarAnswer, CalendarsAndPolicies, PolicyAnswer
from sla_monitor.recalculation import moves
from sla_monitor.recalculation.preview import preview
from sla_monitor.recalculation.progress import Stage, how_far
from sla_monitor.recalculation.store import MoveStore

router = APIRouter(prefix="/api/sla-monitor/v1", tags=["calendars and policies"])

Overseer = Annotated[Caller, Depends(require(Role.ADMINISTRATOR, Role.CENTRAL, Role.AUDITOR))]
Version = Annotated[int, Path(ge=1, le=2**31)]


class Change(BaseModel):
    what: Literal["calendar", "policy"]
    id: str
    name: Name
    kind: Literal["added", "changed", "removed"]
    parts: list[str] = Field(description="the fields that differ; public_holidays: the list of holidays has changed")

    @classmethod
    def of(cls, change: changes.Change) -> "Change":
        return cls(what=change.what, id=change.id, name=change.name, kind=change.kind, parts=list(change.parts))


class Tally(BaseModel):
    """Open cases whose due time moved."""

    moved: int
    later: int
    earlier: int
    late_now: int = Field(description="in time by the rules before, overdue by these when they were published")
    in_time_again: int = Field(description="overdue by the rules before, not by these")


class TallyOfEntity(Tally):
    entity: str


class Publication(BaseModel):
    version: int
    published_at: datetime
    published_by: str
    reason: str
    changes: list[Change]


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


class Move(BaseModel):
    submission: str
    entity: str
    target: str
    state: str
    from_due_at: datetime
    due_at: datetime

    @classmethod
    def of(cls, move: moves.Move) -> "Move":
        return cls.model_validate(move.model_dump())


class MoveList(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [MOVES]})

    items: list[Move]
    next_cursor: str | None = None


class PreviewAnswer(BaseModel):
    """Nothing was published."""

    model_config = ConfigDict(json_schema_extra={"examples": [PREVIEW]})

    changes: list[Change]
    open: int = Field(description="cases that are open")
    looked_at: int = Field(description="of them, those due first; fewer than `open` where the time did not suffice")
    failed: int = Field(description="of those looked at, cases that cannot be read and would keep their due times")
    moved: Tally
    entities: list[TallyOfEntity]
    examples: list[Move] = Field(description="at most 100, those due first")


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
    reference: Reference = request.app.state.reference
    newest = reference.rulebooks.newest
    first = min(cursor or 2**31, newest.version) if newest else 0
    last = max(first - limit, 0)
    items = [_publication(reference, version) for version in range(first, last, -1)]
    return PublicationList(items=items, next_cursor=str(last) if last else None)


@router.get(
    "/rulebooks/{version}", summary="One publication and what it moved", responses=refusals(401, 403, 404, 422, 503)
)
async def get_rulebook(version: Version, caller: Overseer, request: Request) -> OnePublication:
    reference: Reference = request.app.state.reference
    rulebook = _known(reference, version)
    store: MoveStore = request.app.state.moves
    far = await how_far(
        version, reference.rulebooks, request.app.state.clocks, store
    )  # before the sums: none that is told meanwhile lacks
    tallies = await store.tallies(version, rulebook.published_at)
    today = utc_now().date()
    return OnePublication(
        **_publication(reference, version).model_dump(),
        calendars=[CalendarAnswer.of(each, today) for each in rulebook.calendars],
        policies=[PolicyAnswer.of(each) for each in rulebook.policies],
        moved=Tally(**asdict(tallies.all)),
        entities=_of_entities(tallies),
        gone_through=far.stage,
        failed=far.failed,
    )


@router.get(
    "/rulebooks/{version}/moves",
    summary="The open cases whose due time a publication moved",
    responses=refusals(401, 403, 404, 422, 503),
)
async def get_moves(
    version: Version,
    caller: Overseer,
    request: Request,
    entity: Annotated[Identifier | None, Query()] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> MoveList:
    """Complete once each was told, 200 a second where nothing else is set; without what is confidential and not for
    you."""
    reference: Reference = request.app.state.reference
    rulebook = _known(reference, version)
    store: MoveStore = request.app.state.moves
    hidden = await hidden_from(caller.subject, request.app.state.clocks, reference, utc_now())
    place = read_cursor(cursor)
    found = await store.some(version, entity, place[1] if place else "", limit, hidden)
    more = len(found) == limit
    return MoveList(
        items=[Move.of(move) for move in found],
        next_cursor=write_cursor((rulebook.published_at, found[-1].submission)) if more else None,
    )


@router.post(
    "/calendars-and-policies/preview",
    summary="What would change if these were published: nothing is",
    responses=refusals(401, 403, 409, 422, 503),
)
async def post_preview(body: JsonBody[CalendarsAndPolicies], caller: Administrator, request: Request) -> PreviewAnswer:
    """Every open case is read by the rules that hold and by these. Refused with every fault, as publishing is."""
    reference: Reference = request.app.state.reference
    clocks: Clocks = request.app.state.clocks
    await reference.rulebooks.renew()
    now = utc_now()
    following = would_follow(body, caller, reference, now)
    if following is None:
        open = await clocks.count_all_open()
        return PreviewAnswer(changes=[], open=open, looked_at=open, failed=0, moved=_NONE, entities=[], examples=[])
    found = await preview(following, clocks, reference, now, caller.subject)
    return PreviewAnswer(
        changes=[Change.of(each) for each in found.changes],
        open=found.open,
        looked_at=found.looked_at,
        failed=found.failed,
        moved=Tally(**asdict(found.tallies.all)),
        entities=_of_entities(found.tallies),
        examples=[Move.of(move) for move in found.examples],
    )


_NONE = Tally(**asdict(moves.Tally()))


def _known(reference: Reference, version: int) -> Rulebook:
    rulebook = reference.rulebooks.get(version)
    if rulebook is None:
        raise not_found()
    return rulebook


def _publication(reference: Reference, version: int) -> Publication:
    rulebook = _known(reference, version)
    return Publication(
        version=version,
        published_at=rulebook.published_at,
        published_by=rulebook.published_by,
        reason=rulebook.reason,
        changes=[Change.of(each) for each in changes.changes_between(reference.rulebooks.get(version - 1), rulebook)],
    )


def _of_entities(tallies: moves.Tallies) -> list[TallyOfEntity]:
    return [TallyOfEntity(entity=entity, **asdict(tally)) for entity, tally in tallies.by_number()]
