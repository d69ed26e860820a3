"""The award of a period: for everybody, with the calculation; contests by entities, decided by the central office."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Identifier, Name, Role, SubmissionId
from shared.http.auth import Caller, SignedIn, refuse, require
from shared.http.commands import CommandKey, SeenVersions, differs, read_command_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import Problem, not_found, version_differs
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict, Document

from sla_monitor.award import model as domain
from sla_monitor.award.commands import Award, Awards, IsFrozen, NoSuchCase, NotOver
from sla_monitor.award.model import FORMULA, LEAST_ANSWERS, LEAST_RATINGS, WEIGHTS, Period
from sla_monitor.award.store import Contest, Snapshot
from sla_monitor.calendar_admin.api import SeenVersion
from sla_monitor.http.examples import AWARD, CONTEST, FROZEN
from sla_monitor.performance.api import CACHED

router = APIRouter(prefix="/api/sla-monitor/v1", tags=["award"])

OnePeriod = Annotated[
    str,
    Path(pattern=r"^2\d{3}(-(0[1-9]|1[0-2]))?$", description="a year or a month", examples=["2026", "2026-04"]),
]
OneMonth = Annotated[str, Path(pattern=r"^2\d{3}-(0[1-9]|1[0-2])$", examples=["2026-04"])]
Central = Annotated[Caller, Depends(require(Role.CENTRAL))]
Head = Annotated[Caller, Depends(require(Role.HEAD))]
Why = Annotated[str, Field(min_length=3, max_length=1_000, pattern=r"\S")]


class Part(BaseModel):
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
    parts: dict[str, Part]
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
                        name: Part(value=part.value, half_width=part.half_width, weight=part.weight)
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


class Decision(BaseModel):
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


class Frozen(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [FROZEN]})

    period: str
    formula: int
    frozen_at: datetime
    sha256: str

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Frozen":
        return cls.model_validate(snapshot.model_dump())


@router.get("/awards/{period}", summary="The standings of a month or year", responses=refusals(404, 422, 503))
async def get_award(period: OnePeriod, request: Request, response: Response) -> AwardAnswer:
    """For everybody, with all that it is computed from."""
    awards: Awards = request.app.state.awards
    response.headers.update(CACHED)
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
    """For the entity's officials, the central office and auditors; what is confidential for its readers."""
    awards: Awards = request.app.state.awards
    if not caller.has(Role.CENTRAL, Role.AUDITOR) and not caller.acts_for(entity):
        raise refuse("entity")
    now = utc_now()
    found, hidden = await awards.cases(Period(period), entity, now), await awards.hidden_from(caller.subject, now)
    wanted = [
        each
        for each in found
        if each.submission > (cursor or "")
        and each.submission not in hidden
        and (what is None or any(name == what for name, _ in each.counts))
    ]
    items = [
        CaseAnswer(submission=each.submission, counts=dict(each.counts), left_out=each.left_out)
        for each in wanted[:limit]
    ]
    return CaseList(items=items, next_cursor=items[-1].submission if len(wanted) > limit else None)


@router.get("/awards/{period}/contests", summary="What entities contest", responses=refusals(401, 403, 422, 503))
async def get_contests(period: OnePeriod, caller: SignedIn, request: Request) -> ContestList:
    """Of the own entity; the central office and auditors see all. At most 5,000, the newest first."""
    awards: Awards = request.app.state.awards
    sees_all = caller.has(Role.CENTRAL, Role.AUDITOR)
    if not sees_all and not caller.acts_for(caller.entity):
        raise refuse("role")
    found = await awards.store.contested(Period(period).months, None if sees_all else caller.entity)
    hidden = await awards.hidden_from(caller.subject, utc_now())
    return ContestList(
        items=[ContestAnswer.model_validate(each.model_dump()) for each in found if each.submission not in hidden]
    )


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
    seen: SeenVersion,
    request: Request,
) -> ContestAnswer:
    """By the entity's head; the same once more is refused, as it is there."""
    awards: Awards = request.app.state.awards
    if caller.entity is None:
        raise refuse("entity")
    key = await read_command_key(request, caller.subject)

    async def contest() -> Document:
        if differs(seen, 0):
            raise version_differs()
        return (await contested(awards, month, caller, submission_id, body.reason, key)).model_dump(mode="json")

    return ContestAnswer.model_validate(await awards.store.answers_of_contests.once(key, contest))


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
    seen: SeenVersion,
    request: Request,
) -> ContestAnswer:
    """Upheld: the case does not count for this entity in the award. The record stays as it is."""
    awards: Awards = request.app.state.awards
    key = await read_command_key(request, caller.subject)

    async def decided() -> Document:
        decision = await decide(awards, month, entity, submission_id, body, caller, seen, key)
        return decision.model_dump(mode="json")

    return ContestAnswer.model_validate(await awards.store.answers_of_contests.once(key, decided))


@router.post(
    "/awards/{period}/freeze",
    summary="Freeze the standings of a period that is over, for ever",
    status_code=201,
    responses=refusals(401, 403, 409, 412, 422, 503),
    openapi_extra=ONCE,
)
async def post_freeze(period: OnePeriod, caller: Central, seen: SeenVersion, request: Request) -> Frozen:
    """With the cases behind them and a hash; `python -m sla_monitor award PERIOD` shows that it comes out again."""
    awards: Awards = request.app.state.awards
    key = await read_command_key(request, caller.subject)

    async def freeze() -> Document:
        if differs(seen, 0):
            raise version_differs()
        return Frozen.of(await frozen(awards, Period(period), caller, key)).model_dump(mode="json")

    return Frozen.model_validate(await awards.store.answers_of_awards.once(key, freeze))


async def contested(
    awards: Awards, month: str, caller: Caller, submission: str, reason: str, key: CommandKey | None = None
) -> Contest:
    """Raises Problem 404 and 409."""
    assert caller.entity is not None
    if await awards.is_hidden_from(caller.subject, submission, utc_now()):
        raise not_found()
    try:
        return await awards.contest(Period(month), caller.entity, submission, reason, caller.subject, utc_now(), key)
    except NoSuchCase as error:
        raise not_found() from error
    except (IsFrozen, Conflict) as error:
        raise _settled() from error


async def decide(
    awards: Awards,
    month: str,
    entity: str,
    submission: str,
    decision: Decision,
    caller: Caller,
    seen: SeenVersions = None,
    key: CommandKey | None = None,
) -> Contest:
    """Raises Problem 404, 409 and 412."""
    known = await awards.store.contested([month], entity)
    contest = next((each for each in known if each.submission == submission), None)
    if contest is None or await awards.is_hidden_from(caller.subject, submission, utc_now()):
        raise not_found()
    if differs(seen, contest.version):
        raise version_differs()
    by = {"decided_by": caller.subject, "decided_at": utc_now()}
    decided = contest.model_copy(update=decision.model_dump() | by)
    try:
        await awards.decide(decided, key)
    except (IsFrozen, Conflict) as error:
        raise _settled() from error
    return decided


async def frozen(awards: Awards, period: Period, caller: Caller, key: CommandKey | None = None) -> Snapshot:
    """Raises Problem 409."""
    try:
        return await awards.freeze(period, caller.subject, utc_now(), key)
    except NotOver as error:
        raise Problem(409, "not-over", "The period is not over yet.", "لم تنته المدة بعد.") from error
    except Conflict as error:
        raise _settled() from error


def _settled() -> Problem:
    return Problem(
        409,
        "settled",
        "This is settled already: it was frozen, contested or decided before.",
        "هذا الأمر محسوم: جُمّد أو اعتُرض عليه أو بُتّ فيه من قبل.",
    )
