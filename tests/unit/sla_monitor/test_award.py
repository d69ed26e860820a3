"""The index of the award: bands, minimum numbers, what chance may do, and a hash that comes out the same."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import pytest
from sla_monitor.award.model import OVERDUE, WEIGHTS, Period, Standing, counts_in, digest_of, digest_of_cases, standings

APRIL, YEAR = Period("2026-04"), Period("2026")
PERFECT = {"received": 100, "in_time": 100, "u0": 100, "ratings": 20, "points": 100, "squares": 500}


def placed(period: Period = APRIL, **sums: Mapping[str, int]) -> dict[str, Standing]:
    return {each.entity: each for each in standings(period, sums, 0.95)}


def test_the_weights_are_a_whole() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_who_does_everything_right_has_nearly_all_the_points() -> None:
    best = placed(works=PERFECT)["works"]
    assert (best.rank, best.reaches_target, best.is_level) == (1, True, True)
    assert best.index == pytest.approx(99.5), "an answer takes a moment"
    assert best.low is not None
    assert best.high == pytest.approx(100, abs=1)


@pytest.mark.parametrize(
    "worse",
    [
        {"in_time": 90, "late": 10},
        {OVERDUE: 10},
        {"u0": 0, "u19": 100},
        {"points": 60, "squares": 180},
        {"reopened": 10},
        {"transferred": 20},
        {"appeals_upheld": 10},
    ],
)
def test_every_part_moves_the_index(worse: dict[str, int]) -> None:
    both = placed(best=PERFECT, worse=PERFECT | worse)
    assert (both["best"].rank, both["worse"].rank) == (1, 2)


def test_leaving_late_cases_unanswered_does_not_help() -> None:
    both = placed(answers=PERFECT | {"in_time": 90, "late": 10}, waits=PERFECT | {"in_time": 90, OVERDUE: 10, "u0": 90})
    assert both["waits"].parts["in_time"].value == both["answers"].parts["in_time"].value


def test_who_is_below_the_target_is_ranked_and_gets_no_award() -> None:
    late = placed(works=PERFECT | {"in_time": 94, "late": 6})["works"]
    assert (late.rank, late.reaches_target) == (1, False)


def test_too_few_answers_are_not_compared() -> None:
    few = placed(works={"received": 9, "in_time": 9, "u0": 9})["works"]
    assert (few.rank, few.index, few.answers) == (None, None, 9)
    assert placed(YEAR, works={"received": 49, "in_time": 49})["works"].rank is None


def test_entities_are_compared_with_those_that_answer_about_as_much() -> None:
    small = {"received": 20, "in_time": 20, "u0": 20}
    large = {name: 50 * number for name, number in PERFECT.items()}
    found = placed(small=small, medium=PERFECT, large=large)
    assert [(each.band, each.rank) for each in found.values()] == [("small", 1), ("medium", 1), ("large", 1)]


def test_the_weight_of_a_rating_goes_to_the_others_where_there_are_too_few() -> None:
    unrated = placed(works=PERFECT | {"ratings": 4, "points": 4, "squares": 4})["works"]
    assert "rating" not in unrated.parts
    assert sum(part.weight for part in unrated.parts.values()) == pytest.approx(1, abs=1e-5)


def test_a_small_difference_among_few_is_chance_and_among_many_it_is_not() -> None:
    worse = PERFECT | {"in_time": 97, "late": 3}
    few = placed(best=PERFECT, worse=worse)["worse"]
    many = {name: 200 * number for name, number in PERFECT.items()}
    among_many = placed(best=many, worse=many | {"in_time": 19_400, "late": 600})["worse"]
    assert (few.is_level, among_many.is_level) == (True, False)


def test_equal_indices_share_a_rank() -> None:
    found = placed(a=PERFECT, b=PERFECT, c=PERFECT | {"late": 20})
    assert [each.rank for each in found.values()] == [1, 1, 3]


def test_a_case_counts_in_its_months_and_for_each_entity_that_held_it() -> None:
    counted = [
        ("works/2026-04/-/complaint/-/received", 1),
        ("works/now/-/complaint/-/open", 1),
        ("health/2026-05/-/complaint/-/late", 1),
    ]
    assert counts_in(APRIL, counted) == {"works": {"received": 1}}
    assert counts_in(YEAR, counted) == {"works": {"received": 1}, "health": {"late": 1}}


def test_a_period_ends_in_the_zone_of_the_country() -> None:
    bahrain = ZoneInfo("Asia/Bahrain")
    assert APRIL.ends(bahrain).isoformat() == "2026-05-01T00:00:00+03:00"
    assert YEAR.ends(bahrain).isoformat() == "2027-01-01T00:00:00+03:00"
    assert Period("2026-12").ends(bahrain) == YEAR.ends(bahrain)


def test_the_hash_is_of_everything_and_of_no_order() -> None:
    cases = [("works", "1", [("late", 1)], False), ("health", "2", [("in_time", 1)], False)]
    digest = digest_of_cases(cases)
    assert digest_of_cases(reversed(cases)) == digest
    assert digest_of_cases([cases[0], ("health", "2", [("in_time", 1)], True)]) != digest
    whole = digest_of(APRIL, 1, 0.95, digest, {"works": PERFECT, "health": PERFECT})
    assert digest_of(APRIL, 1, 0.95, digest, {"health": PERFECT, "works": PERFECT}) == whole
    assert digest_of(APRIL, 1, 0.95, digest, {"works": PERFECT | {"late": 1}, "health": PERFECT}) != whole
