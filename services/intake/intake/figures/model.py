"""The current year's performance of government, combined from the figures of all entities."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from shared.events.deadlines import PerformancePublished


@dataclass(frozen=True)
class YearFigures:
    """`share_in_time` is the share of answered or overdue submissions; `median_seconds` counts working time."""

    answered: int
    share_in_time: float
    median_seconds: int | None
    working_day_seconds: int | None
    target_share: float | None


def combined_figures(published: Iterable[PerformancePublished]) -> YearFigures | None:
    """Returns None before the first answer."""
    entities = list(published)
    in_time = sum(each.answered_in_time for each in entities)
    answered = in_time + sum(each.answered_late for each in entities)
    if not answered:
        return None
    overdue = sum(each.overdue or 0 for each in entities)
    times: Counter[int] = Counter()
    for each in entities:
        times.update(dict(each.answer_times))
    return YearFigures(
        answered=answered,
        share_in_time=in_time / (answered + overdue),
        median_seconds=_median(times),
        working_day_seconds=next((each.working_day_seconds for each in entities if each.working_day_seconds), None),
        target_share=next((each.target_share for each in entities if each.target_share), None),
    )


def _median(times: Counter[int]) -> int | None:
    half = times.total() / 2
    for seconds in sorted(times):
        half -= times[seconds]
        if half <= 0:
            return seconds
    return None
