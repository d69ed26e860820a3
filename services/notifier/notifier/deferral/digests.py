"""When what somebody wants gathered is told, by the clock on their wall and outside of their quiet hours. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from notifier.deferral.quiet_hours import QuietHours, moments, quiet_until

DIGEST = "digest"
"""Why it is held; also the name of the template that tells it."""

LIMIT = "daily limit"
"""Why it is held where somebody has been told enough for a day."""

Rhythm = Literal["hourly", "daily", "weekly"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class DigestTimes:
    """`at`: time of day of the daily ones, and on `weekday` of the weekly ones."""

    at: time
    weekday: Weekday

    def next(self, rhythm: Rhythm, now: datetime, quiet: QuietHours, zone: ZoneInfo) -> datetime:
        """The first moment after `now`, or the end of the quiet hours that it falls into; UTC."""
        moment = _full_hour(now, zone) if rhythm == "hourly" else self._at(rhythm, now, zone)
        return quiet_until(moment, quiet, zone) or moment

    def _at(self, rhythm: Rhythm, now: datetime, zone: ZoneInfo) -> datetime:
        today = now.astimezone(zone).date()
        days = (today + timedelta(days=ahead) for ahead in range(9))
        return min(
            at
            for day in days
            if rhythm == "daily" or WEEKDAYS[day.weekday()] == self.weekday
            for at in moments(day, self.at, zone)[:1]
            if at > now
        )


def _full_hour(now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return (now + AN_HOUR - past).astimezone(UTC)
