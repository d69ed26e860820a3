"""In which area a point lies, held against a geometry library."""

from dataclasses import dataclass
from math import cos, pi, sin

from hypothesis import example, given
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon
from shared.events.model import Location
from shared.reference.areas import AreaIndex

Ring = list[list[float]]


@dataclass
class Drawn:
    parts: list[list[Ring]]
    blocks: tuple[tuple[int, int], ...] = ()


def a_star(points: int, around: tuple[float, float] = (50.5, 26.1), size: float = 0.2) -> Ring:
    """With inner corners, so that a line crosses it often; closed, as GeoJSON has it."""
    ring = [
        [around[0] + r * cos(pi * n / points), around[1] + r * sin(pi * n / points)]
        for n in range(2 * points)
        for r in [size if n % 2 else size * 0.4]
    ]
    return [*ring, ring[0]]


def a_square(west: float, south: float, size: float) -> Ring:
    east, north = west + size, south + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def found(lon: float, lat: float, *polygons: list[Ring]) -> str | None:
    index = AreaIndex([(str(number), Drawn([polygon])) for number, polygon in enumerate(polygons)])
    return index.find(Location(lat=lat, lon=lon))


# A grid, so that points lie on corners and borders too.
steps = st.integers(-12, 12).map(lambda step: step / 40)


@given(st.integers(3, 40), steps, steps)
@example(3, 0.2, 0.0)
def test_a_point_is_in_an_area_as_a_geometry_library_says(points: int, east: float, north: float) -> None:
    ring, hole = a_star(points), a_square(50.48, 26.08, 0.04)
    lon, lat = 50.5 + east, 26.1 + north
    there = Polygon(ring, [hole]).intersects(Point(lon, lat))
    assert (found(lon, lat, [ring, hole]) is not None) == there


def test_a_border_belongs_to_the_area_and_a_hole_does_not() -> None:
    square, hole = a_square(50.0, 26.0, 1.0), a_square(50.25, 26.25, 0.5)
    for lon, lat in ((50.0, 26.0), (51.0, 27.0), (50.5, 26.0), (51.0, 26.5), (50.25, 26.5), (50.5, 26.25)):
        assert found(lon, lat, [square, hole]) == "0", (lon, lat)
    for lon, lat in ((50.5, 26.5), (49.999, 26.5), (50.5, 27.001)):
        assert found(lon, lat, [square, hole]) is None, (lon, lat)


def test_on_a_shared_border_the_area_written_first_has_it() -> None:
    west, east = a_square(50.0, 26.0, 1.0), a_square(51.0, 26.0, 1.0)
    assert found(51.0, 26.5, [west], [east]) == "0"
    assert found(51.0, 26.5, [east], [west]) == "0"
    assert found(51.5, 26.5, [west], [east]) == "1"


def test_an_area_of_several_pieces_has_them_all() -> None:
    index = AreaIndex([("islands", Drawn([[a_square(50.0, 26.0, 0.1)], [a_square(51.0, 26.0, 0.1)]]))])
    assert index.find(Location(lat=26.05, lon=50.05)) == "islands"
    assert index.find(Location(lat=26.05, lon=51.05)) == "islands"
    assert index.find(Location(lat=26.05, lon=50.5)) is None


def test_an_area_without_any_land_keeps_nobody_from_finding_the_others() -> None:
    whole = Drawn([[a_star(4)]])
    for empty in (Drawn([]), Drawn([[]]), Drawn([[[]]])):
        index = AreaIndex([("a-empty", empty), ("b-whole", whole)])
        assert index.find(Location(lat=26.1, lon=50.5)) == "b-whole"
