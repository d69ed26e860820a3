"""The areas as a GeoJSON FeatureCollection, as maps and surveyors' programs read and write them."""

import json
from collections.abc import Sequence
from typing import Any

from router.directory.model import Area, Country, Item
from router.directory_files import yaml_file
from router.directory_files.reading import Lines, Path, Unreadable, items_of_list, line_of, malformed

SHAPES = {"Polygon": "polygon", "MultiPolygon": "polygons"}
"""By the type of a geometry: which field of an area holds its coordinates."""


def write_areas(country: Country) -> str:
    """One feature a line."""
    features = ",\n".join(json.dumps(_feature(area), ensure_ascii=False) for area in country.areas)
    return f'{{"type": "FeatureCollection", "features": [\n{features}\n]}}\n'


def read_areas(text: str) -> tuple[Sequence[Item], Lines]:
    """Raises Unreadable. Of a feature the id, `name_ar`, `name_en` and `blocks` are taken; other properties are not."""
    document = _json(text)
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or document.get("type") != "FeatureCollection":
        raise malformed(1, "This is no GeoJSON FeatureCollection.", "هذا ليس FeatureCollection من GeoJSON.")
    lines = _lines_of_features(text)
    areas = [_area(feature, line_of((number,), lines), number) for number, feature in enumerate(features)]
    return items_of_list("areas", areas, lines), lines


def _feature(area: Area) -> dict[str, Any]:
    properties: dict[str, Any] = {"name_ar": area.name.ar, "name_en": area.name.en}
    if area.blocks:
        properties["blocks"] = area.blocks
    geometry: dict[str, Any] = {"type": "Polygon", "coordinates": area.polygon}
    if area.polygons:
        geometry = {"type": "MultiPolygon", "coordinates": area.polygons}
    return {"type": "Feature", "id": area.id, "properties": properties, "geometry": geometry}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise malformed(error.lineno, f"This is not JSON: {error.msg}.", f"هذا ليس JSON صالحًا: {error.msg}.") from error
    except (RecursionError, ValueError) as error:
        raise malformed(
            None, "This is not JSON that can be read: too deep, or too long a number.", "لا يمكن قراءة JSON هذا."
        ) from error


def _area(feature: Any, line: int | None, number: int) -> dict[str, Any]:
    field = f"features[{number}]"
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise malformed(line, "This is no GeoJSON Feature.", "هذا ليس Feature من GeoJSON.", field)
    geometry, properties = feature.get("geometry"), feature.get("properties")
    shape = SHAPES.get(str(geometry.get("type"))) if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or shape is None:
        raise malformed(
            line,
            "An area is a Polygon or a MultiPolygon.",
            "المنطقة مضلع (Polygon) أو عدة مضلعات (MultiPolygon).",
            f"{field}.geometry",
        )
    if not isinstance(properties, dict):
        raise malformed(line, "A feature has properties.", "لكل Feature خصائص (properties).", f"{field}.properties")
    area = {
        "id": feature.get("id", properties.get("id")),
        "name": {"ar": properties.get("name_ar"), "en": properties.get("name_en")},
        shape: geometry.get("coordinates"),
    }
    return area | ({"blocks": properties["blocks"]} if "blocks" in properties else {})


def _lines_of_features(text: str) -> Lines:
    """JSON is YAML but for tabs, which stand between its values alone. What YAML cannot read has no lines."""
    try:
        _, lines = yaml_file.read(text.replace("\t", " "))
    except Unreadable:
        return {}
    return {path[1:]: line for path, line in lines.items() if path[:1] == ("features",)} | _outside(lines)


def _outside(lines: Lines) -> dict[Path, int]:
    return {(): lines[("features",)]} if ("features",) in lines else {}
