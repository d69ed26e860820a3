"""Gauges that show the running year's answers and overdue cases of each entity."""

from collections.abc import Mapping

from prometheus_client import Gauge

from sla_monitor.performance.figures import Figures

YEAR_ANSWERS = Gauge(
    "tawasul_sla_monitor_year_answers", "Answers of this year, by whether they came in time", ["entity", "outcome"]
)


YEAR_OVERDUE = Gauge("tawasul_sla_monitor_year_overdue_cases", "Cases that are overdue and not answered", ["entity"])


def show_year(entities: Mapping[str, Figures]) -> None:
    for entity, figures in entities.items():
        YEAR_ANSWERS.labels(entity, "in_time").set(figures.in_time)
        YEAR_ANSWERS.labels(entity, "late").set(figures.late)
        YEAR_OVERDUE.labels(entity).set(figures.overdue)


def forget_year() -> None:
    """Clear the gauges: another process shows them from now on, or another year has begun."""
    YEAR_ANSWERS.clear()
    YEAR_OVERDUE.clear()
