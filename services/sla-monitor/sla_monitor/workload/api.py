"""JSON endpoint of an entity's workload, for its officials, the central office and auditors."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Identifier
from shared.http.auth import SignedIn
from shared.http.openapi import refusals
from shared.reference.working_time import utc_now

from sla_monitor.http.examples import WORKLOAD
from sla_monitor.workload import model as workload
from sla_monitor.workload.commands import Workload, Workloads

router = APIRouter(prefix="/api/sla-monitor/v1", tags=["performance"])


class OpenCase(BaseModel):
    submission: str
    reference: str | None = Field(description="its number; null for cases from before it was kept here")
    target: str
    due_at: datetime
    official: str | None = Field(description="who has it, as far as that is known")

    @classmethod
    def of(cls, case: workload.OpenCase) -> "OpenCase":
        return cls(
            submission=case.submission,
            reference=case.reference,
            target=case.target,
            due_at=case.due_at,
            official=case.official,
        )


class Load(BaseModel):
    official: str | None = Field(description="null: nobody has taken these yet")
    open: int
    overdue: int
    this_week: int = Field(description="due within seven days")
    waiting: int = Field(description="for their authors")
    is_overloaded: bool = Field(
        description="more than five, and more than twice what the middle one of the entity's people has"
    )


class Forecast(BaseModel):
    """If the entity keeps its pace and always answers the case that is due first; nothing new comes in."""

    until: datetime
    due: int
    late: int | None = Field(description="of these; null with fewer than five answers to take a pace from")
    late_cases: list[OpenCase] = Field(description="at most 200, those due first")
    answers: int = Field(description="that it gave since `since`")
    worked_seconds: int = Field(description="working time since `since`, by the entity's calendar")
    since: datetime


class WorkloadAnswer(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [WORKLOAD]})

    entity: str
    as_of: datetime
    open: int
    overdue: int
    overdue_cases: list[OpenCase] = Field(
        description="at most 200, the latest first; like the other lists without what is confidential and not for you"
    )
    today: int = Field(description="due until midnight of the entity's calendar")
    today_cases: list[OpenCase] = Field(description="at most 200, those due first")
    is_whole: bool = Field(description="false: more than 5,000 are late or due this week, and these are the first")
    loads: list[Load]
    forecast: Forecast

    @classmethod
    def of(cls, known: Workload) -> "WorkloadAnswer":
        ahead, pace = known.forecast, known.pace
        return cls(
            entity=known.entity,
            as_of=known.at,
            open=known.open,
            overdue=known.overdue.number,
            overdue_cases=[OpenCase.of(case) for case in known.overdue.first],
            today=known.today.number,
            today_cases=[OpenCase.of(case) for case in known.today.first],
            is_whole=known.is_whole,
            loads=[Load.model_validate(load, from_attributes=True) for load in known.loads],
            forecast=Forecast(
                until=ahead.until,
                due=ahead.due,
                late=known.late.number if ahead.late is not None else None,
                late_cases=[OpenCase.of(case) for case in known.late.first],
                answers=pace.answers,
                worked_seconds=int(pace.worked.total_seconds()),
                since=pace.since,
            ),
        )


@router.get(
    "/entities/{entity}/workload",
    summary="What is due, who has how much, and what would be late within a week",
    responses=refusals(401, 403, 404, 422, 503),
)
async def get_workload(entity: Annotated[Identifier, Path()], caller: SignedIn, request: Request) -> WorkloadAnswer:
    workloads: Workloads = request.app.state.workloads
    return WorkloadAnswer.of(await workloads.for_caller(entity, caller, utc_now()))
