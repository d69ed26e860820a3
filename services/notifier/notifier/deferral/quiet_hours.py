"""When a recipient is left in peace, by the clock on their wall. Pure."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema, field_serializer, model_validator

LONGEST = timedelta(hours=14)
"""A day must leave room for what is told by day."""
DAYS_AHEAD = range(3)
A_SECOND = timedelta(seconds=1)
OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"


def _of_day(sent: object) -> object:
    if isinstance(sent, time):
        return sent
    if not isinstance(sent, str) or not re.match(OF_DAY, sent):
        raise ValueError("a time of day, as 22:00")
    return time.fromisoformat(sent)


# JSON Schema's own format `time` has a zone.
OfDay = Annotated[
    time, BeforeValidator(_of_day), WithJsonSchema({"type": "string", "pattern": OF_DAY, "examples": ["22:00"]})
]


class QuietHours(BaseModel):
    """From `start` up to, not including, `end`, in whole minutes of the local day; usually over midnight.

    Equal ones are no quiet at all.
    """

    model_config = ConfigDict(frozen=True)

    start: OfDay
    end: OfDay

    @field_serializer("start", "end")
    def _as_people_write_it(self, at: time) -> str:
        return f"{at:%H:%M}"

    @model_validator(mode="after")
    def _not_all_day(self) -> "QuietHours":
        if self.length > LONGEST:
            raise ValueError("quiet hours are longer than 14 hours")
        return self

    @property
    def length(self) -> timedelta:
        at = [timedelta(hours=each.hour, minutes=each.minute) for each in (self.start, self.end)]
        return (at[1] - at[0]) % timedelta(days=1)

    def has(self, at: time) -> bool:
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


NEVER = QuietHours(start=time(0), end=time(0))


def read_quiet_hours(written: str) -> QuietHours:
    """`21:00-07:00`, or `off`. Raises ValueError."""
    if written.strip().lower() in ("", "off"):
        return NEVER
    start, _, end = written.partition("-")
    return QuietHours(start=time.fromisoformat(start.strip()), end=time.fromisoformat(end.strip()))


def quiet_until(now: datetime, quiet: QuietHours, zone: ZoneInfo) -> datetime | None:
    """The first moment after `now` at which the wall clock is outside of the quiet hours; None where it is already.

    Clocks that are put forward may jump over the end, clocks that are put back may show it twice.
    """
    local = now.astimezone(zone)
    if not quiet.has(local.time()):
        return None
    return min(
        at for day in DAYS_AHEAD for at in moments(local.date() + timedelta(days=day), quiet.end, zone) if at > now
    )


def moments(day: date, at: time, zone: ZoneInfo) -> list[datetime]:
    """When the wall clock reaches this time on this day: once, twice, or at the jump that leaves it out. In order."""
    first, second = (datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return [first] if first == second else [first, second]
    return [_jump(second, first, zone)]


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment between the two at which the clock is put forward."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > A_SECOND:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)
