"""JSON endpoints of the award: standings for everybody, contests by entities, decisions by the central office."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Identifier, Name, SubmissionId
from shared.http.auth import SignedIn
from shared.http.commands import IfMatch, read_command_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import Problem
from shared.reference.working_time import utc_now

from sla_monitor.award import model as domain
from sla_monitor.award.commands import AlreadySettled, Award, Awards, FrozenAward, PeriodNotOver, Verdict
from sla_monitor.award.model import FORMULA, LEAST_ANSWERS, LEAST_RATINGS, WEIGHTS, Period
from sla_monitor.award.store import Contest
from sla_monitor.http.examples import AWARD, CONTEST, FROZEN
from sla_monitor.http.parameters import CACHED_BRIEFLY, Central, Head, OneMonth, OnePeriod
from sla_monitor.http.problems import Problems

router = APIRouter(prefix="/api/sla-monitor/v1", tags=["award"])

Why = Annotated[str, Field(min_length=3, max_length=1_000, pattern=r"\S")]


class ComponentAnswer(BaseModel):
    value: float = Field(description="0 to 1")
    half_width: float = Field(description="what chance alone may have moved it by (95 %)")
    weight: float = Field(description="its share of this entity's index")


class StandingAnswer(BaseModel):
    entity: str
    name: Name | None
    band: Literal["small", "medium", "large"] = Field(description="compared with those that answer about as much")
    rank: int | None = Field(description="in the band; null where there are too few answers")
    answers: int = Field(description="given, or due in the period and missing")
    index: float | None = Field(description="0 to 100")
    low: float | None
    high: float | None
    is_level: bool = Field(description="chance alone may part it from the first of its band")
    reaches_target: bool = Field(description="its share in time reaches the target: without, it gets no award")
    parts: dict[str, ComponentAnswer]
    counts: dict[str, int] = Field(description="what all of it is computed from")


class AwardAnswer(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [AWARD]})

    period: str
    formula: int
    weights: dict[str, float]
    least_answers: int
    least_ratings: int
    target_share: float
    frozen_at: datetime | None = Field(description="null while it may still change")
    sha256: str | None
    standings: list[StandingAnswer]

    @classmethod
    def of(cls, award: Award, request: Request) -> "AwardAnswer":
        awards: Awards = request.app.state.awards
        names = awards.record.reference.directory.entities
        kept = award.snapshot
        return cls(
            period=award.period.name,
            formula=kept.formula if kept else FORMULA,
            weights=dict(WEIGHTS),
            least_answers=LEAST_ANSWERS[award.period.kind],
            least_ratings=LEAST_RATINGS,
            target_share=kept.target_share if kept else awards.record.target_share,
            frozen_at=kept.frozen_at if kept else None,
            sha256=kept.sha256 if kept else None,
            standings=[
                StandingAnswer(
                    **{name: getattr(each, name) for name in domain.Standing.__dataclass_fields__ if name != "parts"},
                    name=names[each.entity].name if each.entity in names else None,
                    parts={
                        name: ComponentAnswer(value=part.value, half_width=part.half_width, weight=part.weight)
                        for name, part in each.parts.items()
                    },
                    counts=dict(award.sums.get(each.entity, {})),
                )
                for each in award.standings
            ],
        )


class CaseAnswer(BaseModel):
    submission: str
    counts: dict[str, int]
    left_out: bool


class CaseList(BaseModel):
    items: list[CaseAnswer]
    next_cursor: str | None = Field(default=None, description="the last submission of this page")


class ContestSent(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "It was closed by a flood."}]})

    reason: Why


class Decision(Verdict):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"decision": "upheld", "why": "The holiday came late."}]}
    )

    decision: Literal["upheld", "dismissed"]
    why: Why


class ContestAnswer(Contest):
    model_config = ConfigDict(json_schema_extra={"examples": [CONTEST]})


class ContestList(BaseModel):
    items: list[ContestAnswer]
    next_cursor: str | None = None


class Frozen(FrozenAward):
    model_config = ConfigDict(json_schema_extra={"examples": [FROZEN]})


@router.get("/awards/{period}", summary="The standings of a month or year", responses=refusals(404, 422, 503))
async def get_award(period: OnePeriod, request: Request, response: Response) -> AwardAnswer:
    """For everybody, with everything that it is computed from."""
    awards: Awards = request.app.state.awards
    response.headers.update(CACHED_BRIEFLY)
    return AwardAnswer.of(await awards.of(Period(period), utc_now()), request)


@router.get(
    "/awards/{period}/entities/{entity}/cases",
    summary="The cases behind an entity's figures",
    responses=refusals(401, 403, 404, 422, 503),
)
async def get_cases(
    period: OnePeriod,
    entity: Annotated[Identifier, Path()],
    caller: SignedIn,
    request: Request,
    what: Annotated[str | None, Query(max_length=40, description="only those that count in this, as `late`")] = None,
    cursor: Annotated[Identifier | None, Query(description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> CaseList:
    """For the entity's officials, the central office and auditors. Confidential cases are listed for their readers
    only."""
    awards: Awards = request.app.state.awards
    found = await awards.cases_for(caller, Period(period), entity, utc_now(), what)
    following = [each for each in found if each.submission > (cursor or "")]
    items = [
        CaseAnswer(submission=each.submission, counts=dict(each.counts), left_out=each.left_out)
        for each in following[:limit]
    ]
    return CaseList(items=items, next_cursor=items[-1].submission if len(following) > limit else None)


@router.get("/awards/{period}/contests", summary="What entities contest", responses=refusals(401, 403, 422, 503))
async def get_contests(period: OnePeriod, caller: SignedIn, request: Request) -> ContestList:
    """Contests of your own entity; the central office and auditors see all. At most 5,000, the newest first."""
    awards: Awards = request.app.state.awards
    found = await awards.contests_for(caller, Period(period), utc_now())
    return ContestList(items=[ContestAnswer.model_validate(each.model_dump()) for each in found])


@router.put(
    "/awards/{month}/contests/{submission_id}",
    summary="Contest a case of the own entity before the month is frozen",
    status_code=201,
    responses=refusals(401, 403, 404, 409, 412, 422, 503),
    openapi_extra=ONCE,
)
async def put_contest(
    month: OneMonth,
    submission_id: Annotated[SubmissionId, Path()],
    body: JsonBody[ContestSent],
    caller: Head,
    seen: IfMatch,
    request: Request,
) -> ContestAnswer:
    """For the entity's head. A second contest of the same case is refused."""
    awards: Awards = request.app.state.awards
    key = await read_command_key(request, caller.subject)
    contest = await awards.contest(Period(month), submission_id, body.reason, caller, utc_now(), seen, key)
    return ContestAnswer.model_validate(contest.model_dump())


@router.put(
    "/awards/{month}/contests/{submission_id}/entities/{entity}/decision",
    summary="Decide what an entity contests",
    responses=refusals(401, 403, 404, 409, 412, 422, 503),
    openapi_extra=ONCE,
)
async def put_decision(
    month: OneMonth,
    submission_id: Annotated[SubmissionId, Path()],
    entity: Annotated[Identifier, Path()],
    body: JsonBody[Decision],
    caller: Central,
    seen: IfMatch,
    request: Request,
) -> ContestAnswer:
    """Upheld: the case does not count for this entity in the award. The record stays as it is."""
    awards: Awards = request.app.state.awards
    key = await read_command_key(request, caller.subject)

    decided = await awards.decide(Period(month), entity, submission_id, body, caller, utc_now(), seen, key)
    return ContestAnswer.model_validate(decided.model_dump())


@router.post(
    "/awards/{period}/freeze",
    summary="Freeze the standings of a period that is over, for ever",
    status_code=201,
    responses=refusals(401, 403, 409, 412, 422, 503),
    openapi_extra=ONCE,
)
async def post_freeze(period: OnePeriod, caller: Central, seen: IfMatch, request: Request) -> Frozen:
    """Stores the cases behind the standings and a hash; `python -m sla_monitor award PERIOD` reproduces it."""
    awards: Awards = request.app.state.awards
    key = await read_command_key(request, caller.subject)

    frozen = await awards.freeze(Period(period), caller.subject, utc_now(), seen, key)
    return Frozen.model_validate(frozen.model_dump())


def _not_over() -> Problem:
    return Problem(409, "not-over", "The period is not over yet.", "لم تنته المدة بعد.")


def _settled() -> Problem:
    return Problem(
        409,
        "settled",
        "This is settled already: it was frozen, contested or decided before.",
        "هذا الأمر محسوم: جُمّد أو اعتُرض عليه أو بُتّ فيه من قبل.",
    )


PROBLEMS: Problems = {PeriodNotOver: _not_over, AlreadySettled: _settled}
