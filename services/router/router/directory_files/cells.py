"""Write every value of a directory as the text of a CSV cell, and read back exactly that value."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_CALCULATED = re.compile(r"'* *[=+\-@\t\r\n]")
"""How a cell begins that a spreadsheet would take for a formula, or that was guarded against that."""

_UNESCAPED = re.compile(r"((?:[^|\\]|\\.)*)(\||$)", re.DOTALL)


class NotReadable(Exception):
    """A cell has not the form that its column needs."""

    def __init__(self, en: str, ar: str) -> None:
        super().__init__(en)
        self.en = en
        self.ar = ar


@dataclass(frozen=True)
class Column:
    """`path`: where the value is in the item's document, with dots. `write` is given what is there, never None;
    `read` is given a cell that is not empty."""

    path: str
    write: Callable[[Any], str]
    read: Callable[[str], Any]

    def cell(self, document: Mapping[str, Any]) -> str:
        value: Any = document
        for step in self.path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        return "" if value is None else self.write(value)

    def put(self, document: dict[str, Any], value: Any) -> None:
        *around, last = self.path.split(".")
        for step in around:
            document = document.setdefault(step, {})
        document[last] = value


def text(path: str) -> Column:
    return Column(path, _guarded, unguarded)


def number(path: str) -> Column:
    return Column(path, repr, _number)


def flag(path: str) -> Column:
    """`true` or `false`."""
    return Column(path, lambda value: "true" if value else "false", _flag)


def ids(path: str) -> Column:
    """Identifiers, which have no blanks, with blanks between."""
    return Column(path, " ".join, str.split)


def words(path: str) -> Column:
    """Any words, with | between; a | or a \\ in a word has a \\ in front."""
    return Column(path, lambda values: _guarded("|".join(map(_escaped, values))), lambda cell: _split(unguarded(cell)))


def pairs(path: str) -> Column:
    """From identifier to identifier: `capital=works north=ewa`."""
    return Column(path, lambda values: " ".join(f"{key}={value}" for key, value in values.items()), _pairs)


def ranges(path: str) -> Column:
    """Ranges of block numbers: `301..316 340..340`."""
    return Column(path, lambda values: _guarded(" ".join(f"{a}..{b}" for a, b in values)), _ranges)


def periods(path: str) -> Column:
    """Ranges of days, both included: `2026-12-01..2026-12-10 2027-02-03..2027-02-03`."""
    return Column(path, lambda values: " ".join(f"{a['first_day']}..{a['last_day']}" for a in values), _periods)


def nested(path: str) -> Column:
    """A structured value, as JSON."""
    return Column(path, lambda value: json.dumps(value, ensure_ascii=False), _nested)


def one_of(path: str, flags: tuple[str, ...]) -> Column:
    """An object with exactly one field: its name where it is one of `flags`, else its name and its value."""

    def write(value: Mapping[str, Any]) -> str:
        return " ".join(name if name in flags else f"{name} {said}" for name, said in value.items())

    def read(cell: str) -> dict[str, Any]:
        name, _, said = cell.partition(" ")
        return {name: said if said or name not in flags else True}

    return Column(path, write, read)


def _guarded(value: str) -> str:
    return f"'{value}" if _CALCULATED.match(value) else value


def unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _CALCULATED.match(cell) else cell


def _number(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError as error:
        raise NotReadable("This is no number.", "هذا ليس رقمًا.") from error


def _flag(cell: str) -> bool:
    if cell.strip().lower() not in ("true", "false"):
        raise NotReadable("This is true or false.", "تُكتب true أو false.")
    return cell.strip().lower() == "true"


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("|", "\\|")


def _split(cell: str) -> list[str]:
    found, at = [], 0
    while at <= len(cell):
        match = _UNESCAPED.match(cell, at)
        if match is None:
            raise NotReadable("A “\\” stands alone at the end.", "توجد «\\» وحدها في النهاية.")
        found.append(re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL))
        at = match.end() + (0 if match[2] else 1)
    return found


def _pairs(cell: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in cell.split():
        key, sign, value = pair.partition("=")
        if not sign or key in found:
            raise NotReadable(
                "This is area=entity, each area once, with blanks between.",
                "تُكتب area=entity لكل منطقة مرة، بينها فراغ.",
            )
        found[key] = value
    return found


def _ranges(cell: str) -> list[list[int]]:
    found = [re.fullmatch(r"(-?[0-9]{1,10})(?:\.\.(-?[0-9]{1,10}))?", part) for part in unguarded(cell).split()]
    if not all(found):
        raise NotReadable(
            "These are ranges like 301..316, with blanks between.", "تُكتب المدى هكذا 301..316، بينها فراغ."
        )
    return [[int(match[1]), int(match[2] or match[1])] for match in found if match]


def _periods(cell: str) -> list[dict[str, str]]:
    found = [re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?", part, re.ASCII) for part in cell.split()]
    if not all(found):
        raise NotReadable(
            "These are days like 2026-12-01..2026-12-10, with blanks between.",
            "تُكتب الأيام هكذا 2026-12-01..2026-12-10، بينها فراغ.",
        )
    return [{"first_day": match[1], "last_day": match[2] or match[1]} for match in found if match]


def _nested(cell: str) -> Any:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError) as error:
        raise NotReadable("This is not JSON.", "هذا ليس JSON صالحًا.") from error
