"""Working time from a deadline's own windows, so that nobody but the SLA monitor needs a calendar.

Windows are the half-open opening intervals [from, to) that DeadlineSet, DeadlineMoved and DeadlineResumed carry,
in order and not overlapping. Times are aware.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    """Now in UTC, cut to the millisecond that MongoDB keeps, so that what is read equals what was written."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def remaining_working_time(windows: Sequence[tuple[datetime, datetime]], due_at: datetime, now: datetime) -> timedelta:
    """Working time left until `due_at`; zero when it has passed."""
    left = timedelta()
    for opens, closes in windows:
        start, end = max(opens, now), min(closes, due_at)
        if start < end:
            left += end - start
    return left
