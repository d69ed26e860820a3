"""Quiet hours by the clock on the recipient's wall, also on the nights on which that clock is moved."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from notifier.deferral.quiet_hours import NEVER, QuietHours, quiet_until, read_quiet_hours

BAHRAIN, BERLIN = ZoneInfo("Asia/Bahrain"), ZoneInfo("Europe/Berlin")
ZONES = ("Asia/Bahrain", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu")
NIGHT = QuietHours(start=time(21), end=time(7))
A_MINUTE = timedelta(minutes=1)

zones = st.sampled_from(ZONES).map(ZoneInfo)
times = st.times(timezones=st.none()).map(lambda at: at.replace(second=0, microsecond=0))
moments = st.integers(0, 3 * 365 * 1_440).map(lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + minutes * A_MINUTE)


def is_possible(start: time, end: time) -> bool:
    return (end.hour * 60 + end.minute - start.hour * 60 - start.minute) % 1_440 <= 840


def hours(start: int, end: int, minute: int = 0) -> QuietHours:
    return QuietHours(start=time(start, minute), end=time(end, minute))


@pytest.mark.parametrize(
    ("now", "zone", "quiet", "until"),
    [
        ("2026-11-24T18:00", BAHRAIN, NIGHT, "2026-11-25T04:00"),  # 21:00, as they begin
        ("2026-11-25T03:59", BAHRAIN, NIGHT, "2026-11-25T04:00"),
        ("2026-11-25T04:00", BAHRAIN, NIGHT, None),  # 07:00, as they end
        ("2026-11-24T17:59", BAHRAIN, NIGHT, None),
        ("2026-11-24T10:30", BAHRAIN, hours(13, 15), "2026-11-24T12:00"),  # not over midnight
        ("2026-03-28T22:00", BERLIN, NIGHT, "2026-03-29T05:00"),  # the night that is an hour shorter
        ("2026-10-24T22:00", BERLIN, NIGHT, "2026-10-25T06:00"),  # and the one that is longer
        ("2026-03-29T00:30", BERLIN, hours(1, 2, 30), "2026-03-29T01:00"),  # the clock jumps over their end
        ("2026-10-25T00:10", BERLIN, hours(1, 2, 30), "2026-10-25T00:30"),  # it shows their end twice
        ("2026-10-25T01:10", BERLIN, hours(1, 2, 30), "2026-10-25T01:30"),
        ("2026-11-24T20:00", BAHRAIN, NEVER, None),
    ],
)
def test_quiet_hours_end_when_the_clock_on_the_wall_says_so(
    now: str, zone: ZoneInfo, quiet: QuietHours, until: str | None
) -> None:
    ends = quiet_until(datetime.fromisoformat(now).replace(tzinfo=UTC), quiet, zone)
    assert ends == (datetime.fromisoformat(until).replace(tzinfo=UTC) if until else None)


@given(moments, times, times, zones)
@example(datetime(2026, 3, 29, 0, 59, tzinfo=UTC), time(1), time(2, 30), BERLIN)
@example(datetime(2026, 10, 25, 1, 10, tzinfo=UTC), time(1), time(2, 30), BERLIN)
@example(datetime(2026, 4, 4, 15, 10, tzinfo=UTC), time(21), time(2), ZoneInfo("Australia/Lord_Howe"))
def test_whoever_is_left_in_peace_is_so_until_the_end_and_no_longer(
    now: datetime, start: time, end: time, zone: ZoneInfo
) -> None:
    if not is_possible(start, end):
        return
    quiet = QuietHours(start=start, end=end)
    until = quiet_until(now, quiet, zone)
    assert (until is not None) == quiet.has(now.astimezone(zone).time())
    if until is None:
        return
    assert now < until <= now + quiet.length + timedelta(hours=1)
    assert not quiet.has(until.astimezone(zone).time())
    offsets = {at.astimezone(zone).utcoffset() for at in (now, until)}
    minutes = int((until - now) / A_MINUTE)
    if len(offsets) == 1:  # a clock that is put back may show a time before their beginning for a while
        assert all(quiet.has((now + passed * A_MINUTE).astimezone(zone).time()) for passed in range(minutes))


def test_written_quiet_hours_are_read_and_what_is_none_is_refused() -> None:
    assert read_quiet_hours("21:00-07:00") == NIGHT
    assert read_quiet_hours("off") == read_quiet_hours("") == NEVER
    for wrong in ("21:00", "21-7", "25:00-07:00", "06:00-22:00", "night"):
        with pytest.raises(ValueError, match=r"."):
            read_quiet_hours(wrong)
