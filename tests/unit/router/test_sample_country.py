"""The sample country as it is checked in: no fault, and its synthetic submissions reach whom they should."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from router.cases.model import Submission
from router.directory.model import Country
from router.directory.snapshot import Directory
from router.directory_drafts.checks import faults_of
from shared.events.directory import AnswerType
from shared.events.model import Location

from tests.support.router import received

FOLDER = Path(__file__).parents[3] / "deploy" / "country"


def _read(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text())


@pytest.fixture(scope="module")
def country() -> Country:
    return Country.model_validate(
        {name: _read(name) for name in ("entities", "officials", "categories", "areas", "rules", "templates", "places")}
    )


def test_it_has_no_fault(country: Country) -> None:
    assert faults_of(country) == []


def test_a_place_lies_in_the_area_of_its_blocks(country: Country) -> None:
    areas = Directory.of(1, country).areas
    for place in country.places:
        area = areas.find(Location(lat=place.lat, lon=place.lon))
        assert area is not None, place.id
        for block in (number for ends in place.blocks for number in ends):
            assert areas.find(Location(block=str(block))) == area, (place.id, block)


def test_every_sample_that_a_rule_matches_reaches_the_entity_it_is_for(country: Country) -> None:
    directory = Directory.of(1, country)
    samples = _read("samples")
    astray, in_triage = [], 0
    for sample in samples:
        sent = {key: sample.get(key) for key in ("kind", "text", "language", "channel", "location")}
        submission = Submission.model_validate(received(**sent).model_dump())
        route = directory.route(submission, sample.get("category"))
        if route.triage:
            in_triage += 1
        elif route.entity != sample["expect"]:
            astray.append((sample["text"], sample["expect"], route.entity, route.reason))
    assert astray == []
    assert 0 < in_triage < len(samples) / 5


def test_it_has_about_a_hundred_and_twenty_categories_and_some_need_evidence(country: Country) -> None:
    leaves = [each for each in country.categories if each.entity or each.entity_by_area or each.elsewhere]
    assert 115 <= len(leaves) <= 140
    assert any(each.needs_evidence for each in leaves)


def test_many_of_its_categories_ask_what_their_entity_needs_to_know(country: Country) -> None:
    asking = [category for category in country.categories if category.questions]
    assert len(asking) >= 15
    assert {question.answer for category in asking for question in category.questions} == {None, *AnswerType}


def test_what_is_not_for_this_system_says_whom_to_call(country: Country) -> None:
    elsewhere = {category.id: category.elsewhere for category in country.categories if category.elsewhere}
    assert elsewhere.keys() == {"safety.emergency", "justice.courts", "justice.private-disputes"}
    assert all(each.phone for each in elsewhere.values())
