"""The query parameter `cursor` of a list."""

from typing import Annotated

from fastapi import Query
from pydantic import WithJsonSchema

from shared.http.problems import Problem
from shared.storage.cursors import PATTERN, Place, parse_cursor

_EXAMPLE = "1795000000000.6f1d0a52-3c1b-4e7a-9d52-1b0c7f3e9a10"
_Text = Annotated[str, WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": [_EXAMPLE]})]

Cursor = Annotated[_Text | None, Query(description="`next_cursor` of the page before; without it the first page")]
"""Declared by an endpoint that lists; read it with `read_cursor`."""


def read_cursor(cursor: str | None) -> Place | None:
    """None at the beginning. Raises Problem 422 for what is no cursor of ours."""
    if cursor is None:
        return None
    try:
        return parse_cursor(cursor)
    except ValueError as error:
        en, ar = "This is no cursor of this list.", "المؤشر ليس من هذه القائمة."
        raise Problem(422, "invalid", en, ar, [{"field": "cursor", "message": en, "message_ar": ar}]) from error
