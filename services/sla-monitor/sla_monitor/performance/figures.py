"""Derives figures from the sums of the record: of an entity, a month, or the country."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from shared.events.deadlines import PerformancePublished

from sla_monitor.clocks.case_results import ACKNOWLEDGED, TIME, USED, USED_STEP_PERCENT, Count, seconds_of_span


@dataclass(frozen=True)
class Figures:
    received: int = 0
    in_time: int = 0
    late: int = 0
    open: int = 0
    overdue: int = 0
    reopened: int = 0
    appeals_upheld: int = 0
    transferred_out: int = 0
    ratings: int = 0
    points: int = 0
    times: Mapping[int, int] = field(default_factory=dict)
    """Answers by span of working time."""
    acknowledged_times: Mapping[int, int] = field(default_factory=dict)
    used: Mapping[int, int] = field(default_factory=dict)
    """Answers by the share of their target that they took, in steps of `USED_STEP_PERCENT`."""
    squares: int = 0
    instant: int = 0
    held_seconds: int = 0
    paused_seconds: int = 0

    @property
    def answered(self) -> int:
        return self.in_time + self.late

    @property
    def share_in_time(self) -> float | None:
        """Return answered in time ÷ (answered + overdue now): leaving late cases unanswered does not help."""
        judged = self.answered + self.overdue
        return self.in_time / judged if judged else None

    @property
    def mean_rating(self) -> float | None:
        return self.points / self.ratings if self.ratings else None

    @property
    def median_seconds(self) -> int | None:
        return self.quantile(50)

    @property
    def percentile_90_seconds(self) -> int | None:
        return self.quantile(90)

    @property
    def median_acknowledged_seconds(self) -> int | None:
        return _seconds(quantile(self.acknowledged_times, 50))

    @property
    def percentile_90_acknowledged_seconds(self) -> int | None:
        return _seconds(quantile(self.acknowledged_times, 90))

    @property
    def paused_share(self) -> float | None:
        """Return the share of the working time of finished runs in which the entity waited for authors."""
        total = self.held_seconds + self.paused_seconds
        return self.paused_seconds / total if total else None

    @property
    def median_used(self) -> float | None:
        """Return the median share of the target that answers took."""
        step = quantile(self.used, 50)
        return (step + 0.5) * USED_STEP_PERCENT / 100 if step is not None else None

    def quantile(self, percent: int) -> int | None:
        """Return the quantile of working seconds to the answer (nearest rank)."""
        return _seconds(quantile(self.times, percent))


def quantile(counts: Mapping[int, int], percent: int) -> int | None:
    """Return the span of the nearest-rank quantile."""
    rank = -(-sum(counts.values()) * percent // 100)
    for span in sorted(counts):
        rank -= counts[span]
        if rank <= 0 < counts[span]:
            return span
    return None


def _seconds(span: int | None) -> int | None:
    return seconds_of_span(span) if span is not None else None


def _spans(total: Mapping[str, int], of: str) -> dict[int, int]:
    return {int(what[1:]): number for what, number in total.items() if what[0] == of and what[1:].isdigit() and number}


def figures_of(sums: Iterable[Mapping[str, int]], overdue: int = 0, is_country: bool = False) -> Figures:
    """Derive figures from the counts. An entity that transfers a case has received it too, and sub-cases are counted
    for their entity; the country counts each submission once."""
    total: Counter[str] = Counter()
    for each in sums:
        total.update(each)
    if is_country:
        total[Count.RECEIVED] -= total[Count.TRANSFERRED] + total[Count.PLACED] + total[Count.PARTS]
        total[Count.IN_TIME] -= total[Count.PARTS_IN_TIME]
        total[Count.LATE] -= total[Count.PARTS_LATE]
        total[Count.OPEN] -= total[Count.PARTS_OPEN]
    return Figures(
        received=max(total[Count.RECEIVED], 0),
        in_time=total[Count.IN_TIME],
        late=total[Count.LATE],
        open=total[Count.OPEN],
        overdue=overdue,
        reopened=total[Count.REOPENED],
        appeals_upheld=total[Count.APPEALS_UPHELD],
        transferred_out=total[Count.TRANSFERRED],
        ratings=total[Count.RATINGS],
        points=total[Count.POINTS],
        times=_spans(total, TIME),
        acknowledged_times=_spans(total, ACKNOWLEDGED),
        used=_spans(total, USED),
        squares=total[Count.SQUARES],
        instant=total[Count.INSTANT],
        held_seconds=total[Count.HELD],
        paused_seconds=total[Count.PAUSED],
    )


class Publication(BaseModel):
    """The last published figures of an entity, and when they were published."""

    model_config = ConfigDict(frozen=True)

    figures: PerformancePublished
    at: datetime


def publication_of(
    entity: str, year: int, figures: Figures, target_share: float, working_day_seconds: int | None
) -> PerformancePublished:
    mean = figures.mean_rating
    return PerformancePublished(
        entity=entity,
        period=f"{year:04}",
        received=figures.received,
        answered_in_time=figures.in_time,
        answered_late=figures.late,
        open=max(figures.open, 0),
        overdue=figures.overdue,
        target_share=target_share,
        median_seconds=figures.median_seconds,
        percentile_90_seconds=figures.percentile_90_seconds,
        answer_times=tuple((seconds_of_span(span), figures.times[span]) for span in sorted(figures.times)),
        working_day_seconds=working_day_seconds,
        reopened=figures.reopened,
        transferred_out=figures.transferred_out,
        ratings=figures.ratings,
        mean_rating=round(mean, 2) if mean is not None else None,
    )


def named_month(year: int, month: int | None) -> str | None:
    """Name a month as the record does, `2026-04`."""
    return f"{year:04}-{month:02}" if month else None
