"""Whether the areas and places of a country can be used: their shapes and their ranges of block numbers."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol

from shapely import union_all
from shapely.geometry import MultiPolygon, Polygon
from shapely.validation import explain_validity
from shared.events.model import Location
from shared.reference.areas import AreaIndex, Rings, Shape

from router.directory.faults import Fault
from router.directory.model import Area, Country


class OfBlocks(Protocol):
    """An area or a place."""

    @property
    def id(self) -> str: ...

    @property
    def blocks(self) -> Sequence[tuple[int, int]]: ...


MOST_POSITIONS = 20_000
"""Of all rings together: an area travels in one message."""


SMALLEST_GAP = 1e-7
"""Square degrees, about a thousand square metres: a smaller one comes from rounding."""


def faults_of_cover(country: Country) -> Iterator[Fault]:
    """Find places and gaps that no area covers. The areas themselves must have no fault.

    A country without areas asks nothing by area.
    """
    if not country.areas:
        return
    index = AreaIndex([(area.id, area) for area in country.areas])
    for number, place in enumerate(country.places):
        if index.find(Location(lat=place.lat, lon=place.lon)) is None:
            yield Fault(
                f"places[{number}]",
                f"“{place.id}” lies in no area.",
                f"لا يقع «{place.id}» في أي منطقة.",
            )
    whole = union_all([outline(area) for area in country.areas])
    for part in getattr(whole, "geoms", [whole]):
        for ring in part.interiors:
            gap = Polygon(ring)
            if gap.area >= SMALLEST_GAP:
                at = gap.representative_point()
                yield Fault(
                    "areas",
                    f"Around {at.y:.4f}, {at.x:.4f} lies a gap between the areas.",
                    f"توجد فجوة بين المناطق قرب {at.y:.4f}، {at.x:.4f}.",
                )


def faults_of_areas(areas: Sequence[Area]) -> Iterator[Fault]:
    """Check shapes and block ranges; ids are checked elsewhere."""
    for number, area in enumerate(areas):
        fault = _fault_of_shape(area)
        if fault:
            yield Fault(
                f"areas[{number}].{'polygons' if area.polygons else 'polygon'}",
                f"The polygon of {area.id} is not valid: {fault}.",
                f"مضلع المنطقة {area.id} غير صالح: {fault}.",
            )
    yield from faults_of_blocks("areas", areas)


def faults_of_blocks(name: str, items: Sequence[OfBlocks]) -> Iterator[Fault]:
    """Each block is in one of them at most. `name` is the list's in the document."""
    ranges = sorted((first, last, number) for number, item in enumerate(items) for first, last in item.blocks)
    for first, last, number in ranges:
        if not 0 <= first <= last <= 99_999:
            yield Fault(
                f"{name}[{number}].blocks",
                f"{first}–{last} is no range of block numbers.",
                f"{first}–{last} ليس مدى لأرقام المجمعات.",
            )
    for (_, last, number), (first, _, other) in pairwise(ranges):
        if first <= last:
            yield Fault(
                f"{name}[{other}].blocks",
                f"Block {first} is also in {items[number].id}.",
                f"المجمع {first} موجود أيضًا في {items[number].id}.",
            )


def _fault_of_shape(area: Area) -> str | None:
    rings = [ring for part in area.parts for ring in part]
    if sum(len(ring) for ring in rings) > MOST_POSITIONS:
        return f"it has more than {MOST_POSITIONS:,} positions"
    for ring in rings:
        if ring[0][:2] != ring[-1][:2]:
            return "a ring is not closed"
        if not all(-180 <= position[0] <= 180 and -90 <= position[1] <= 90 for position in ring):
            return "a position is not longitude, latitude in degrees"
    shape = outline(area)
    if not shape.is_valid:
        return explain_validity(shape)
    return None if shape.area > 0 else "it has no area"


def outline(area: Shape) -> Polygon | MultiPolygon:
    parts = [polygon(rings) for rings in area.parts]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def polygon(rings: Rings) -> Polygon:
    outer, *holes = [[(position[0], position[1]) for position in ring] for ring in rings]
    return Polygon(outer, holes)
