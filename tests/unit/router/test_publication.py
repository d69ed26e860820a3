"""A directory is checked whole: each fault is found, and named with its place in both languages."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError
from router.directory.commands import changes, items_of
from router.directory.example import example
from router.directory.model import Country
from router.directory_drafts.checks import faults_of
from shared.events.directory import AreaChanged, CategoryChanged, EntityChanged, OfficialChanged
from shared.events.model import Location
from shared.reference.areas import AreaIndex

from tests.support.router import a_category, a_country, a_place, a_rule, an_area, an_entity, an_official

Doc = dict[str, Any]


def found(document: Doc) -> list[str]:
    country = Country.model_validate(document)
    all_faults = faults_of(country)
    assert all(fault.en and fault.ar for fault in all_faults)
    return [fault.field for fault in all_faults]


def with_more(name: str, *items: Doc) -> Doc:
    return a_country(**{name: [*a_country()[name], *items]})


def with_first_rules(*rules: Doc) -> Doc:
    return a_country(rules=[*rules, *a_country()["rules"]])


def test_what_a_category_asks_reaches_everybody_in_its_order() -> None:
    document = asking(a_question("b", required=True), a_question("a", answer="singlevaluelist", options=OPTIONS))
    country = Country.model_validate(document)
    (told,) = [event for key, event in items_of(country) if key == "category:asking"]
    assert isinstance(told, CategoryChanged)
    assert [(each.code, each.answer, each.required) for each in told.questions] == [
        ("b", "string", True),
        ("a", "singlevaluelist", False),
    ]
    assert [option.key for option in told.questions[1].options] == ["yes", "no"]


def test_the_small_country_and_the_documented_example_have_no_fault() -> None:
    assert found(a_country()) == found(example()) == []


BOW_TIE = [[[50.0, 20.0], [51.0, 21.0], [51.0, 20.0], [50.0, 21.0], [50.0, 20.0]]]
OPEN_RING = [[[50.0, 20.0], [51.0, 20.0], [51.0, 21.0], [50.0, 21.0]]]
SWAPPED = [[[26.0, 150.0], [27.0, 150.0], [27.0, 151.0], [26.0, 150.0]]]
FLAT = [[[50.0, 20.0], [51.0, 20.0], [50.0, 20.0], [50.0, 20.0]]]
SQUARE = [[[50.6, 26.2], [50.7, 26.2], [50.7, 26.3], [50.6, 26.3], [50.6, 26.2]]]
ISLAND = [[[52.0, 26.0], [52.1, 26.0], [52.1, 26.1], [52.0, 26.1], [52.0, 26.0]]]
EVERYWHERE = {"west": "works", "east": "works"}


BACKWARDS = {"first_day": "2026-12-02", "last_day": "2026-12-01"}
OPTIONS = [{"key": key, "name": {"ar": "نعم", "en": "Yes"}} for key in ("yes", "no")]
COURT = {"name": {"ar": "المحكمة", "en": "The court"}, "phone": "999"}


def a_question(code: str, **more: Any) -> Doc:
    return {"code": code, "name": {"ar": "ما هو؟", "en": "What is it?"}, "answer": "string"} | more


def asking(*questions: Doc) -> Doc:
    """A country with one category more, which asks these."""
    return with_more("categories", a_category("asking", entity="works", questions=list(questions)))


ASKING = {"questions": [a_question("x")]}


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        (with_more("entities", an_entity("works")), ["entities"]),
        (with_more("entities", an_entity("second", "central")), ["entities"]),
        (with_more("entities", an_entity("x", parent="nobody")), ["entities[5].parent"]),
        (with_more("entities", an_entity("x", areas=["nowhere"])), ["entities[5].areas"]),
        (with_more("entities", an_entity("a", parent="b"), an_entity("b", parent="a")), ["entities"]),
        (with_more("officials", an_official("x", "nobody")), ["officials[2].entity"]),
        (with_more("officials", an_official("triage", "works")), ["officials"]),
        (with_more("officials", an_official("x", "works", deputies=["nobody"])), ["officials[2].deputies"]),
        (with_more("officials", an_official("x", "works", deputies=["x"])), ["officials[2].deputies"]),
        (with_more("officials", an_official("x", "works", deputies=["triage"])), ["officials[2].deputies"]),
        (with_more("officials", an_official("x", "works", absences=[BACKWARDS])), ["officials[2].absences"]),
        (with_more("officials", an_official("x", "works", skills=["roads", "moon"])), ["officials[2].skills"]),
        (with_more("officials", an_official("x", "works", areas=["west", "moon"])), ["officials[2].areas"]),
        (with_more("officials", an_official("x", "west-municipality", areas=["east"])), ["officials[2].areas"]),
        (with_more("entities", an_entity("x", head="nobody")), ["entities[5].head"]),
        (with_more("entities", an_entity("x", head="officer.works")), ["entities[5].head"]),
        (with_more("categories", a_category("x")), ["categories[4]"]),
        (with_more("categories", a_category("x", entity="works", entity_by_area=EVERYWHERE)), ["categories[4]"]),
        (with_more("categories", a_category("x", entity="nobody")), ["categories[4].entity"]),
        (with_more("categories", a_category("x", parent="nothing", entity="works")), ["categories[4].parent"]),
        (with_more("categories", a_category("x", entity_by_area={"west": "works"})), ["categories[4].entity_by_area"]),
        (
            with_more("categories", a_category("x", entity_by_area=EVERYWHERE | {"moon": "nobody"})),
            ["categories[4].entity_by_area", "categories[4].entity_by_area"],
        ),
        (
            with_more("categories", a_category("x", parent="rubbish", entity="works")),
            ["categories[3]", "rules[3].then.category"],
        ),
        (with_more("categories", a_category("x", entity="works", words={"ar": ["؟"]})), ["categories[4].words"]),
        (with_more("categories", a_category("roads_lighting", entity="works")), ["categories"]),
        (asking(a_question("x"), a_question("x")), ["categories[4].questions"]),
        (asking(a_question("x", answer="multivaluelist")), ["categories[4].questions[0].options"]),
        (asking(a_question("x", answer="text", options=OPTIONS)), ["categories[4].questions[0].options"]),
        (
            asking(a_question("x", answer="singlevaluelist", options=[*OPTIONS, *OPTIONS])),
            ["categories[4].questions[0].options", "categories[4].questions[0].options"],
        ),
        (asking(a_question("x", answer=None, required=True)), ["categories[4].questions[0].required"]),
        (
            with_more("categories", a_category("x", parent="x.group", entity="works"), a_category("x.group") | ASKING),
            ["categories[5].questions"],
        ),
        (with_more("categories", a_category("x", elsewhere=COURT) | ASKING), ["categories[4].questions"]),
        (with_more("categories", a_category("x", elsewhere=COURT, entity="works")), ["categories[4].elsewhere"]),
        (
            with_first_rules(a_rule("x", {"category": "court"}))
            | {"categories": [*a_country()["categories"], a_category("court", elsewhere=COURT)]},
            ["rules[0].then.category"],
        ),
        (with_first_rules(a_rule("x", {"category": "roads"})), ["rules[0].then.category"]),
        (with_first_rules(a_rule("x", {"category": "nothing"})), ["rules[0].then.category"]),
        (with_first_rules(a_rule("x", {"entity": "nobody"})), ["rules[0].then.entity"]),
        (with_first_rules(a_rule("x", {"entity": "works"}, words=["ok", "ـ"])), ["rules[0].when.words"]),
        (with_first_rules(a_rule("x", {"entity": "works"}, times=["fri", "fri 8-9"])), ["rules[0].when.times"] * 2),
        (with_first_rules(a_rule("x", {"entity": "works"}, areas=["moon"])), ["rules[0].when.areas"]),
        (with_first_rules(a_rule("x", {"entity": "works"}, categories=["no"])), ["rules[0].when.categories"]),
        (with_first_rules(a_rule("triage", {"triage": True}, words=["x"])), ["rules"]),
        (a_country(rules=[a_rule("x", {"entity": "works"})]), ["rules[0]"]),
        (a_country(rules=[a_rule("x", {"triage": True}, kinds=["enquiry"])]), ["rules[0]"]),
    ],
)
def test_a_fault_is_found_where_it_is(document: Doc, fields: list[str]) -> None:
    assert found(document) == fields


def areas_with(change: Callable[[Doc], Doc]) -> Doc:
    west, east = a_country()["areas"]
    return a_country(areas=[west, change(east)])


def in_pieces(*polygons: list[list[list[float]]]) -> Doc:
    return {"polygon": [], "polygons": list(polygons)}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"polygon": BOW_TIE}, "areas[1].polygon"),
        ({"polygon": OPEN_RING}, "areas[1].polygon"),
        ({"polygon": SWAPPED}, "areas[1].polygon"),
        ({"polygon": FLAT}, "areas[1].polygon"),
        (in_pieces(SQUARE, BOW_TIE), "areas[1].polygons"),
        (in_pieces(SQUARE, SQUARE), "areas[1].polygons"),
        (in_pieces(OPEN_RING), "areas[1].polygons"),
        ({"blocks": [[299, 200]]}, "areas[1].blocks"),
        ({"blocks": [[-1, 5]]}, "areas[1].blocks"),
        ({"blocks": [[150, 250]]}, "areas[1].blocks"),
    ],
)
def test_a_shape_or_range_that_cannot_be_is_found(change: Doc, field: str) -> None:
    assert found(areas_with(lambda east: east | change)) == [field]


@pytest.mark.parametrize(
    ("places", "field"),
    [
        ([a_place("x", name={"ar": "؟", "en": "X"})], "places[0].name"),
        ([a_place("x", other_names={"en": ["-"]})], "places[0].name"),
        ([a_place("x", blocks=[[200, 100]])], "places[0].blocks"),
        ([a_place("x", blocks=[[100, 200]]), a_place("y", blocks=[[200, 300]])], "places[1].blocks"),
        ([a_place("x"), a_place("x")], "places"),
    ],
)
def test_a_place_without_a_name_or_with_the_blocks_of_another_is_found(places: list[Doc], field: str) -> None:
    assert found(a_country(places=places)) == [field]


AROUND = [
    [[50.5, 26.0], [51.0, 26.0], [51.0, 27.0], [50.5, 27.0], [50.5, 26.9], [50.9, 26.5], [50.5, 26.1], [50.5, 26.0]]
]


def test_a_place_that_no_area_covers_and_a_gap_between_areas_are_found() -> None:
    assert found(a_country(places=[a_place("harbour", lat=28.0), a_place("town")])) == ["places[0]"]
    assert found(areas_with(lambda east: east | {"polygon": AROUND})) == ["areas"]


def test_an_area_of_several_pieces_covers_each_and_is_told_with_its_largest_for_those_who_know_one_alone() -> None:
    country = Country.model_validate(
        areas_with(lambda east: east | in_pieces(ISLAND, *[east["polygon"]]))
        | {"places": [a_place("hawar", lat=26.05, lon=52.05)]}
    )
    assert faults_of(country) == []
    told = dict(items_of(country))
    area, alone = told["area:east"], told["area:west"]
    assert isinstance(area, AreaChanged)
    assert isinstance(alone, AreaChanged)
    assert (len(area.polygons), area.polygon[0][0], alone.polygons) == (2, (50.5, 26.0), ())
    index = AreaIndex([("east", area)])
    assert [index.find(Location(lat=26.05, lon=lon)) for lon in (52.05, 50.6, 51.5)] == ["east", "east", None]


def test_a_head_may_belong_to_an_entity_above_and_two_may_be_each_others_deputies() -> None:
    document = with_more("entities", an_entity("roads-unit", parent="works", head="officer.works"))
    people = [*a_country()["officials"], an_official("a", "works", deputies=["b"], other_roles=["supervisor"])]
    document["officials"] = [*people, an_official("b", "works", deputies=["a"], skills=["roads"], areas=["west"])]
    assert found(document) == []
    told = dict(items_of(Country.model_validate(document)))
    unit, a = told["entity:roads-unit"], told["official:a"]
    assert isinstance(unit, EntityChanged)
    assert isinstance(a, OfficialChanged)
    assert (unit.head, a.deputies, a.other_roles) == ("officer.works", ("b",), ("supervisor",))


def test_who_serves_some_areas_only_answers_there_alone() -> None:
    west = {"west": "west-municipality", "east": "west-municipality"}
    assert found(with_more("categories", a_category("x", entity="west-municipality"))) == ["categories[4].entity"]
    assert found(with_more("categories", a_category("x", entity_by_area=west))) == ["categories[4].entity_by_area"]


def test_an_area_more_needs_an_answer_from_every_category_by_area() -> None:
    assert found(with_more("areas", an_area("north", 51.0, 51.5, []))) == ["categories[3].entity_by_area"]


@pytest.mark.parametrize(
    "document",
    [
        a_country(rules=[]),
        a_country(entities=[]),
        a_country(surprise=1),
        with_more("entities", an_entity("with space")),
        with_more("entities", an_entity("x", colour="green")),
        with_more("officials", an_official("x", "works", role="king")),
        with_first_rules(a_rule("x", {"entity": "works", "triage": True})),
        with_first_rules(a_rule("x", {})),
        with_first_rules(a_rule("x", {"entity": "works"}, words=["x" * 101])),
        asking(a_question("with space")),
        asking(a_question("x.y")),
        asking(a_question("x", answer="mood")),
        asking(a_question("x", colour="green")),
        asking(*(a_question(f"x{number}") for number in range(21))),
        with_more("categories", a_category("x", elsewhere={"name": COURT["name"], "phone": "call us"})),
        with_more("areas", {"id": "x", "name": {"ar": "x", "en": "x"}, "polygon": [[[1.0, 2.0]]]}),
        with_more("areas", {"id": "x", "name": {"ar": "x", "en": "x"}}),
        with_more("areas", {"id": "x", "name": {"ar": "x", "en": "x"}, "polygon": SQUARE, "polygons": [SQUARE]}),
        with_more("entities", an_entity("x", website="javascript:alert(1)")),
        with_more("officials", an_official("x", "works", absences=[{"first_day": "2026-12-01"}])),
    ],
)
def test_what_has_not_the_shape_of_a_directory_is_refused(document: Doc) -> None:
    with pytest.raises(ValidationError):
        Country.model_validate(document)


def test_only_what_differs_is_counted_as_changed() -> None:
    before = Country.model_validate(a_country())
    works = an_entity("works", email="w@works.example")
    entities = [works if entity["id"] == "works" else entity for entity in a_country()["entities"]]
    after = Country.model_validate(a_country(entities=entities, officials=a_country()["officials"][:1]))
    assert changes(None, before) == {"entities": 5, "officials": 2, "categories": 4, "areas": 2, "places": 0}
    assert changes(before, before) == {"entities": 0, "officials": 0, "categories": 0, "areas": 0, "places": 0}
    with_a_place = Country.model_validate(a_country(places=[a_place("harbour")]))
    assert changes(before, with_a_place)["places"] == 1
    assert changes(before, after) == {"entities": 1, "officials": 1, "categories": 0, "areas": 0, "places": 0}


def test_where_all_of_an_entity_work_in_some_areas_every_area_needs_somebody() -> None:
    def found(*areas: list[str]) -> list[str]:
        staff = [an_official(f"officer.{number}", "works", areas=each) for number, each in enumerate(areas)]
        country = Country.model_validate(a_country(officials=staff))
        return [fault.en for fault in faults_of(country) if "would see" in fault.en]

    assert len(found(["west"])) == 1
    assert found(["west"], ["east"]) == found(["west"], []) == []
