"""Reads an entity's workload: due today, overdue, cases per official, and a forecast for a week."""

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.http.auth import Caller

from sla_monitor.access.errors import NotFound
from sla_monitor.access.policy import require_entity
from sla_monitor.calendars.model import CalendarVersion
from sla_monitor.performance.store import RecordStore
from sla_monitor.timekeeping.custody import MILLISECOND
from sla_monitor.timekeeping.reference import Reference
from sla_monitor.workload.model import Forecast, Load, OpenCase, Pace, forecast, weighed
from sla_monitor.workload.store import WorkloadStore

AHEAD = timedelta(days=7)
MOST_LOOKED_AT = 5_000
"""Limit of cases of one entity that the forecast considers, those due first."""


MOST_LISTED = 200


@dataclass(frozen=True)
class Cases:
    """The number of cases, and those due first."""

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

    async def for_caller(self, entity: str, caller: Caller, now: datetime) -> Workload:
        """Raises NotAllowed for officials of other entities, NotFound for an unknown entity and before the first
        calendars are published."""
        require_entity(caller, entity)
        is_known = entity in self.reference.directory.entities or await self.record.knows(entity)
        known = await self.of(entity, now, caller.subject) if is_known else None
        if known is None:
            raise NotFound
        return known

    async def of(self, entity: str, now: datetime, reader: str) -> Workload | None:
        """Return the workload. All cases are counted; lists leave out confidential cases that `reader` may not see.
        None before the first calendars are published."""
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
        """Return the names of which a confidential case's readers must include one; None where the reader sees all of
        this entity's."""
        names = self.reference.directory.stands_for(reader, now)
        return None if self.reference.directory.may_read(names, (), entity) else names

    async def _first(self, entity: str, dues: Sequence[datetime], names: set[str] | None) -> Sequence[OpenCase]:
        """Return the first cases of these due times."""
        if not dues:
            return ()
        last = dues[:MOST_LISTED][-1]
        return await self.store.due_between(entity, dues[0], last + MILLISECOND, MOST_LISTED, names)

    async def _pace(self, entity: str, calendar: CalendarVersion, now: datetime) -> Pace:
        """Measure the pace since the previous month began, or since this month where nothing was answered in that."""
        zone = ZoneInfo(calendar.definition.zone)
        this = now.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        before = (this - timedelta(days=1)).replace(day=1)
        answered = await self.record.answered(entity, [f"{month:%Y-%m}" for month in (before, this)])
        since = before if answered[0] else this
        return Pace(sum(answered), calendar.timetable.between(since, now), since)


def _in_time(dues: Sequence[datetime], listed: Sequence[datetime], late: Sequence[datetime]) -> dict[datetime, int]:
    """Return, for each listed due time, how many of its cases would not be late. Of cases due at the same moment, some
    may be answered in time and others late."""
    due, missed = Counter(dues), Counter(late)
    return {moment: due[moment] - missed[moment] for moment in dict.fromkeys(listed)}


def _next_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(), zone)
