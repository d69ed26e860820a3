"""The due times that a rulebook moves: when that is written, told and counted."""

from sla_monitor.clocks.moves import move_of, moves_written
from sla_monitor.clocks.record import standing_of
from sla_monitor.recalculation.moves import Tallies

from tests.support.new_rules import (
    DUE,
    MONDAY,
    TUESDAY,
    WITHOUT_MONDAY,
    S,
    a_life_with_the_entity,
    clock_of,
    closed_on,
    record_of,
)
from tests.support.sla_monitor import (
    HOUR,
    SUNDAY,
    a_policy,
    a_triage_policy,
    information,
    question,
    withdrawn,
)


def test_the_moves_of_a_rulebook_are_what_was_written_by_it() -> None:
    life = a_life_with_the_entity()
    before = record_of(life)
    life.publish(at=SUNDAY + HOUR, calendars=closed_on(MONDAY))
    life.judge(SUNDAY + HOUR)
    [(version, move)] = moves_written(S, before, record_of(life))
    assert (version, move.entity, move.from_due_at, move.due_at) == (2, "works", DUE, WITHOUT_MONDAY)
    assert [*moves_written(S, record_of(life), record_of(life))] == []
    assert [*moves_written(S, None, record_of(life))] == []
    life.hear(withdrawn(S), SUNDAY + 2 * HOUR)
    assert move_of(S, before.standing, record_of(life).standing) is None, "it is closed"


def test_a_clock_is_under_the_new_rules_before_the_others_are_told() -> None:
    life = a_life_with_the_entity()
    before = record_of(life)
    life.publish(at=SUNDAY + HOUR, calendars=closed_on(MONDAY))
    assert life.judge_first(SUNDAY + HOUR) == []
    judged = record_of(life)
    assert judged.standing is not None
    assert (judged.rulebook, judged.standing.due_at, judged.moved_from) == (2, WITHOUT_MONDAY, DUE)
    assert [*moves_written(S, before, judged)] == [], "the report follows what is told"
    assert life.judge_first(SUNDAY + HOUR) == []

    assert life.tell(SUNDAY + HOUR) == ["DeadlineMoved"]
    told = record_of(life)
    assert told.moved_from is None
    [(version, move)] = moves_written(S, judged, told)
    assert (version, move.from_due_at, move.due_at) == (2, DUE, WITHOUT_MONDAY)
    assert life.tell(SUNDAY + HOUR) == []


def test_a_fact_that_comes_before_the_move_was_told_tells_it_and_nothing_does_again() -> None:
    life = a_life_with_the_entity()
    life.publish(at=SUNDAY + HOUR, calendars=closed_on(MONDAY))
    life.judge_first(SUNDAY + HOUR)
    judged = record_of(life)
    assert life.hear(question(S, "q1"), SUNDAY + 2 * HOUR) == ["DeadlinePaused"]
    [(version, move)] = moves_written(S, judged, record_of(life))
    assert (version, move.from_due_at, move.due_at) == (2, DUE, WITHOUT_MONDAY)
    assert life.tell(SUNDAY + 2 * HOUR) == []
    assert life.hear(information(S, "q1"), SUNDAY + 3 * HOUR) == ["DeadlineResumed"]


def test_rules_that_are_corrected_before_anyone_was_told_are_told_as_one_move_and_reported_as_two() -> None:
    life = a_life_with_the_entity()
    life.publish(at=SUNDAY + HOUR, calendars=closed_on(MONDAY))
    life.judge_first(SUNDAY + HOUR)
    first = record_of(life)
    life.publish(at=SUNDAY + 2 * HOUR, calendars=closed_on(MONDAY, TUESDAY))
    life.judge_first(SUNDAY + 2 * HOUR)
    second = record_of(life)
    assert (first.moved_from, second.moved_from) == (DUE, WITHOUT_MONDAY)
    assert life.tell(SUNDAY + 2 * HOUR) == ["DeadlineMoved"]
    lines = [*moves_written(S, first, second), *moves_written(S, second, record_of(life))]
    assert [version for version, _ in lines] == [2, 3]
    assert [line.from_due_at for _, line in lines] == [DUE, WITHOUT_MONDAY]
    assert lines[0][1].due_at == lines[1][1].from_due_at


def test_what_the_new_rules_make_late_is_declared_at_once() -> None:
    life = a_life_with_the_entity()
    before = record_of(life)
    life.publish(a_policy(answer="1h"), a_triage_policy(), at=SUNDAY + 2 * HOUR)
    said = life.judge_first(SUNDAY + 3 * HOUR)
    assert said[0] == "DeadlineMoved"
    assert "DeadlineBreached" in said
    assert record_of(life).moved_from is None
    assert [version for version, _ in moves_written(S, before, record_of(life))] == [2]


def test_moves_are_counted_by_entity_and_by_what_they_mean() -> None:
    life = a_life_with_the_entity()
    before = record_of(life).standing
    life.publish(at=DUE + HOUR, calendars=closed_on(MONDAY))
    after = standing_of(clock_of(life, DUE + HOUR))
    later, earlier = move_of(S, before, after), move_of(S, after, before)
    assert later is not None
    assert earlier is not None
    tallies = Tallies(DUE + HOUR)
    for move in (later, later, earlier):
        tallies.count(move)
    works = tallies.entities["works"]
    assert works == tallies.all
    assert (works.moved, works.later, works.earlier, works.in_time_again, works.late_now) == (3, 2, 1, 2, 1)
