"""How alike two submissions are, and whether the keys find those that are."""

from datetime import timedelta
from typing import Any

import pytest
from shared.events.model import Location
from shared.reference.likeness import LIKE, Traits, best, keys, likeness, places_around, text_keys, traits

from tests.support.router import NOW

PARENTS = {"roads.pothole": "roads", "roads.lighting": "roads", "water.leak": "water"}
HOLE = "توجد حفرة كبيرة في الشارع أمام مدرسة البنات وقد تضررت سيارتي"
SAME_HOLE = "حفره كبيره بالشارع امام مدرسه البنات، تضررت منها سيارات كثيرة"
LAMP = "عمود الإنارة في حديقة الحي لا يعمل منذ أسبوع ونخاف على الأطفال"
HERE: dict[str, Any] = {"lat": 26.2200, "lon": 50.5800}
NEXT_DOOR: dict[str, Any] = {"lat": 26.2206, "lon": 50.5804}
"""Some 80 metres from here."""

FAR: dict[str, Any] = {"lat": 26.2700, "lon": 50.6200}


def about(text: str = HOLE, category: str | None = "roads.pothole", days: int = 0, **place: object) -> Traits:
    location = Location.model_validate(place) if place else None
    return traits(text, location, category, NOW - timedelta(days=days), PARENTS)


def score(one: Traits, other: Traits) -> float:
    assert likeness(one, other).score == likeness(other, one).score
    return likeness(one, other).score


def test_the_same_hole_told_in_other_words_next_door_is_alike_and_another_matter_is_not() -> None:
    assert score(about(**HERE), about(SAME_HOLE, **NEXT_DOOR)) > LIKE
    assert likeness(about(**HERE), about(SAME_HOLE, **NEXT_DOOR)).metres in range(70, 90)
    assert score(about(**HERE), about(LAMP, "water.leak", **NEXT_DOOR)) < LIKE
    assert score(about(**HERE), about(LAMP, None, **FAR)) == 0


def test_nearer_newer_and_nearer_in_kind_is_more_alike() -> None:
    asked = about(**HERE)
    at = [
        score(asked, about(SAME_HOLE, lat=HERE["lat"] + metres / 111_320, lon=HERE["lon"])) for metres in (0, 100, 400)
    ]
    assert at == sorted(at, reverse=True)
    ages = [score(asked, about(SAME_HOLE, days=days, **HERE)) for days in (0, 30, 100)]
    assert ages == sorted(ages, reverse=True)
    kinds = [score(asked, about(SAME_HOLE, id, **HERE)) for id in ("roads.pothole", "roads.lighting", "water.leak")]
    assert kinds == sorted(kinds, reverse=True)


def test_what_lies_far_away_is_another_matter_unless_the_words_are_the_same() -> None:
    assert score(about(**HERE), about(SAME_HOLE, **FAR)) == 0
    assert score(about(**HERE), about(HOLE, **FAR)) > 0
    assert score(about(block="428"), about(SAME_HOLE, block="338")) == 0
    assert score(about(block="428"), about(SAME_HOLE, block="428")) > LIKE


def test_without_a_place_the_words_and_the_category_decide_and_nothing_said_is_like_nothing() -> None:
    assert score(about(), about(SAME_HOLE)) > LIKE
    assert score(about(), about(LAMP, "water.leak")) < LIKE
    assert score(about("", None), about(HOLE, None)) == 0


@pytest.mark.parametrize("north", [-0.004, 0, 0.004])
@pytest.mark.parametrize("east", [-0.004, 0, 0.004])
def test_what_is_within_reach_has_a_key_of_a_square_around(north: float, east: float) -> None:
    other = about(LAMP, None, lat=HERE["lat"] + north, lon=HERE["lon"] + east)
    assert set(keys(other)) & set(places_around(about(**HERE)))


def test_almost_the_same_text_shares_a_key_and_another_text_does_not() -> None:
    assert set(text_keys(about(HOLE))) & set(text_keys(about(HOLE + " نرجو إصلاحها")))
    assert not set(text_keys(about(HOLE))) & set(text_keys(about(LAMP)))
    assert len(keys(about(block="428", place="manama", **HERE))) <= 8


def test_the_likest_come_first_and_only_so_many() -> None:
    found = [(str(days), likeness(about(**HERE), about(SAME_HOLE, days=days, **HERE))) for days in (50, 1, 20)]
    assert [id for id, _ in best(found, 2)] == ["1", "20"]
    assert best(found, 5, least=1.1) == []
