"""In which area something lies: by its coordinates in a polygon, else by its block number in a range, else by the point
of the named place."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Protocol

from shapely import STRtree
from shapely.geometry import MultiPolygon, Point, Polygon

from shared.events.model import Location

Rings = Sequence[Sequence[Sequence[float]]]
"""The coordinates of a GeoJSON Polygon."""


class Shape(Protocol):
    """An area: `parts` are the coordinates of a GeoJSON MultiPolygon; `blocks` are ranges, both ends included."""

    @property
    def parts(self) -> Sequence[Rings]: ...

    @property
    def blocks(self) -> Sequence[tuple[int, int]]: ...


class Spot(Protocol):
    """A named place, in WGS 84 degrees."""

    @property
    def lat(self) -> float: ...

    @property
    def lon(self) -> float: ...


class AreaIndex:
    """Areas without faults, each with its id, and places by id. On a shared border the area written first has it."""

    def __init__(self, areas: Sequence[tuple[str, Shape]], places: Mapping[str, Spot] | None = None) -> None:
        self._places = places or {}
        self._ids = [id for id, _ in areas]
        self._tree = STRtree([outline(area) for _, area in areas])
        self._blocks = sorted((first, last, id) for id, area in areas for first, last in area.blocks)
        self._firsts = [first for first, _, _ in self._blocks]

    def find(self, location: Location | None) -> str | None:
        if location is None:
            return None
        if location.lat is not None and location.lon is not None:
            area = self._around(location.lat, location.lon)
            if area is not None:
                return area
        if location.block is not None:
            area = self._of_block(int(location.block))
            if area is not None:
                return area
        spot = self._places.get(location.place or "")
        return self._around(spot.lat, spot.lon) if spot else None

    def _around(self, lat: float, lon: float) -> str | None:
        hits = self._tree.query(Point(lon, lat), predicate="intersects")
        return self._ids[int(hits.min())] if len(hits) else None

    def _of_block(self, block: int) -> str | None:
        place = bisect_right(self._firsts, block) - 1
        if place < 0:
            return None
        _, last, id = self._blocks[place]
        return id if block <= last else None


def outline(area: Shape) -> Polygon | MultiPolygon:
    parts = [polygon(rings) for rings in area.parts]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def polygon(rings: Rings) -> Polygon:
    outer, *holes = [[(position[0], position[1]) for position in ring] for ring in rings]
    return Polygon(outer, holes)
