"""The clocks' metrics show the record and the declarations."""

from uuid import uuid4

from prometheus_client import REGISTRY
from shared.events.deadlines import DeadlineBreached, DeadlineEscalated
from shared.events.envelope import OutgoingEvent
from shared.reference.working_time import utc_now
from sla_monitor import metrics
from sla_monitor.performance import gauges
from sla_monitor.performance.figures import Figures


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"tawasul_sla_monitor_{name}", labels)


def test_a_year_is_shown_by_entity_until_another_process_or_year_takes_over() -> None:
    gauges.show_year({"works": Figures(in_time=19, late=1, overdue=2)})
    assert value("year_answers", entity="works", outcome="in_time") == 19
    assert value("year_answers", entity="works", outcome="late") == 1
    assert value("year_overdue_cases", entity="works") == 2
    gauges.forget_year()
    assert value("year_answers", entity="works", outcome="in_time") is None
    assert value("year_overdue_cases", entity="works") is None


def test_escalations_are_counted_by_rung_and_by_whom_they_reach() -> None:
    about = {"submission_id": str(uuid4()), "from_state": "running", "to_state": "running", "entity": "works"}
    before = value("escalations_total", rung="head", to_role="head") or 0
    breached = DeadlineBreached(**about, target="answer", due_at=utc_now())
    metrics.count_events(
        [
            OutgoingEvent(breached),
            OutgoingEvent(DeadlineEscalated(**about, target="answer", rung="head", to_role="head")),
        ]
    )
    assert value("escalations_total", rung="head", to_role="head") == before + 1
