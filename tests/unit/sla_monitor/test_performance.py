"""A case adds to the record of each entity that held it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared.events.submissions import SubmissionRated
from sla_monitor.calendars.rulebook import Rules
from sla_monitor.clocks.case_results import BOUNDS, Count, counts_of, differences, seconds_of_span, span_of
from sla_monitor.performance.figures import Figures, figures_of
from sla_monitor.timekeeping.model import read_clock

from tests.support.sla_monitor import (
    HOUR,
    SUNDAY,
    WORKING_DAY,
    History,
    Life,
    a_policy,
    a_rulebook,
    a_triage_policy,
    answered,
    assigned,
    received,
    reopened,
    transferred,
    triage,
    withdrawn,
)

BAHRAIN = ZoneInfo("Asia/Bahrain")
DAY = timedelta(days=1)
IN_TIME, TOO_LATE = SUNDAY + HOUR, SUNDAY + 10 * DAY
SPANS = "t"
OF_TIME = {"held_seconds", "paused_seconds", "instant", "squares"}


def is_of_time(key: str) -> bool:
    what = key.rpartition("/")[2]
    return what[1:].isdigit() or what in OF_TIME


def counted(history: History, now: datetime = SUNDAY + 300 * DAY) -> dict[str, int]:
    """Without what is counted of times."""
    clock = read_clock(history.facts, Rules([a_rulebook()]), now)
    assert clock is not None
    return {key: n for key, n in counts_of(clock, BAHRAIN).items() if not is_of_time(key)}


def april(entity: str, **numbers: int) -> dict[str, int]:
    return {f"{entity}/2026-04/-/complaint/-/{what}": number for what, number in numbers.items()}


def open_at(entity: str) -> dict[str, int]:
    return {f"{entity}/now/-/complaint/-/open": 1}


def test_what_nobody_was_told_of_yet_is_not_counted() -> None:
    assert counted(History()) == {}


def test_an_assigned_case_is_received_and_open() -> None:
    assert counted(History().assigned()) == april("works", received=1) | open_at("works")


@pytest.mark.parametrize(("at", "how"), [(IN_TIME, "in_time"), (TOO_LATE, "late")])
def test_an_answer_counts_by_the_deadline_of_who_gave_it(at: datetime, how: str) -> None:
    assert counted(History().assigned().answered(at)) == april("works", received=1, **{how: 1})


def test_everything_counts_in_the_month_in_which_it_happened_in_the_countrys_zone() -> None:
    last_hour_of_march_in_utc = datetime(2026, 3, 31, 22, tzinfo=UTC)
    history = History(last_hour_of_march_in_utc).assigned(last_hour_of_march_in_utc)
    history.answered(datetime(2026, 5, 3, 5, tzinfo=UTC))
    assert counted(history) == april("works", received=1) | {"works/2026-05/-/complaint/-/late": 1}


def test_a_transfer_leaves_the_old_custodian_without_the_answer() -> None:
    history = History().assigned().add("SubmissionTransferred", SUNDAY + HOUR, entity="health")
    history.answered(SUNDAY + 2 * HOUR)
    assert counted(history) == april("works", received=1, transferred=1) | april("health", received=1, in_time=1)


def test_triage_that_found_who_is_responsible_is_no_transfer() -> None:
    history = History().add("TriageRequested", SUNDAY).assigned(SUNDAY + HOUR)
    expected = april("central-office", received=1, placed=1) | april("works", received=1) | open_at("works")
    assert counted(history) == expected


def test_a_second_answer_does_not_undo_the_first() -> None:
    history = History().assigned().answered(TOO_LATE).add("SubmissionReopened", TOO_LATE + HOUR)
    history.answered(TOO_LATE + 2 * HOUR)
    assert counted(history) == april("works", received=1, late=1, in_time=1, reopened=1)


@pytest.mark.parametrize("decision", ["upheld", "dismissed"])
def test_deciding_an_appeal_is_nobodys_answer_and_is_open_at_the_central_office_meanwhile(decision: str) -> None:
    history = History().assigned().answered(IN_TIME).add("AppealFiled", IN_TIME + HOUR)
    works = april("works", received=1, in_time=1)
    assert counted(history) == works | open_at("central-office")
    history.add("AppealDecided", IN_TIME + 2 * HOUR, entity="central-office", decision=decision)
    upheld = april("works", received=1, in_time=1, appeals_upheld=1) | open_at("works")
    assert counted(history) == (upheld if decision == "upheld" else works)


def test_an_appeal_that_is_upheld_is_told_from_a_reopening() -> None:
    history = History().assigned().answered(IN_TIME).add("AppealDecided", IN_TIME + HOUR, decision="upheld")
    assert counted(history) == april("works", received=1, in_time=1, appeals_upheld=1) | open_at("works")


def test_the_last_rating_of_an_answer_counts_for_who_gave_it() -> None:
    history = History().assigned().answered(IN_TIME)
    for score in (2, 5):
        history.add("SubmissionRated", IN_TIME + score * HOUR, score=score)
    assert counted(history) == april("works", received=1, in_time=1, ratings=1, points=5)


def test_another_category_takes_all_of_the_case_with_it() -> None:
    history = History(category="roads").assigned().add("SubmissionRecategorised", IN_TIME, category="lighting")
    assert {key.split("/")[2] for key in counted(history)} == {"lighting"}


def test_what_was_withdrawn_is_neither_open_nor_answered() -> None:
    assert counted(History().assigned().add("SubmissionWithdrawn", IN_TIME)) == april("works", received=1)


def test_imported_cases_are_not_counted() -> None:
    assert counted(History(imported=True).assigned().answered(IN_TIME)) == {}


def test_time_waited_for_the_citizen_is_not_time_to_answer() -> None:
    history = History().assigned().asked(SUNDAY + HOUR).replied(SUNDAY + DAY)
    clock = read_clock(history.answered(SUNDAY + DAY + HOUR).facts, Rules([a_rulebook()]), TOO_LATE)
    assert clock is not None
    counts = counts_of(clock, BAHRAIN)
    assert counts[f"works/2026-04/-/complaint/-/{SPANS}{span_of(2 * HOUR)}"] == 1
    figures = figures_of([{key.rpartition("/")[2]: number for key, number in counts.items()}])
    assert (figures.held_seconds, figures.paused_seconds) == (2 * 3_600, WORKING_DAY.seconds - 3_600)
    assert figures.paused_share == pytest.approx((7.25 - 1) / (7.25 + 1))


def test_acknowledging_is_counted_when_the_entity_first_shows_that_it_has_the_case() -> None:
    history = History().add("AssignmentAcknowledged", SUNDAY).assigned().asked(SUNDAY + 2 * HOUR)
    history.add("AssignmentAcknowledged", SUNDAY + 3 * HOUR)
    assert figures_by(history).median_acknowledged_seconds == pytest.approx(7_200, rel=0.05)


def test_an_answer_within_minutes_and_without_a_word_before_is_instant() -> None:
    soon = SUNDAY + timedelta(minutes=8)
    assert figures_by(History().assigned().answered(soon)).instant == 1
    assert figures_by(History().assigned().answered(SUNDAY + HOUR)).instant == 0
    assert figures_by(History().assigned().add("InterimReplyGiven", SUNDAY).answered(soon)).instant == 0


def test_half_of_the_answers_took_a_share_of_their_target() -> None:
    figures = figures_by(History().assigned().answered(SUNDAY + 2 * DAY))
    assert figures.median_used == pytest.approx(0.4, abs=0.05)


def test_a_case_counts_in_the_area_in_which_it_lies() -> None:
    assert {key.split("/")[4] for key in counted(History(area="muharraq").assigned())} == {"muharraq"}


def figures_by(history: History) -> Figures:
    clock = read_clock(history.facts, Rules([a_rulebook()]), SUNDAY + 300 * DAY)
    assert clock is not None
    return figures_of([{key.rpartition("/")[2]: number for key, number in counts_of(clock, BAHRAIN).items()}])


@pytest.mark.parametrize("seconds", [60, 3_600, 26_100, 130_500, 5_000_000])
def test_a_span_is_within_five_per_cent(seconds: int) -> None:
    assert abs(seconds_of_span(span_of(timedelta(seconds=seconds))) - seconds) <= 0.05 * seconds


def test_the_longest_span_has_no_end() -> None:
    assert span_of(timedelta(days=100_000)) == len(BOUNDS)
    assert seconds_of_span(len(BOUNDS)) == BOUNDS[-1]


def test_median_and_percentile_are_those_of_all_that_is_added_up() -> None:
    spans = [span_of(timedelta(hours=hours)) for hours in range(1, 11)]
    figures = figures_of([{f"{SPANS}{span}": 1} for span in spans])
    assert figures.median_seconds == seconds_of_span(spans[4])
    assert figures.percentile_90_seconds == seconds_of_span(spans[8])
    assert Figures().median_seconds is None


def test_who_never_answers_what_is_late_gains_nothing_by_it() -> None:
    assert figures_of([{Count.IN_TIME: 9}]).share_in_time == 1
    assert figures_of([{Count.IN_TIME: 9}], overdue=1).share_in_time == 0.9
    assert figures_of([]).share_in_time is None


def test_the_country_counts_what_was_handed_on_once() -> None:
    history = History().add("TriageRequested", SUNDAY).assigned(SUNDAY + HOUR)
    history.add("SubmissionTransferred", SUNDAY + 2 * HOUR, entity="health").answered(SUNDAY + 3 * HOUR)
    sums = [{key.rpartition("/")[2]: number} for key, number in counted(history).items()]
    assert figures_of(sums).received == 3
    assert figures_of(sums, is_country=True).received == 1


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["assign", "transfer", "triage", "answer", "reopen", "withdraw", "rate"]), st.integers(1, 90)
    ),
    max_size=12,
)
TARGET = timedelta(hours=24)
ALWAYS = a_rulebook(
    a_policy(answer="24h", calendar="utilities"), a_triage_policy("8h", calendar="utilities"), calendars=()
)


def played(submission: str, steps: list[Any]) -> tuple[Life, list[Any]]:
    life = Life(ALWAYS, submission)
    make: dict[str, Any] = {
        "assign": assigned,
        "transfer": transferred,
        "triage": triage,
        "answer": answered,
        "reopen": reopened,
        "withdraw": withdrawn,
        "rate": lambda id: SubmissionRated(submission_id=id, from_state="closed", to_state="closed", score=4),
    }
    at = SUNDAY
    events = [life.event(received(submission, received_at=at), at)]
    for step, hours in steps:
        at += timedelta(hours=hours)
        events.append(life.event(make[step](submission), at))
    return life, events


def by_hand(steps: list[Any]) -> Counter[Any]:
    """The record of one case, counted as a clerk would who reads its history once and has no calendar."""
    found: Counter[Any] = Counter()
    at, began = SUNDAY, SUNDAY
    holder, custodian, state, ever = "central-office", "", "new", False
    may_rate = ""
    rated: dict[int, str] = {}
    answers = 0
    for step, hours in steps:
        at += timedelta(hours=hours)
        before = holder
        if step in ("assign", "transfer"):
            custodian = "works" if step == "assign" else "health"
        if state in ("new", "open"):
            is_triage = before == "central-office"
            if step in ("assign", "transfer") and custodian != before:
                if state == "open":
                    found[before, "placed" if is_triage else "transferred"] += 1
                holder, state, began = custodian, "open", at
                found[holder, "received"] += 1
                ever = True
            elif step == "triage" and (state == "new" or not is_triage):
                if state == "open":
                    found[before, "transferred"] += 1
                    began = at
                holder, state = "central-office", "open"
                found[holder, "received"] += 1
                ever = True
            elif step == "answer":
                if not ever:
                    found[holder, "received"] += 1
                    ever = True
                target = timedelta(hours=8) if is_triage else TARGET
                found[holder, "in_time" if at - began <= target else "late"] += 1
                answers += 1
                may_rate, state = holder, "answered"
            elif step == "withdraw":
                state = "ended"
        elif step == "reopen":
            if state == "answered":
                found[before, "reopened"] += 1
            holder, state, began = custodian or "central-office", "open", at
            if not ever:
                found[holder, "received"] += 1
                ever = True
        if step == "rate" and may_rate:
            rated[answers] = may_rate
    for entity in rated.values():
        found[entity, "ratings"] += 1
        found[entity, "points"] += 4
    if state == "open":
        found[holder, "open"] += 1
    return found


def add_up(cases: list[list[Any]], random: Any) -> Counter[str]:
    """All facts of all cases in any order, some twice, each difference added when it comes."""
    lives, events = [], []
    for number, steps in enumerate(cases):
        life, facts = played(f"0b9f7d3e-6c1c-4a51-9c59-0a3c1f2f9b{number:02}", steps)
        lives.append(life)
        events += [(life, fact) for fact in (*facts, *random.choices(facts, k=1))]
    random.shuffle(events)
    sums: Counter[str] = Counter()
    for life, event in events:
        before = dict(life.record.counted) if life.record else {}
        life.take(event, SUNDAY + 500 * DAY)
        assert life.record is not None
        sums.update(differences(before, dict(life.record.counted)))
    return sums


@given(st.lists(STEPS, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_facts_in_any_order_add_up_to_what_counting_by_hand_gives(cases: list[list[Any]], random: Any) -> None:
    sums = add_up(cases, random)
    found: Counter[Any] = Counter()
    for key, number in sums.items():
        entity, *_, what = key.split("/")
        if not is_of_time(key):
            found[entity, what] += number
    expected: Counter[Any] = Counter()
    for steps in cases:
        expected.update(by_hand(steps))
    assert {key: n for key, n in found.items() if n} == {key: n for key, n in expected.items() if n}


@pytest.mark.full
@given(st.lists(STEPS, min_size=1, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_very_many_orders_add_up_to_the_same(cases: list[list[Any]], random: Any) -> None:
    assert {k: n for k, n in add_up(cases, random).items() if n} == {
        k: n for k, n in add_up(cases, random).items() if n
    }


def test_working_time_of_the_sample_calendar_is_what_is_counted() -> None:
    history = History().assigned().answered(SUNDAY + DAY + HOUR)
    clock = read_clock(history.facts, Rules([a_rulebook()]), TOO_LATE)
    assert clock is not None
    assert clock.run.consumed(TOO_LATE) == WORKING_DAY + HOUR
    assert f"works/2026-04/-/complaint/-/{SPANS}{span_of(WORKING_DAY + HOUR)}" in counts_of(clock, BAHRAIN)


def test_a_part_is_its_entitys_work_and_the_country_counts_what_was_sent_once() -> None:
    sent = History().assigned().answered(IN_TIME)
    part = History()
    part.facts[0] = part.facts[0].model_copy(update={"type": "SubCaseReceived"})
    part.assigned(entity="health").answered(TOO_LATE)
    assert counted(part) == april("health", received=1, late=1, parts=1, parts_late=1)
    clock = read_clock(part.facts, Rules([a_rulebook()]), SUNDAY)
    assert clock is not None
    assert (clock.is_part, clock.run.entity, clock.run.target) == (True, "health", "answer")
    sums = [sums_of(counted(each)) for each in (sent, part)]
    assert (figures_of(sums[1:]).received, figures_of(sums[1:]).late) == (1, 1)
    country = figures_of(sums, is_country=True)
    assert (country.received, country.in_time, country.late) == (1, 1, 0)


def test_a_part_that_is_taken_back_stops_its_clock() -> None:
    part = History()
    part.facts[0] = part.facts[0].model_copy(update={"type": "SubCaseReceived"})
    part.assigned(entity="health").add("SubCaseTakenBack", IN_TIME, entity="health")
    assert counted(part) == april("health", received=1, parts=1)


def sums_of(counts: dict[str, int]) -> Counter[str]:
    total: Counter[str] = Counter()
    for key, number in counts.items():
        total[key.rpartition("/")[2]] += number
    return total
