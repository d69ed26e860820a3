"""Places are found by the names that people give them; where there is doubt, a person is asked."""

from typing import Any

import pytest
import yaml
from intake.catalogue.places import Places
from shared.events.directory import PlaceChanged
from shared.reference.directory import Directory
from shared.reference.gazetteer import Gazetteer, block_in, block_mentioned
from tawasul.stack.paths import COUNTRY

WRITTEN: list[dict[str, Any]] = yaml.safe_load((COUNTRY / "places.yaml").read_text())
BAHRAIN = [PlaceChanged.model_validate({"place": place["id"], **place}) for place in WRITTEN]
GAZETTEER = Gazetteer({place.place: place for place in BAHRAIN})


def ids(typed: str) -> list[str]:
    return [place.place for place in GAZETTEER.find(typed).places]


@pytest.mark.parametrize("place", BAHRAIN, ids=lambda place: place.place)
def test_every_place_of_the_country_is_found_by_its_own_names(place: PlaceChanged) -> None:
    for name in (place.name.ar, place.name.en, place.name.en.upper(), place.place):
        found = GAZETTEER.find(name)
        assert found.is_sure
        assert [each.place for each in found.places] == [place.place]


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("al-juffair", "juffair"),
        ("AlJuffair", "juffair"),
        ("Jufair", "juffair"),
        ("الجفير", "juffair"),
        ("جفير", "juffair"),
        ("Ma’ameer", "maameer"),
        ("maameer", "maameer"),
        ("Aali", "aali"),
        ("عالى", "aali"),
        ("سترة", "sitra"),
        ("ستره", "sitra"),
        ("Sitrah", "sitra"),
        ("Sanābis", "sanabis"),
        ("سَنَابِس", "sanabis"),
        ("As-Sanabis", "sanabis"),
        ("عيسى", "isa-town"),
        ("مدينة عيسي", "isa-town"),
        ("Madinat 'Isa", "isa-town"),
        ("isa town", "isa-town"),
        ("Busayteen", "busaiteen"),
        ("ام الحصم", "umm-al-hassam"),
        ("راس رمان", "ras-rumman"),
        ("Jidd-Hafs", "jidhafs"),
        ("حمد", "hamad-town"),
        ("Budaia", "budaiya"),
    ],
)
def test_spelling_articles_and_kinds_make_no_difference(typed: str, id: str) -> None:
    assert GAZETTEER.find(typed).is_sure
    assert ids(typed) == [id]


@pytest.mark.parametrize(
    ("typed", "among"),
    [
        ("Riffa", {"east-riffa", "west-riffa"}),
        ("الرفاع", {"east-riffa", "west-riffa"}),
        ("Seef, near the mall", {"seef"}),
        ("Jufairr Block", {"juffair"}),
        ("السنابيس", {"sanabis"}),
    ],
)
def test_where_there_is_doubt_the_likeliest_are_offered(typed: str, among: set[str]) -> None:
    found = GAZETTEER.find(typed)
    assert not found.is_sure
    assert among <= {place.place for place in found.places}


@pytest.mark.parametrize("typed", ["Timbuktu", "the", "؟؟", "", "ال", "Paris Texas"])
def test_what_nobody_knows_is_nothing(typed: str) -> None:
    assert ids(typed) == []


@pytest.mark.parametrize(
    ("typed", "block"), [("428", "428"), ("Block 428", "428"), ("مجمع ٤٢٨", "428"), ("Road 2825", None), ("Seef", None)]
)
def test_a_block_may_stand_for_a_place(typed: str, block: str | None) -> None:
    assert block_in(typed) == block


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("الشارع اللي ورا المسجد بعالي كله محفر", "aali"),
        ("نقترح إنشاء حديقة صغيرة في مدينة حمد", "hamad-town"),
        ("The lamp post outside the playground in Arad leans.", "arad"),
        ("Water has been off in Isa Town since the morning", "isa-town"),
        ("el majari 6af7a, please send a tanker to Sanad", "sanad"),
        ("المطب اللي عند بيتنا عالي وايد", None),
        ("الكاونتر مسكر يوم الخميس العصر", None),
        ("على شارع الشيخ خليفة بن سلمان", None),
        ("a bicycle lane between Seef and Budaiya", None),
        ("my street is dark", None),
    ],
)
def test_a_place_is_recognised_in_a_sentence_where_it_is_the_only_one_and_stands_as_one(
    text: str, id: str | None
) -> None:
    assert GAZETTEER.mentioned(text) == id


def test_in_an_address_a_name_needs_no_sentence_around_it() -> None:
    assert GAZETTEER.mentioned("Villa 12, Khamis", is_sentence=False) == "khamis"
    assert GAZETTEER.mentioned("فيلا ١٢، عالي", is_sentence=False) == "aali"


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("حفرة عند مدخل مجمع ٧٢١ في توبلي", "721"),
        ("The lamp in Block 428 is out", "428"),
        ("بمجمع رقم 905", "905"),
        ("between block 428 and block 338", None),
        ("since 2025 and 17123456", None),
    ],
)
def test_a_block_is_recognised_in_a_sentence(text: str, block: str | None) -> None:
    assert block_mentioned(text) == block


def test_a_block_lies_in_the_place_that_has_it() -> None:
    seef = GAZETTEER.of_block("428")
    assert seef is not None
    assert seef.place == "seef"
    assert GAZETTEER.of_block("99999") is None


def places_of(*known: PlaceChanged) -> Places:
    directory = Directory()
    for place in known:
        directory.apply(place)
    return Places(directory)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"place": "al juffair"}, {"place": "juffair"}),
        ({"place": "Juffair", "address": "Road 2825"}, {"place": "juffair", "address": "Road 2825"}),
        ({"place": "Riffa"}, {"address": "Riffa"}),
        ({"place": "Timbuktu", "address": "Road 1"}, {"address": "Timbuktu, Road 1"}),
        ({"place": "مجمع 428"}, {"block": "428"}),
        ({"place": "428", "block": "321"}, {"block": "321", "address": "428"}),
    ],
)
def test_what_is_not_understood_without_doubt_stays_as_it_was_said(said: dict[str, str], kept: dict[str, str]) -> None:
    located = places_of(*BAHRAIN).located(said)
    assert located is not None
    assert located.model_dump(exclude_none=True) == kept


def test_a_place_that_comes_or_goes_with_the_directory_is_known_at_once_or_no_more() -> None:
    directory = Directory()
    places = Places(directory)
    assert not places.gazetteer.find("Juffair").places
    juffair = next(place for place in BAHRAIN if place.place == "juffair")
    directory.apply(juffair)
    assert places.gazetteer.find("Juffair").is_sure
    directory.apply(juffair.model_copy(update={"active": False}))
    assert not places.gazetteer.find("Juffair").places
