"""Reads what lies before an entity: due today, overdue, who has how much, and what would be late within a week."""

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sla_monitor.calendars.model import CalendarVersion
from sla_monitor.clocks.commands import Reference
from sla_monitor.clocks.custody import MILLISECOND
from sla_monitor.performance.store import RecordStore
from sla_monitor.workload.model import Forecast, Load, OpenCase, Pace, forecast, weighed
from sla_monitor.workload.store import WorkloadStore

AHEAD = timedelta(days=7)
MOST_LOOKED_AT = 5_000
"""Cases of one entity that are due within the week or late: a forecast of more would be of the first of them."""


MOST_LISTED = 200


@dataclass(frozen=True)
class Cases:
    """So many, and the first of them: those that are due first."""

    number: int
    first: Sequence[OpenCase]


@dataclass(frozen=True)
class Workload:
    """`today` ends at midnight of the entity's calendar; `late` are those that the forecast names. `is_whole`: false
    where there were too many to look at all."""

    entity: str
    at: datetime
    overdue: Cases
    today: Cases
    late: Cases
    loads: Sequence[Load]
    pace: Pace
    forecast: Forecast
    is_whole: bool

    @property
    def open(self) -> int:
        return sum(load.open for load in self.loads)


class Workloads:
    def __init__(self, store: WorkloadStore, record: RecordStore, reference: Reference) -> None:
        self.store = store
        self.record = record
        self.reference = reference

    async def of(self, entity: str, now: datetime, reader: str) -> Workload | None:
        """All of it is counted; of what is confidential, lists hold what `reader` reads. None while no calendars were
        published."""
        rulebook = self.reference.rulebooks.newest
        if rulebook is None:
            return None
        known = self.reference.directory.entities.get(entity)
        calendar = rulebook.calendar(known.calendar if known else None)
        until = now + AHEAD
        dues, pace, loads = await asyncio.gather(
            self.store.dues(entity, until, MOST_LOOKED_AT),
            self._pace(entity, calendar, now),
            self.store.loads(entity, now, until),
        )
        midnight = _next_midnight(now, ZoneInfo(calendar.definition.zone))
        overdue, today = bisect_left(dues, now), bisect_left(dues, midnight)
        names = self._names(entity, reader, now)
        ahead = forecast(dues, pace, calendar.timetable, now, until)
        late = ahead.late or ()
        first_overdue, first_today, first_late = await asyncio.gather(
            self._first(entity, dues[:overdue], names),
            self._first(entity, dues[overdue:today], names),
            self.store.late_at(entity, _in_time(dues[overdue:], late[:MOST_LISTED], late), MOST_LISTED, names),
        )
        return Workload(
            entity=entity,
            at=now,
            overdue=Cases(overdue, first_overdue),
            today=Cases(today - overdue, first_today),
            late=Cases(len(late), first_late),
            loads=weighed(loads),
            pace=pace,
            forecast=ahead,
            is_whole=len(dues) < MOST_LOOKED_AT,
        )

    def _names(self, entity: str, reader: str, now: datetime) -> set[str] | None:
        """Of which one must be among those of a confidential case; None for who reads all of this entity's."""
        names = self.reference.directory.stands_for(reader, now)
        return None if self.reference.directory.may_read(names, (), entity) else names

    async def _first(self, entity: str, dues: Sequence[datetime], names: set[str] | None) -> Sequence[OpenCase]:
        """Of those that are due then, one after the other."""
        if not dues:
            return ()
        last = dues[:MOST_LISTED][-1]
        return await self.store.due_between(entity, dues[0], last + MILLISECOND, MOST_LISTED, names)

    async def _pace(self, entity: str, calendar: CalendarVersion, now: datetime) -> Pace:
        """Since the month before began; where nothing was answered in that, since this one did."""
        zone = ZoneInfo(calendar.definition.zone)
        this = now.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        before = (this - timedelta(days=1)).replace(day=1)
        answered = await self.record.answered(entity, [f"{month:%Y-%m}" for month in (before, this)])
        since = before if answered[0] else this
        return Pace(sum(answered), calendar.timetable.between(since, now), since)


def _in_time(dues: Sequence[datetime], listed: Sequence[datetime], late: Sequence[datetime]) -> dict[datetime, int]:
    """Of each moment at which something listed is due: how many of what is due then would not be late. Of cases that
    are due at one moment some are answered in time, and the others are not."""
    due, missed = Counter(dues), Counter(late)
    return {moment: due[moment] - missed[moment] for moment in dict.fromkeys(listed)}


def _next_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(), zone)
