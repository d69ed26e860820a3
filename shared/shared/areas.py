"""In which area a place lies: by its coordinates in a polygon, else by its block number in a range."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Protocol

from shapely import STRtree
from shapely.geometry import Point, Polygon

from shared.events.model import Location


class Shape(Protocol):
    """An area: `polygon` is the coordinates of a GeoJSON Polygon; `blocks` are ranges, both ends included."""

    @property
    def polygon(self) -> Sequence[Sequence[Sequence[float]]]: ...

    @property
    def blocks(self) -> Sequence[tuple[int, int]]: ...


class AreaIndex:
    """Areas without faults, each with its id. On a shared border the one written first has the place."""

    def __init__(self, areas: Sequence[tuple[str, Shape]]) -> None:
        self._ids = [id for id, _ in areas]
        self._tree = STRtree([polygon_of(area) for _, area in areas])
        self._blocks = sorted((first, last, id) for id, area in areas for first, last in area.blocks)
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


def polygon_of(area: Shape) -> Polygon:
    rings = [[(position[0], position[1]) for position in ring] for ring in area.polygon]
    return Polygon(rings[0], rings[1:])
