"""A directory taken from files, and given as files."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from router.directory.faults import Fault
from router.directory.model import Country, Item
from router.directory_drafts.commands import NoDirectory
from router.directory_drafts.model import with_list
from router.directory_files import csv_file, geojson, yaml_file
from router.directory_files.reading import Lines, Path, line_of

MEDIA_TYPES = {"yaml": "application/yaml", "csv": "text/csv", "geojson": "application/geo+json"}
FORMATS = ("yaml", "csv", "geojson")


class NoSuchFile(Exception):
    """The whole directory is YAML alone, and GeoJSON holds areas alone."""


@dataclass(frozen=True)
class File:
    """The contents of a file: the whole directory, or one list that replaces the present one."""

    lines: Lines
    country: Country | None = None
    name: str | None = None
    items: Sequence[Item] = ()

    def put_into(self, before: Country | None) -> Country:
        """Raises NoDirectory where there is nothing that the list belongs to."""
        if self.country is not None:
            return self.country
        if before is None or self.name is None:
            raise NoDirectory
        return with_list(before, self.name, self.items)

    def lines_of(self, faults: Sequence[Fault]) -> list[int | None]:
        """Return the line of each fault of the resulting directory, where it is in this file."""
        return [self._line_of(_path(fault.field)) for fault in faults]

    def _line_of(self, path: Path) -> int | None:
        if self.name is None:
            return line_of(path, self.lines)
        return line_of(path[1:], self.lines) if path[:1] == (self.name,) else None


def read_file(format: str, name: str | None, text: str) -> File:
    """Raises Unreadable and NoSuchFile. Takes a while for a large file: call it in a thread."""
    text = text.removeprefix("\ufeff")
    match format, name:
        case "yaml", None:
            country, lines = yaml_file.read_country(text)
            return File(lines, country)
        case "yaml", str():
            items, lines = yaml_file.read_list(text, name)
        case "csv", str():
            items, lines = csv_file.read_list(text, name)
        case "geojson", "areas" | None:
            name = "areas"
            items, lines = geojson.read_areas(text)
        case _:
            raise NoSuchFile
    return File(lines, name=name, items=items)


def write_file(country: Country, format: str, name: str | None) -> str:
    """Raises NoSuchFile. Takes a while for a large directory: call it in a thread."""
    match format, name:
        case "yaml", None:
            return yaml_file.write_country(country)
        case "yaml", str():
            return yaml_file.write_list(country, name)
        case "csv", str():
            return csv_file.write_list(country, name)
        case "geojson", "areas" | None:
            return geojson.write_areas(country)
    raise NoSuchFile


def _path(field: str) -> Path:
    """`categories[3].entity` as steps."""
    steps = re.findall(r"\[([0-9]+)\]|([^.\[\]]+)", field)
    return tuple(int(number) if number else name for number, name in steps)
