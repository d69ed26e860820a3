"""Officials are found by their entity, wherever they were before; places by their area."""

from shared.directory import Directory
from shared.events.directory import AreaChanged, PlaceChanged
from shared.events.model import Location, Name, Role

from tests.support.notifier import an_official


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
