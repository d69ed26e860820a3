"""Lists, a page at a time: an entry that cannot be read hides no other, and does not end the list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, Field

from shared.storage.aggregates import Document
from shared.storage.cursors import Place, write_cursor
from shared.storage.item_isolation import read_each

T = TypeVar("T")


class Paged(BaseModel):
    """The fields of a list beside its `items`, some of which may not be readable."""

    next_cursor: str | None
    unreadable: int = Field(0, description="how many beside `items` stand on this page and cannot be read: our fault")


@dataclass(frozen=True)
class Page(Generic[T]):
    """`end`: the place of the last entry, where others follow. `unreadable`: how many stand beside `items` on it."""

    items: list[T]
    end: Place | None
    unreadable: int = 0

    @property
    def next_cursor(self) -> str | None:
        return write_cursor(self.end) if self.end is not None else None


def page_of(
    found: Sequence[Document], limit: int, read: Callable[[Document], T], place: Callable[[Document], Place]
) -> Page[T]:
    """The first `limit` of what was found, which is one more where others follow."""
    shown = found[:limit]
    items = read_each("list", shown, read)
    return Page(items, place(shown[-1]) if len(found) > limit else None, len(shown) - len(items))
