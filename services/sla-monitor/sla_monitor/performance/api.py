"""JSON endpoint of the record of a year, for everybody."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Identifier, Name
from shared.http.openapi import refusals
from shared.reference.working_time import utc_now

from sla_monitor.http.examples import PERFORMANCE
from sla_monitor.http.parameters import CACHED_BRIEFLY, Month, Year
from sla_monitor.performance import figures
from sla_monitor.performance.commands import Performance, Record
from sla_monitor.performance.figures import named_month

router = APIRouter(prefix="/api/sla-monitor/v1", tags=["performance"])


class Figures(BaseModel):
    """Everything counts in the month in which it happened; imported submissions are not counted."""

    received: int = Field(description="cases that came to it; the country counts one that was handed on once")
    answered: int
    answered_in_time: int
    answered_late: int
    share_in_time: float | None = Field(
        description="answered in time ÷ (answered + overdue now); null where nothing was due"
    )
    open: int = Field(description="now; 0 for other years than the one that is running, and for months")
    overdue: int = Field(description="open now, and the due time has passed")
    median_seconds: int | None = Field(description="working time to an answer; within five per cent")
    percentile_90_seconds: int | None
    reopened: int = Field(description="answers that citizens reopened")
    appeals_upheld: int
    transferred_out: int = Field(description="cases handed to another entity as not theirs")
    median_acknowledged_seconds: int | None = Field(description="working time until it showed that it has a case")
    percentile_90_acknowledged_seconds: int | None
    median_share_used: float | None = Field(description="of its target: what half of the answers took at most")
    held_seconds: int = Field(description="working time of the cases that left it, without pauses")
    paused_share: float | None = Field(description="waited for authors ÷ all working time of these")
    instant: int = Field(description="answered within ten minutes and without a word before")
    ratings: int
    mean_rating: float | None = Field(description="1 to 5, of the last rating of each answer")

    @classmethod
    def of(cls, known: figures.Figures) -> "Figures":
        share, mean, paused = known.share_in_time, known.mean_rating, known.paused_share
        return cls(
            received=known.received,
            answered=known.answered,
            answered_in_time=known.in_time,
            answered_late=known.late,
            share_in_time=round(share, 4) if share is not None else None,
            open=known.open,
            overdue=known.overdue,
            median_seconds=known.median_seconds,
            percentile_90_seconds=known.percentile_90_seconds,
            reopened=known.reopened,
            appeals_upheld=known.appeals_upheld,
            transferred_out=known.transferred_out,
            median_acknowledged_seconds=known.median_acknowledged_seconds,
            percentile_90_acknowledged_seconds=known.percentile_90_acknowledged_seconds,
            median_share_used=round(known.median_used, 3) if known.median_used is not None else None,
            held_seconds=known.held_seconds,
            paused_share=round(paused, 4) if paused is not None else None,
            instant=known.instant,
            ratings=known.ratings,
            mean_rating=round(mean, 2) if mean is not None else None,
        )


class OfEntity(BaseModel):
    entity: str
    name: Name | None = Field(description="null where the directory does not name it (any more)")
    figures: Figures


class OfMonth(BaseModel):
    month: str = Field(examples=["2026-11"])
    figures: Figures


class OfKind(BaseModel):
    kind: str
    figures: Figures


class OfCategory(BaseModel):
    category: str = Field(description="`-` where none was known")
    figures: Figures


class OfArea(BaseModel):
    area: str = Field(description="`-` where it lies in none that is known")
    name: Name | None
    figures: Figures


class PerformanceAnswer(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [PERFORMANCE]})

    year: int
    month: str | None = Field(description="the one that was asked for; null: the whole year")
    as_of: datetime
    target_share: float = Field(description="of answers that are to be given in time")
    working_day_seconds: int | None
    entity: str | None = Field(description="the one that was asked for; null: the country")
    figures: Figures
    entities: list[OfEntity]
    months: list[OfMonth]
    kinds: list[OfKind]
    categories: list[OfCategory]
    units: list[OfEntity] = Field(default=[], description="of one entity only: those that belong to it, each by itself")
    areas: list[OfArea] = Field(description="in which the submissions lie")


@router.get(
    "/performance",
    summary="How government answers: the record of a year",
    responses=refusals(404, 422, 503),
)
async def get_performance(
    request: Request,
    response: Response,
    year: Annotated[Year | None, Query(description="the running one where it is not given")] = None,
    entity: Annotated[Identifier | None, Query(description="one entity alone")] = None,
    month: Annotated[Month | None, Query(description="one month of the year")] = None,
) -> PerformanceAnswer:
    """For everybody. New events show within two seconds, in caches within four."""
    record: Record = request.app.state.record
    now = utc_now()
    await record.require_known(entity)
    asked = year or record.year_of(now)
    performance = await record.of(asked, now, entity, named_month(asked, month))
    response.headers.update(CACHED_BRIEFLY)
    return _answer(record, performance, entity)


def _answer(record: Record, performance: Performance, entity: str | None) -> PerformanceAnswer:
    names, places = record.reference.directory.entities, record.reference.directory.areas
    return PerformanceAnswer(
        year=performance.year,
        month=performance.month,
        as_of=performance.at,
        target_share=record.target_share,
        working_day_seconds=record.reference.working_day_seconds,
        entity=entity,
        figures=Figures.of(performance.about),
        entities=[
            OfEntity(entity=id, name=names[id].name if id in names else None, figures=Figures.of(each))
            for id, each in performance.entities.items()
        ],
        units=[
            OfEntity(entity=id, name=names[id].name if id in names else None, figures=Figures.of(each))
            for id, each in performance.units.items()
        ],
        months=[OfMonth(month=each, figures=Figures.of(known)) for each, known in performance.months.items()],
        kinds=[OfKind(kind=each, figures=Figures.of(known)) for each, known in performance.kinds.items()],
        categories=[
            OfCategory(category=each, figures=Figures.of(known)) for each, known in performance.categories.items()
        ],
        areas=[
            OfArea(area=each, name=places[each].name if each in places else None, figures=Figures.of(known))
            for each, known in performance.areas.items()
        ],
    )
