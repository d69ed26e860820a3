"""In which area a place lies: by its coordinates in a polygon, else by its block number in a range."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from shapely import STRtree
from shapely.geometry import Point, Polygon
from shapely.validation import explain_validity
from shared.events.model import Location

from router.domain.checks import Fault
from router.domain.country import Area


class AreaIndex:
    """Areas of a country without faults. On a shared border the area written first has the place."""

    def __init__(self, areas: Sequence[Area]) -> None:
        self._ids = [area.id for area in areas]
        self._tree = STRtree([_polygon(area) for area in areas])
        self._blocks = sorted((first, last, area.id) for area in areas for first, last in area.blocks)
        self._firsts = [first for first, _, _ in self._blocks]

    def find(self, location: Location | None) -> str | None:
        if location is None:
            return None
        if location.lat is not None and location.lon is not None:
            hits = self._tree.query(Point(location.lon, location.lat), predicate="intersects")
            if len(hits):
                return self._ids[int(hits.min())]
        return self._of_block(int(location.block)) if location.block is not None else None

    def _of_block(self, block: int) -> str | None:
        place = bisect_right(self._firsts, block) - 1
        if place < 0:
            return None
        _, last, id = self._blocks[place]
        return id if block <= last else None


def faults_of_areas(areas: Sequence[Area]) -> Iterator[Fault]:
    """What is wrong with the shapes and the ranges; the ids are checked elsewhere."""
    for number, area in enumerate(areas):
        fault = _fault_of_polygon(area)
        if fault:
            yield Fault(
                f"areas[{number}].polygon",
                f"The polygon of {area.id} is not valid: {fault}.",
                f"مضلع المنطقة {area.id} غير صالح: {fault}.",
            )
    ranges = sorted((first, last, number) for number, area in enumerate(areas) for first, last in area.blocks)
    for first, last, number in ranges:
        if not 0 <= first <= last <= 99_999:
            yield Fault(
                f"areas[{number}].blocks",
                f"{first}–{last} is no range of block numbers.",
                f"{first}–{last} ليس مدى لأرقام المجمعات.",
            )
    for (_, last, number), (first, _, other) in pairwise(ranges):
        if first <= last:
            yield Fault(
                f"areas[{other}].blocks",
                f"Block {first} is also in {areas[number].id}.",
                f"المجمع {first} موجود أيضًا في {areas[number].id}.",
            )


def _fault_of_polygon(area: Area) -> str | None:
    for ring in area.polygon:
        if ring[0][:2] != ring[-1][:2]:
            return "a ring is not closed"
        if not all(-180 <= position[0] <= 180 and -90 <= position[1] <= 90 for position in ring):
            return "a position is not longitude, latitude in degrees"
    polygon = _polygon(area)
    if not polygon.is_valid:
        return explain_validity(polygon)
    return None if polygon.area > 0 else "it has no area"


def _polygon(area: Area) -> Polygon:
    rings = [[(position[0], position[1]) for position in ring] for ring in area.polygon]
    return Polygon(rings[0], rings[1:])
