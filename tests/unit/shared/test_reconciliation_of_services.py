"""What each service must have by the events it took: judged on its own documents, as they are stored."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import intake.reconciliation.effects as of_intake
import notifier.reconciliation.effects as of_notifier
import pytest
import router.reconciliation.effects as of_router
import sla_monitor.reconciliation.effects as of_sla_monitor
from shared.events.statements import PublishedEvent, StatedSubmission
from shared.reconciliation.differences import Lack

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def stated(id: str | None = None, **more: Any) -> StatedSubmission:
    return StatedSubmission(submission_id=id or str(uuid4()), sequence=1, **more)


def document(**state: Any) -> dict[str, Any]:
    return {"_id": "any", "seen": {}, "state": state}


@pytest.mark.parametrize(
    "state",
    [
        {"state": "assigned", "entity": "works", "submission": {"reference": "A"}},
        {"state": "in_triage", "entity": "central-office", "submission": {"reference": "A"}},
        {"state": "withdrawn", "submission": {"reference": "A"}},
    ],
)
def test_what_is_with_an_entity_or_in_triage_or_over_is_assigned(state: dict[str, Any]) -> None:
    assert list(of_router.assignment_of(document(**state), stated(), NOW)) == []


@pytest.mark.parametrize(
    "state",
    [
        {"state": "expected", "submission": {"reference": "A"}},
        {"state": "assigned", "entity": "works"},
        {"state": "assigned", "submission": {"reference": "A"}},
        {},
    ],
)
def test_a_shell_and_what_is_with_nobody_are_not(state: dict[str, Any]) -> None:
    assert list(of_router.assignment_of(document(**state), stated(), NOW)) == [Lack("assignment")]


def a_clock(is_open: bool, newest: datetime) -> dict[str, Any]:
    standing = {"is_open": is_open, "state": "running" if is_open else "met", "due_at": NOW}
    return document(standing=standing, facts=[{"time": newest - timedelta(days=1)}, {"time": newest}])


def test_a_submission_whose_receipt_gave_no_standing_has_no_clock() -> None:
    assert list(of_sla_monitor.clock_of(document(facts=[{"time": NOW}]), stated(), NOW)) == [Lack("clock")]


def test_that_a_clock_is_unknown_is_a_reason_for_none() -> None:
    unknown = document(unknown={"since": NOW}, facts=[{"time": NOW - timedelta(hours=1)}])
    assert list(of_sla_monitor.clock_of(unknown, stated(is_open=True), NOW)) == []


def test_an_open_case_has_a_deadline_unless_what_ended_its_clock_may_still_be_on_its_way() -> None:
    long_ago, just_now = NOW - timedelta(hours=1), NOW - timedelta(seconds=30)
    clock_of = of_sla_monitor.clock_of
    assert list(clock_of(a_clock(True, long_ago), stated(is_open=True), NOW)) == []
    assert list(clock_of(a_clock(False, just_now), stated(is_open=True), NOW)) == []
    assert list(clock_of(a_clock(False, long_ago), stated(is_open=False), NOW)) == []
    assert list(clock_of(a_clock(False, long_ago), stated(is_open=True), NOW)) == [Lack("deadline")]


def test_somebody_was_told_or_there_is_a_reason_why_nobody_was() -> None:
    lately = stated(received_at=NOW - timedelta(minutes=2))
    told_of, told = of_notifier.told_of, {"is_told": True}
    assert list(told_of(document(), lately, NOW)) == [Lack("notification")]
    assert list(told_of(document() | told, lately, NOW)) == []
    assert list(told_of(document(silent=True), lately, NOW)) == []
    assert list(told_of(document(untold="nobody"), lately, NOW)) == []
    assert list(told_of(document(), stated(received_at=NOW - timedelta(days=2)), NOW)) == []


@pytest.mark.parametrize("owner", [of_intake, of_router])
def test_who_keeps_the_time_of_a_receipt_states_it(owner: Any) -> None:
    path = owner.STATING.received_at.split(".")
    stored: Any = NOW
    for name in reversed(path):
        stored = {name: stored}
    entry = owner.STATING.entry_of({"_id": str(uuid4())} | stored)
    assert entry.received_at == NOW


def test_each_assignment_event_has_its_entry_in_the_timeline_but_for_what_is_between_officials() -> None:
    there, missing, confided = (str(uuid4()) for _ in range(3))
    events = (
        PublishedEvent(id=there, type="SubmissionAssigned", sequence=1),
        PublishedEvent(id=missing, type="SubmissionTransferred", sequence=2),
        PublishedEvent(id=confided, type="ConfidentialityChanged", sequence=3),
    )
    timeline = document(timeline=[{"id": there}])
    assert list(of_intake.entries_of(timeline, stated(events=events), NOW)) == [Lack("timeline", 2)]


@pytest.mark.parametrize(
    ("status", "is_counted"), [("received", True), ("awaiting_citizen", True), ("appealed", False), ("closed", False)]
)
def test_a_clock_is_expected_of_what_somebody_works_on(status: str, is_counted: bool) -> None:
    assert of_intake.is_counted(document(status=status)) is is_counted
