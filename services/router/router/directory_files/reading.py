"""Shared by all file formats: the line of each value, and the faults of a file that cannot be taken."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from router.directory.model import MODELS, Country, Item

Path = tuple[str | int, ...]
Lines = Mapping[Path, int]
"""The line, from 1, on which the value at this path begins."""

MOST_FAULTS = 100
LONGEST_FIELD = 200


@dataclass(frozen=True)
class Unfit:
    """Something in a file that cannot be taken. `code` is pydantic's, or `malformed`; without `ar` the code says it."""

    line: int | None
    field: str
    code: str
    en: str
    ar: str | None = None


class Unreadable(Exception):
    """The file was refused whole; nothing of it was taken."""

    def __init__(self, faults: Sequence[Unfit]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


def malformed(line: int | None, en: str, ar: str, field: str = "") -> Unreadable:
    return Unreadable([Unfit(line, field, "malformed", en, ar)])


def line_of(path: Path, lines: Lines) -> int | None:
    """Return the line of the value, or of the nearest one around it."""
    for length in range(len(path), -1, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def country_of(document: Any, lines: Lines) -> Country:
    """Raises Unreadable."""
    try:
        return Country.model_validate(document)
    except ValidationError as error:
        raise Unreadable(list(_unfit(error, (), lines))) from error


def items_of_list(name: str, documents: Any, lines: Lines) -> list[Item]:
    """Each item of a list by itself, so that the faults of all are found. Raises Unreadable."""
    if not isinstance(documents, list):
        raise malformed(line_of((), lines), f"This is no list of {name}.", f"هذه ليست قائمة {name}.")
    items: list[Item] = []
    faults: list[Unfit] = []
    for number, document in enumerate(documents):
        try:
            items.append(MODELS[name].model_validate(document))
        except ValidationError as error:
            faults += _unfit(error, (number,), lines)
        if len(faults) >= MOST_FAULTS:
            break
    if faults:
        raise Unreadable(faults)
    return items


def _unfit(error: ValidationError, around: Path, lines: Lines) -> Iterable[Unfit]:
    """The fault does not repeat what was sent, which may be anything, of any length."""
    for fault in error.errors(include_url=False, include_context=False, include_input=False)[:MOST_FAULTS]:
        path = (*around, *fault["loc"])
        yield Unfit(line_of(path, lines), field_of(path), fault["type"], fault["msg"])


def field_of(path: Path) -> str:
    """As the check names its fields: `categories[3].entity`."""
    written = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return written.removeprefix(".")[:LONGEST_FIELD]
