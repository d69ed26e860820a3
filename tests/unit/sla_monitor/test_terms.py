"""A policy's terms beside its target: after a reopening, a transfer or an interim reply, and who is told when."""

from datetime import datetime
from typing import Any

from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.deadlines.rungs import rungs
from sla_monitor.timekeeping.model import Clock

from tests.support.sla_monitor import HOUR, SUNDAY, WORKING_DAY, History, a_policy, a_rulebook, a_triage_policy
from tests.unit.sla_monitor.test_clock import DAY, FIVE_DAYS, clock_of


def ruled_by(**policy: Any) -> Rulebook:
    return a_rulebook(a_policy(**policy), a_triage_policy())


REOPENED = SUNDAY + 7 * DAY


def a_reopened_case() -> History:
    """Answered after two hours, reopened a week later."""
    return History().assigned().answered(SUNDAY + 2 * HOUR).add("SubmissionReopened", REOPENED)


def test_after_reopening_what_was_left_of_the_target_goes_on_where_the_policy_says_so() -> None:
    history = a_reopened_case()
    clock = clock_of(history, REOPENED, ruled_by(after_reopening="continue"))
    assert clock.remaining(REOPENED) == 5 * WORKING_DAY - 2 * HOUR
    assert clock.due_at == FIVE_DAYS + 7 * DAY - 2 * HOUR
    history.answered(REOPENED + HOUR).add("SubmissionReopened", REOPENED + DAY)
    again = clock_of(history, REOPENED + DAY, ruled_by(after_reopening="continue"))
    assert again.remaining(REOPENED + DAY) == 5 * WORKING_DAY - 3 * HOUR, "of all the times before"


def test_who_was_late_before_a_reopening_has_nothing_left_to_go_on_with() -> None:
    history = History().assigned().answered(FIVE_DAYS + 4 * DAY).add("SubmissionReopened", FIVE_DAYS + 4 * DAY)
    clock = clock_of(history, FIVE_DAYS + 4 * DAY, ruled_by(after_reopening="continue"))
    assert clock.due_at == FIVE_DAYS + 4 * DAY


def test_after_reopening_a_shorter_target_holds_where_the_policy_has_one() -> None:
    clock = clock_of(a_reopened_case(), REOPENED, ruled_by(after_reopening={"working": "7h15m", "warn_at": [0.5]}))
    assert clock.due_at == REOPENED + WORKING_DAY
    assert [rung.name for rung in rungs(clock) if rung.run is clock.run] == ["warning-50", "breach", "head"]
    first, _ = clock.runs[1:]
    assert first.due_at(first.ended) == FIVE_DAYS, "the first result stays as it was"


def test_whom_a_case_is_handed_to_has_its_share_of_the_target() -> None:
    history = History().assigned().add("SubmissionTransferred", SUNDAY, entity="health")
    clock = clock_of(history, SUNDAY, ruled_by(after_transfer=0.2))
    assert clock.due_at == SUNDAY + WORKING_DAY
    assert clock_of(History().assigned(), SUNDAY, ruled_by(after_transfer=0.2)).due_at == FIVE_DAYS


def test_an_interim_reply_extends_once_and_only_in_time() -> None:
    rulebook = ruled_by(interim_extension="7h15m")
    history = History().assigned().add("InterimReplyGiven", SUNDAY + HOUR)
    assert clock_of(history, SUNDAY + HOUR, rulebook).due_at == FIVE_DAYS + 3 * DAY
    history.add("InterimReplyGiven", SUNDAY + DAY)
    assert clock_of(history, SUNDAY + DAY, rulebook).due_at == FIVE_DAYS + 3 * DAY
    late = History().assigned().add("InterimReplyGiven", FIVE_DAYS + HOUR)
    assert clock_of(late, FIVE_DAYS + HOUR, rulebook).due_at == FIVE_DAYS
    waiting = History().assigned().asked(SUNDAY + HOUR).add("InterimReplyGiven", SUNDAY + 2 * HOUR)
    waiting.replied(SUNDAY + 3 * HOUR)
    assert clock_of(waiting, SUNDAY + 3 * HOUR, rulebook).due_at == SUNDAY + 8 * DAY + 2 * HOUR, "and what was waited"


LADDER = a_policy(
    ladder=[{"to": "supervisor"}, {"to": "head", "after": "7h15m"}, {"to": "minister", "after": "14h30m"}]
)


def told(clock: Clock) -> list[tuple[str, datetime]]:
    return [(rung.name, rung.at) for rung in rungs(clock) if not rung.name.startswith("warning")]


def test_a_ladder_climbs_in_working_time_though_nobody_has_taken_the_case() -> None:
    clock = clock_of(History().assigned(), rulebook=a_rulebook(LADDER, a_triage_policy()))
    sunday, monday = FIVE_DAYS + 3 * DAY, FIVE_DAYS + 4 * DAY
    assert told(clock) == [("breach", FIVE_DAYS), ("supervisor", FIVE_DAYS), ("head", sunday), ("minister", monday)]


def test_a_ladder_ends_with_the_answer() -> None:
    late = History().assigned().answered(FIVE_DAYS + 3 * DAY - HOUR)
    clock = clock_of(late, FIVE_DAYS + 30 * DAY, a_rulebook(LADDER, a_triage_policy()))
    assert told(clock) == [("breach", FIVE_DAYS), ("supervisor", FIVE_DAYS)]


def test_a_case_in_triage_climbs_as_well() -> None:
    climbing = a_triage_policy(ladder=[{"to": "central"}, {"to": "minister", "after": "7h15m"}])
    history = History().add("TriageRequested", SUNDAY)
    clock = clock_of(history, rulebook=a_rulebook(a_policy(), climbing))
    assert told(clock) == [
        ("breach", SUNDAY + WORKING_DAY),
        ("central", SUNDAY + WORKING_DAY),
        ("minister", SUNDAY + DAY + WORKING_DAY),
    ]


def test_an_escalation_at_midnight_waits_for_the_morning_unless_it_is_urgent() -> None:
    midnight = SUNDAY - 7 * HOUR
    rulebook = a_rulebook(a_policy(targets={"answer": {"days": 2}}), a_triage_policy())
    history = History(midnight).assigned(midnight)
    due, morning = midnight + 2 * DAY, SUNDAY + 2 * DAY
    assert told(clock_of(history, midnight, rulebook)) == [("breach", due), ("head", morning)]
    urgent = History(midnight, priority="urgent").assigned(midnight)
    assert told(clock_of(urgent, midnight, rulebook)) == [("breach", due), ("head", due)]
    answered_at_night = history.answered(due + HOUR)
    assert told(clock_of(answered_at_night, morning, rulebook)) == [("breach", due)], "nobody is woken for what is done"
