"""Where a submission is, when only words say so: the one block or named place that its address or text names."""

from typing import Any

import pytest
from router.assigning.commands import receive
from router.cases.model import Assignment
from router.directory.snapshot import Directory
from shared.events.assignments import SubmissionAssigned
from shared.events.model import Location

from tests.support.router import EAST, NOW, WEST, a_directory, a_place, received

PLACES = [
    a_place("harbour", name={"ar": "المرفأ", "en": "Harbour"}, blocks=[[120, 129]]),
    a_place("hilltop", name={"ar": "الهضبة", "en": "Hilltop"}, lat=EAST[1], lon=EAST[0]),
]


@pytest.fixture(scope="module")
def directory() -> Directory:
    return a_directory(places=PLACES)


def routed(directory: Directory, text: str, **place: Any) -> tuple[str | None, Location | None]:
    """Who has it, and where it was understood to be. Rubbish is a matter of the municipality of the area."""
    data = received(text=text, location=place or None)
    state = receive(Assignment(), data, directory, None, NOW).state
    return state.entity, state.understood


@pytest.mark.parametrize(
    ("text", "place", "entity", "understood"),
    [
        ("The rubbish in the harbour stinks.", {}, "west-municipality", {"place": "harbour"}),
        ("القمامة متراكمة بالهضبه منذ أيام", {}, "east-municipality", {"place": "hilltop"}),
        ("Rubbish everywhere.", {"address": "Villa 7, near block 230"}, "east-municipality", {"block": "230"}),
        ("Rubbish everywhere.", {"address": "طريق ١٢، المرفا"}, "west-municipality", {"place": "harbour"}),
        ("Rubbish in the harbour.", {"address": "Hilltop Street"}, "east-municipality", {"place": "hilltop"}),
        ("Rubbish in the harbour and on the way to the hilltop.", {}, "central-office", None),
        ("Rubbish everywhere.", {}, "central-office", None),
        ("Rubbish in the harbour.", {"block": "230"}, "east-municipality", None),
        ("Rubbish in the harbour.", {"lat": EAST[1], "lon": EAST[0]}, "east-municipality", None),
        ("Rubbish in the harbour.", {"lat": WEST[1] + 5, "lon": WEST[0]}, "central-office", None),
    ],
)
def test_who_answers_by_area_is_found_by_what_was_written(
    directory: Directory, text: str, place: dict[str, Any], entity: str, understood: dict[str, str] | None
) -> None:
    found = routed(directory, text, **place)
    assert found == (entity, Location(**understood) if understood else None)


@pytest.mark.parametrize(("text", "area"), [("A pothole in the harbour.", "west"), ("A pothole.", None)])
def test_with_who_has_it_everybody_hears_where_it_lies(directory: Directory, text: str, area: str | None) -> None:
    (told,) = receive(Assignment(), received(text=text, location=None), directory, None, NOW).events
    assert isinstance(told.data, SubmissionAssigned)
    assert told.data.area == area
