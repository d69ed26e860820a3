"""Officials are found by their entity, wherever they were before; places by their area."""

from datetime import UTC, datetime
from typing import Any

from shared.events.directory import AreaChanged, PlaceChanged
from shared.events.model import Location, Name, Role
from shared.reference.directory import Directory

from tests.support.notifier import an_entity, an_official


def test_an_official_who_moves_is_found_at_the_new_entity_alone() -> None:
    directory = Directory()
    for change in (an_official("b", "works"), an_official("a", "works"), an_official("b", "power")):
        directory.apply(change)
    assert [o.official for o in directory.officials_of("works", [Role.OFFICER])] == ["a"]
    assert [o.official for o in directory.officials_of("power", [Role.OFFICER])] == ["b"]
    assert directory.officials_of("power", [Role.HEAD]) == []


def an_area(area: str, west: float, east: float, *blocks: tuple[int, int], active: bool = True) -> AreaChanged:
    ring = ((west, 26.0), (east, 26.0), (east, 26.2), (west, 26.2), (west, 26.0))
    return AreaChanged(area=area, name=Name(ar=area, en=area), polygon=(ring,), blocks=blocks, active=active)


def test_a_place_lies_in_an_active_area_by_its_point_or_else_by_its_block() -> None:
    directory = Directory()
    assert directory.area_of(Location(lat=26.1, lon=50.1)) is None
    directory.apply(an_area("west", 50.0, 50.2, (100, 199)))
    directory.apply(an_area("east", 50.2, 50.4, (200, 299)))
    assert directory.area_of(Location(lat=26.1, lon=50.1, block="250")) == "west"
    assert directory.area_of(Location(lat=27.0, lon=50.1, block="250")) == "east"
    assert directory.area_of(Location(address="somewhere")) is None
    directory.apply(an_area("east", 50.2, 50.4, (200, 299), active=False))
    assert directory.area_of(Location(block="250")) is None


def test_a_named_place_lies_where_its_point_does_unless_point_or_block_say_more() -> None:
    directory = Directory()
    directory.apply(an_area("west", 50.0, 50.2, (100, 199)))
    directory.apply(an_area("east", 50.2, 50.4, (200, 299)))
    directory.apply(PlaceChanged(place="harbour", name=Name(ar="المرفأ", en="Harbour"), lat=26.1, lon=50.1))
    assert directory.area_of(Location(place="harbour")) == "west"
    assert directory.area_of(Location(place="harbour", block="250")) == "east"
    assert directory.area_of(Location(place="harbour", lat=26.1, lon=50.3)) == "east"
    assert directory.area_of(Location(place="elsewhere")) is None


MIDNIGHT = datetime(2026, 12, 1, 21, 30, tzinfo=UTC)
"""Half past midnight of the second in Bahrain."""

SECOND = [{"first_day": "2026-12-02", "last_day": "2026-12-02"}]


def acting(id: str, *officials: Any) -> list[str]:
    directory = Directory()
    for official in officials:
        directory.apply(official)
    return [each.official for each in directory.acting([directory.officials[id]], MIDNIGHT)]


def test_while_somebody_is_absent_the_first_deputy_who_is_there_acts() -> None:
    a = an_official("a", deputies=["b", "c"], absences=SECOND)
    away, there = an_official("b", deputies=["d"], absences=SECOND), an_official("c")
    assert acting("a", an_official("a", deputies=["b"]), there) == ["a"]
    assert acting("a", a, an_official("b"), there) == ["b"]
    assert acting("a", a, away, there, an_official("d")) == ["c"]
    gone = an_official("c", active=False)
    assert acting("a", a, away, gone, an_official("d", deputies=["a"])) == ["d"]
    assert acting("a", a, away, gone) == ["a"], "nobody acts: it stays with them"


def test_an_entity_has_the_head_that_it_names_or_those_with_the_role() -> None:
    directory = Directory()
    officials = [an_official("own", role="head"), an_official("second", other_roles=["head", "supervisor"])]
    for change in (an_entity("works"), *officials, an_official("above", "ministry", role="head")):
        directory.apply(change)
    assert [o.official for o in directory.officials_of("works", [Role.HEAD])] == ["own", "second"]
    directory.apply(an_entity("works", head="above"))
    assert [o.official for o in directory.officials_of("works", [Role.HEAD])] == ["above"]
    assert [o.official for o in directory.officials_of("works", [Role.SUPERVISOR])] == ["second"]
    directory.apply(an_official("above", "ministry", role="head", active=False))
    assert [o.official for o in directory.officials_of("works", [Role.HEAD])] == ["own", "second"]
