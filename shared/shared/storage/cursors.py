"""Cursors of lists that are ordered by time and id: opaque to callers, the same in every service."""

import re
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from uuid import UUID

Place = tuple[datetime, str]
"""Where a page ended: the time and the id of its last item."""

PATTERN = r"^[0-9]{1,14}\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


def write_cursor(place: Place) -> str:
    at, id = place
    return f"{round(at.timestamp() * 1_000)}.{id}"


def parse_cursor(cursor: str) -> Place:
    """Raises ValueError for a text that is no cursor of ours."""
    try:
        at, _, id = (cursor if re.match(PATTERN, cursor) else _of_an_older_page(cursor)).partition(".")
        return datetime.fromtimestamp(int(at) / 1_000, UTC), str(UUID(id))
    except (OverflowError, OSError) as error:
        raise ValueError("no cursor") from error


def _of_an_older_page(cursor: str) -> str:
    """Decode a link that was written before cursors could be described by a pattern. Raises ValueError."""
    return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().replace(" ", ".")
