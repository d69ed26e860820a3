"""Cursors of lists that are ordered by time and id: opaque to callers, the same in every service."""

import re
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import WithJsonSchema

from shared.http.problems import Problem

Place = tuple[datetime, str]
"""Where a page ended: the time and the id of its last item."""

PATTERN = r"^[0-9]{1,14}\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_EXAMPLE = "1795000000000.6f1d0a52-3c1b-4e7a-9d52-1b0c7f3e9a10"
_Text = Annotated[str, WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": [_EXAMPLE]})]

Cursor = Annotated[_Text | None, Query(description="`next_cursor` of the page before; without it the first page")]
"""Of an endpoint's list; to be read by `read_cursor`."""


def write_cursor(place: Place) -> str:
    at, id = place
    return f"{round(at.timestamp() * 1_000)}.{id}"


def read_cursor(cursor: str | None) -> Place | None:
    """None at the beginning. Raises Problem 422 for what is no cursor of ours."""
    if cursor is None:
        return None
    try:
        at, _, id = (cursor if re.match(PATTERN, cursor) else _of_an_older_page(cursor)).partition(".")
        return datetime.fromtimestamp(int(at) / 1_000, UTC), str(UUID(id))
    except (ValueError, OverflowError, OSError) as error:
        en, ar = "This is no cursor of this list.", "المؤشر ليس من هذه القائمة."
        raise Problem(422, "invalid", en, ar, [{"field": "cursor", "message": en, "message_ar": ar}]) from error


def _of_an_older_page(cursor: str) -> str:
    """In a link that was written before cursors could be described by a pattern. Raises ValueError."""
    return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().replace(" ", ".")
