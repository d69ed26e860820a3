"""A submission's way, put together from what the four services keep."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

from rich.console import Console
from tawasul.trace import SubmissionTrace, show, way

FILED = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def after(milliseconds: float) -> datetime:
    return FILED + timedelta(milliseconds=milliseconds)


def an_entry(id: str, type: str, milliseconds: float, **more: Any) -> dict[str, Any]:
    return {"id": id, "type": type, "at": after(milliseconds), "text": "what somebody wrote", **more}


def a_fact(id: str, type: str, milliseconds: float, **more: Any) -> dict[str, Any]:
    return {"id": id, "type": type, "time": after(milliseconds), **more}


def a_declaration(id: str, rung: str, milliseconds: float) -> dict[str, Any]:
    return {"id": id, "rung": rung, "entity": "works", "declared_at": after(milliseconds)}


def a_notification(event: str, about: str, milliseconds: float, **more: Any) -> dict[str, Any]:
    known = {"event_id": event, "about": about, "event_at": after(0), "created_at": after(milliseconds)}
    return {**known, "audience": "author", "channel": "mail", "state": "sent", "correlation_id": "c", **more}


def a_way(
    clock: dict[str, Any] | None = None, *told: dict[str, Any], taken: dict[str, Any] | None = None
) -> SubmissionTrace:
    timeline = [an_entry("e1", "SubmissionReceived", 0), an_entry("e2", "SubmissionAssigned", 9, entity="works")]
    submission = {"_id": "s1", "state": {"status": "assigned", "timeline": timeline}}
    return way("T-1", submission, clock or {}, told, taken or {})


def shown(found: SubmissionTrace) -> str:
    output = StringIO()
    show(Console(file=output, width=200), found)
    return output.getvalue()


def test_an_event_that_several_records_name_is_there_once_with_when_each_service_had_it() -> None:
    clock = {"correlation_id": "c-1", "facts": [a_fact("e1", "SubmissionReceived", 0)]}
    taken = {"router": [{"_id": "e1", "at": after(5)}], "notifier": [{"_id": "e1", "at": after(7)}, {"_id": "e9"}]}
    found = a_way(clock, a_notification("e1", "SubmissionReceived", 8), taken=taken)
    assert [(event.type, event.by) for event in found.said] == [
        ("SubmissionReceived", "intake"),
        ("SubmissionAssigned", "router"),
    ]
    assert found.said[0].taken == {"router": after(5), "notifier": after(7)}
    assert "router +5 ms, notifier +7 ms" in shown(found)
    assert "c-1" in shown(found)


def test_warnings_and_escalations_that_no_citizen_sees_are_there_in_their_order() -> None:
    clock = {"declarations": [a_declaration("d2", "head", 90), a_declaration("d1", "warning-80", 50)]}
    found = a_way(clock)
    assert [event.type for event in found.said][2:] == ["DeadlineApproaching", "DeadlineEscalated"]


def test_what_was_told_says_how_long_it_took_and_why_not() -> None:
    sent = a_notification("e1", "SubmissionReceived", 10, sent_at=after(40), attempts=1)
    cancelled = a_notification("e2", "SubmissionAssigned", 20, state="cancelled", reason="too old")
    text = shown(a_way(None, cancelled, sent))
    assert text.index("+30 ms") < text.index("cancelled: too old")


def test_nothing_that_somebody_wrote_is_shown() -> None:
    assert "somebody wrote" not in shown(a_way())


def test_a_submission_that_no_other_service_knows_yet_is_shown_as_far_as_it_came() -> None:
    found = a_way()
    assert found.correlation_id is None
    assert all(not event.taken for event in found.said)
    assert "SubmissionReceived" in shown(found)
