"""Tables as CSV files that spreadsheets open as they are, and take no cell of for a formula."""

import csv
import io
from collections.abc import Iterable

MARK = "\ufeff"
"""Before the first line: by it spreadsheets know the encoding."""

CALCULATES = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet would take for a formula."""


def lines(rows: Iterable[Iterable[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([harmless(cell) for cell in row] for row in rows)
    return written.getvalue()


def harmless(cell: str) -> str:
    """As text, whatever a spreadsheet would make of it."""
    return f"'{cell}" if cell.lstrip(" ").startswith(CALCULATES) else cell
