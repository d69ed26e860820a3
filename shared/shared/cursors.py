"""Cursors of lists that are ordered by time and id: opaque to callers, the same in every service."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

from shared.problems import Problem

Place = tuple[datetime, str]
"""Where a page ended: the time and the id of its last item."""


def write_cursor(place: Place) -> str:
    at, id = place
    return urlsafe_b64encode(f"{round(at.timestamp() * 1_000)} {id}".encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> Place | None:
    """None at the beginning. Raises Problem 422 for what is no cursor of ours."""
    if cursor is None:
        return None
    try:
        at, _, id = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(" ")
        return datetime.fromtimestamp(int(at) / 1_000, UTC), str(UUID(id))
    except (ValueError, OverflowError, OSError) as error:
        en, ar = "This is no cursor of this list.", "المؤشر ليس من هذه القائمة."
        raise Problem(422, "invalid", en, ar, [{"field": "cursor", "message": en, "message_ar": ar}]) from error
