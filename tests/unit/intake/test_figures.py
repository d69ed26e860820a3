"""The start page combines the figures of all entities."""

from typing import Any

from intake.figures.model import combined_figures
from shared.events.deadlines import PerformancePublished


def published(entity: str = "works", **changed: Any) -> PerformancePublished:
    known = {"entity": entity, "period": "2026", "received": 0, "answered_in_time": 0, "answered_late": 0}
    return PerformancePublished.model_validate(known | changed)


def test_there_is_nothing_to_say_before_the_first_answer() -> None:
    assert combined_figures([]) is None
    assert combined_figures([published(received=3, overdue=1)]) is None


def test_what_is_overdue_is_not_in_time() -> None:
    figures = combined_figures([published(answered_in_time=8), published("health", answered_late=1, overdue=1)])
    assert figures is not None
    assert (figures.answered, figures.share_in_time) == (9, 0.8)


def test_the_median_is_that_of_all_answers_not_of_the_entities_medians() -> None:
    quick = published(answered_in_time=9, answer_times=[(3_600, 9)], median_seconds=3_600, working_day_seconds=26_100)
    slow = published("health", answered_in_time=1, answer_times=[(90_000, 1)], median_seconds=90_000)
    figures = combined_figures([slow, quick])
    assert figures is not None
    assert (figures.median_seconds, figures.working_day_seconds) == (3_600, 26_100)


def test_figures_of_an_earlier_version_say_what_they_can() -> None:
    figures = combined_figures([published(answered_in_time=1)])
    assert figures is not None
    assert (figures.share_in_time, figures.median_seconds, figures.target_share) == (1.0, None, None)
