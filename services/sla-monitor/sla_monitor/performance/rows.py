"""The rows of the record, by the ids under which they are stored.

A cell is one entity, month, category, kind and area: `works/2026-04/roads.pothole/complaint/capital`. So that a year is
read from few documents, what counts in a cell counts in rows of fewer parts, too:

    works/2026-04   works/2026                  of an entity (`works/now`: what is open)
    works/2026-04/kind=complaint                the same by category, by kind and by area
    /2026-04                                    of the country
    /2026-04/capital   /2026/capital            of the country by area
    /2026-04/kind=complaint                     the same by category and by kind
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sla_monitor.clocks.case_results import NOW, SEPARATOR, UNKNOWN

SIDES = ("category", "kind", "area")
OF = "="
"""Stands between a side and its value; like the separator it occurs in no identifier."""
COUNTRY, AREAS = "country", "areas"
OF_COUNTRY = {"category": "categories", "kind": "kinds"}
"""Instead of whether a row is detailed: what it is, where it is neither a cell nor an entity's; a side says itself."""


def rows_before(cell: str) -> list[str]:
    """Return the rows of a cell that exist without sums by year and side."""
    entity, month, *about = cell.split(SEPARATOR)
    rows = [cell, _joined(entity, month)]
    return [*rows, _joined("", month, about[-1])] if _has_area(about) else rows


def rows_since(cell: str) -> list[str]:
    """Return the further rows of a cell, by year and side."""
    entity, month, *about = cell.split(SEPARATOR)
    year = [] if month == NOW else [month[:4]]
    by_side = zip(SIDES, (*about, *(UNKNOWN,) * (len(SIDES) - len(about))), strict=True)
    sides = [f"{side}{OF}{each}" for side, each in by_side]
    return [
        _joined("", month),
        *(_joined(entity, each) for each in year),
        *(_joined(entity, period, side) for period in (month, *year) for side in sides),
        *(_joined("", each, about[-1]) for each in year if _has_area(about)),
    ]


def rows_of_country(cell: str) -> list[str]:
    """Return the country's rows by category and kind."""
    _, month, *about = cell.split(SEPARATOR)
    periods = [month] if month == NOW else [month, month[:4]]
    sides = [f"{side}{OF}{each}" for side, each in zip(OF_COUNTRY, about, strict=False)]
    return [_joined("", period, side) for period in periods for side in sides]


LATER: Mapping[str, Callable[[str], list[str]]] = {"spread": rows_since, "spread_in_country": rows_of_country}
"""Rows that some version before does not know, by the field of a cell that says what they hold of it."""


def fields_of(row: str) -> dict[str, Any]:
    """Return the stored fields of a row beside its counts; `month` is a year where the row is of a year."""
    entity, month, *about = row.split(SEPARATOR)
    fixed = {"entity": entity, "month": month}
    if not entity and not about:
        return fixed | {"detailed": COUNTRY}
    if len(about) == 1:
        side, _, of = about[0].partition(OF)
        if not entity:
            return fixed | ({"detailed": OF_COUNTRY[side], side: of} if of else {"detailed": AREAS, "area": side})
        return fixed | {"detailed": side, side: of}
    return fixed | {"detailed": bool(about)} | dict(zip(SIDES, about, strict=False))


def _has_area(about: Sequence[str]) -> bool:
    return len(about) == len(SIDES)


def _joined(*parts: str) -> str:
    return SEPARATOR.join(parts)
