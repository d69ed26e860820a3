"""Ordered rules on kind, category, area, channel and words; the catalogue; and places in areas."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from router.assigning.rules import Route, Routing, RoutingInput
from router.directory.model import Area, Country
from shared.events.model import Channel, Kind, Location
from shared.reference.areas import AreaIndex

from tests.support.router import EAST, WEST, a_country, a_rule

TRIAGE = a_rule("triage", {"triage": True})
FRIDAY_MORNING = datetime(2026, 11, 27, 9, 30, tzinfo=ZoneInfo("Asia/Bahrain"))


def route(*rules: dict[str, Any], **asked: Any) -> Route:
    country = a_country(rules=[*rules, TRIAGE]) if rules else a_country()
    known: dict[str, Any] = {
        "text": "There is a pothole.",
        "kind": Kind.COMPLAINT,
        "channel": Channel.WEB,
        "language": "en",
    }
    return Routing(Country.model_validate(country)).route(RoutingInput(**known | asked))


def test_the_first_rule_that_matches_decides() -> None:
    first, second = a_rule("first", {"entity": "ewa"}, words=["pothole"]), a_rule("second", {"entity": "works"})
    assert route(first, second).rule == "first"
    assert route(second, first).rule == "second"


@pytest.mark.parametrize(
    ("when", "asked", "matches"),
    [
        ({"kinds": ["suggestion"]}, {"kind": Kind.SUGGESTION}, True),
        ({"kinds": ["suggestion"]}, {}, False),
        ({"channels": ["phone", "web"]}, {}, True),
        ({"channels": ["phone"]}, {}, False),
        ({"areas": ["west"]}, {"area": "west"}, True),
        ({"areas": ["west"]}, {"area": "east"}, False),
        ({"areas": ["west"]}, {}, False),
        ({"categories": ["roads"]}, {"category": "roads.lighting"}, True),
        ({"categories": ["roads"]}, {"category": "rubbish"}, False),
        ({"categories": ["roads.lighting"]}, {}, False),
        ({"times": ["fri-sat 08:00-20:00"]}, {"at": FRIDAY_MORNING}, True),
        ({"times": ["mon 08:00-20:00", "thu 22:00-10:00"]}, {"at": FRIDAY_MORNING}, True),
        ({"times": ["sun-thu 00:00-24:00"]}, {"at": FRIDAY_MORNING}, False),
        ({"words": ["hole"]}, {}, False),
        ({"words": ["hole", "POT"]}, {}, True),
        ({"words": ["pothole"], "kinds": ["enquiry"]}, {}, False),
        ({}, {}, True),
    ],
)
def test_all_that_a_rule_asks_must_hold(when: dict[str, Any], asked: dict[str, Any], matches: bool) -> None:
    assert (route(a_rule("r", {"entity": "ewa"}, **when), **asked).entity == "ewa") is matches


def test_the_chosen_category_decides_before_the_words() -> None:
    answer = route(category="roads.lighting")
    assert (answer.entity, answer.category, answer.words) == ("ewa", "roads.lighting", ())
    assert answer.reason == "The category “Roads.lighting” was chosen."


@pytest.mark.parametrize("category", ["roads", "no-longer-there"])
def test_a_heading_or_an_unknown_category_counts_as_none(category: str) -> None:
    assert route(category=category).rule == "potholes"


def test_the_reason_is_in_the_language_of_the_submission_and_names_the_words() -> None:
    answer = route(text="حُفرة، ثم الحفر!", language="ar")
    assert answer.reason == "القاعدة ««potholes»»: ورد في النص «حفرة»."
    assert answer.words == ("حفرة",)


def test_a_rule_whose_category_needs_a_place_does_not_match_without_one() -> None:
    assert route(text="rubbish", area="east").entity == "east-municipality"
    nowhere = route(text="rubbish")
    assert (nowhere.triage, nowhere.entity) == (True, "central-office")
    assert "depends on the place" in nowhere.reason
    centre = a_rule("centre", {"entity": "works"}, words=["rubbish"])
    assert route(*a_country()["rules"][:4], centre, text="rubbish").rule == "centre"


@given(st.text(max_size=300), st.sampled_from(Kind), st.sampled_from(Channel), st.none() | st.sampled_from(["west"]))
def test_no_submission_ends_nowhere(text: str, kind: Kind, channel: Channel, area: str | None) -> None:
    answer = route(text=text, kind=kind, channel=channel, area=area)
    assert answer.entity
    assert answer.reason


AREAS = AreaIndex([(area["id"], Area.model_validate(area)) for area in a_country()["areas"]])


@pytest.mark.parametrize(
    ("location", "area"),
    [
        ({"lat": WEST[1], "lon": WEST[0]}, "west"),
        ({"lat": EAST[1], "lon": EAST[0]}, "east"),
        ({"lat": 26.5, "lon": 50.5}, "west"),
        ({"lat": 20, "lon": 40}, None),
        ({"lat": 20, "lon": 40, "block": "250"}, "east"),
        ({"lat": WEST[1], "lon": WEST[0], "block": "250"}, "west"),
        ({"block": "100"}, "west"),
        ({"block": "0199"}, "west"),
        ({"block": "99"}, None),
        ({"block": "300"}, None),
        ({"address": "Road 2825"}, None),
    ],
)
def test_a_place_is_found_by_its_coordinates_else_by_its_block(location: dict[str, Any], area: str | None) -> None:
    assert AREAS.find(Location(**location)) == area
    assert AREAS.find(None) is None
