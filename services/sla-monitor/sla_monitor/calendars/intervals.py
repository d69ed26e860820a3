"""Converts the hours of local days to opening intervals in UTC, over every change of the zone's offset.

A moment is open when its local time of day lies in one of that day's shifts. So where clocks are put forward the
skipped hour is no working time, and where they are put back the repeated hour counts twice.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sla_monitor.calendars.working_time import SECOND, Intervals, to_micros, to_moment

ORDINAL_1970 = date(1970, 1, 1).toordinal()
DAY_SECONDS = 86_400
STEP = timedelta(days=1)
"""Step by which offset changes are searched; no two changes lie closer together."""


def unfolding(zone_name: str, hours_of: Callable[[date], Intervals]) -> Callable[[int], Intervals]:
    """Return a function from a year (UTC) to its opening intervals in microseconds since 1970, ordered and not
    touching.

    `hours_of` gives a local day's shifts as seconds since midnight, in order.
    """

    def unfold(year: int) -> Intervals:
        found: Intervals = []
        for start, end, offset in _stretches(ZoneInfo(zone_name), year):
            first, last = (start + offset) // DAY_SECONDS, (end - 1 + offset) // DAY_SECONDS
            for day in range(first, last + 1):
                midnight = day * DAY_SECONDS - offset
                for opens, closes in hours_of(date.fromordinal(ORDINAL_1970 + day)):
                    begins, ends = max(midnight + opens, start) * SECOND, min(midnight + closes, end) * SECOND
                    if begins >= ends:
                        continue
                    if found and found[-1][1] == begins:
                        begins = found.pop()[0]
                    found.append((begins, ends))
        return found

    return unfold


@lru_cache(maxsize=256)
def _stretches(zone: ZoneInfo, year: int) -> tuple[tuple[int, int, int], ...]:
    """Split the year where the zone's offset changes: (from, to, offset) in seconds since 1970 UTC."""
    start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    stretches = []
    begun, moment, offset = start, start, _offset(zone, start)
    while moment < end:
        following = min(moment + STEP, end)
        if following < end and _offset(zone, following) != offset:
            change = _first_change(zone, moment, following)
            stretches.append((_seconds(begun), _seconds(change), offset))
            begun, offset = change, _offset(zone, change)
        moment = following
    stretches.append((_seconds(begun), _seconds(end), offset))
    return tuple(stretches)


def _first_change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    low, high = _seconds(before), _seconds(after)
    old = _offset(zone, before)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, to_moment(middle * SECOND)) == old:
            low = middle
        else:
            high = middle
    return to_moment(high * SECOND)


def _offset(zone: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _seconds(moment: datetime) -> int:
    return to_micros(moment) // SECOND
