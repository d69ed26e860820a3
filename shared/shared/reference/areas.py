"""In which area something lies: by its coordinates in a polygon, else by its block number in a range, else by the point
of the named place.

A point in a polygon needs no geometry library, and every service would carry one with all that it brings. The router,
which judges the shapes of a country, has one, and tests hold this module against it.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Protocol

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
        self._regions = [_Region(area.parts) for _, area in areas]
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
        return next((id for id, region in zip(self._ids, self._regions, strict=True) if region.covers(lon, lat)), None)

    def _of_block(self, block: int) -> str | None:
        place = bisect_right(self._firsts, block) - 1
        if place < 0:
            return None
        _, last, id = self._blocks[place]
        return id if block <= last else None


Edge = tuple[float, float, float, float]

EDGES_IN_A_BAND = 8


class _Region:
    """Polygons that do not overlap, borders included, holes not. Edges lie in bands by latitude: a look reads one."""

    def __init__(self, parts: Sequence[Rings]) -> None:
        edges = [edge for rings in parts for ring in rings if ring for edge in _edges(ring)]
        longitudes, latitudes = [edge[0] for edge in edges], [edge[1] for edge in edges]
        # An area without any land covers nothing, and keeps nobody from finding the others.
        self._west, self._east = min(longitudes, default=math.inf), max(longitudes, default=-math.inf)
        self._south, self._north = min(latitudes, default=0.0), max(latitudes, default=0.0)
        bands = max(1, len(edges) // EDGES_IN_A_BAND)
        self._height = (self._north - self._south) / bands or 1.0
        self._bands: list[list[Edge]] = [[] for _ in range(bands)]
        for edge in edges:
            low, high = sorted((self._band(edge[1]), self._band(edge[3])))
            for band in range(low, high + 1):
                self._bands[band].append(edge)

    def _band(self, latitude: float) -> int:
        return min(int((latitude - self._south) / self._height), len(self._bands) - 1)

    def covers(self, x: float, y: float) -> bool:
        """Longitude and latitude. A line to the east crosses the border an odd number of times from inside."""
        if not (self._west <= x <= self._east and self._south <= y <= self._north):
            return False
        is_inside = False
        for x1, y1, x2, y2 in self._bands[self._band(y)]:
            if (y1 > y) != (y2 > y):
                side = (x - x1) * (y2 - y1) - (x2 - x1) * (y - y1)
                if side == 0:
                    return True
                if (side < 0) == (y2 > y1):
                    is_inside = not is_inside
            elif (x, y) in ((x1, y1), (x2, y2)) or (y == y1 == y2 and min(x1, x2) <= x <= max(x1, x2)):
                return True
        return is_inside


def _edges(ring: Sequence[Sequence[float]]) -> Iterator[Edge]:
    for start, end in pairwise([*ring, ring[0]]):
        yield start[0], start[1], end[0], end[1]
