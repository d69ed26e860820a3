"""Reads the record of a year or of one of its months: the country, every entity, months, areas; of one entity also its
kinds and categories."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sla_monitor.domain.calendar import seconds_of
from sla_monitor.domain.figures import Figures, figures_of
from sla_monitor.domain.performance import NOW, UNKNOWN
from sla_monitor.record_store import RecordStore, Row
from sla_monitor.repository import Clocks
from sla_monitor.use_cases.keep_clock import Reference

FRESH = timedelta(seconds=1)
MOST_KEPT = 50
"""Years and entities asked for at a time; what comes more often than once in `FRESH` costs the database nothing."""


@dataclass(frozen=True)
class Performance:
    """`about` is the country or the one entity that was asked for; `units` are the entities that belong to that one."""

    year: int
    at: datetime
    about: Figures
    entities: dict[str, Figures]
    months: dict[str, Figures]
    kinds: dict[str, Figures] = field(default_factory=dict)
    categories: dict[str, Figures] = field(default_factory=dict)
    areas: dict[str, Figures] = field(default_factory=dict)
    units: dict[str, Figures] = field(default_factory=dict)
    month: str | None = None


class Record:
    def __init__(self, clocks: Clocks, store: RecordStore, reference: Reference, target_share: float) -> None:
        self.clocks = clocks
        self.store = store
        self.reference = reference
        self.target_share = target_share
        self._read: dict[tuple[int, str | None, str | None], Performance] = {}

    def year_of(self, now: datetime) -> int:
        """In the country's zone."""
        rulebook = self.reference.rulebooks.newest
        zone = rulebook.default_calendar.definition.zone if rulebook else "UTC"
        return now.astimezone(ZoneInfo(zone)).year

    @property
    def working_day_seconds(self) -> int | None:
        """The longest day of the country's calendar: what its people call a day's work."""
        rulebook = self.reference.rulebooks.newest
        if rulebook is None:
            return None
        week = seconds_of(rulebook.default_calendar.definition.week)
        return max(sum(closes - opens for opens, closes in shifts) for shifts in week) or None

    async def of(self, year: int, now: datetime, entity: str | None = None, month: str | None = None) -> Performance:
        """`month`, as `2026-04`, is one of the year; `months` are all of the year either way."""
        asked = (year, entity, month)
        known = self._read.get(asked)
        if known is None or not timedelta() <= now - known.at < FRESH:
            if len(self._read) >= MOST_KEPT:
                self._read.clear()
            known = self._read[asked] = await self._of(year, now, entity, month)
        return known

    async def _of(self, year: int, now: datetime, entity: str | None, month: str | None) -> Performance:
        """What is open and overdue is so now: only the year that is running has it."""
        is_running = year == self.year_of(now) and month is None
        overdue = await self.clocks.overdue(now) if is_running else {}
        rows = await (self.store.totals(year) if entity is None else self.store.details(year, entity))
        if not is_running:
            rows = [row for row in rows if row.month != NOW]
        months = _months(rows, is_country=entity is None)
        if month is not None:
            rows = [row for row in rows if row.month == month]
        sums = _grouped(rows, lambda row: row.entity)
        entities = {
            each: figures_of(sums[each], overdue.get(each, 0))
            for each in sorted({*sums, *overdue})
            if entity in (None, each)
        }
        if entity is None:
            about = figures_of((row.counts for row in rows), sum(overdue.values()), is_country=True)
            of_areas = [row for row in await self.store.areas(year) if month in (None, row.month)]
            areas = _by(of_areas, lambda row: row.area or UNKNOWN)
            return Performance(year, now, about, entities, months, areas=areas, month=month)
        return Performance(
            year,
            now,
            entities.get(entity, Figures()),
            entities,
            months,
            kinds=_by(rows, lambda row: row.kind or ""),
            categories=_by(rows, lambda row: row.category or ""),
            areas=_by(rows, lambda row: row.area or UNKNOWN),
            units=await self._units(year, entity, overdue if is_running else None, month),
            month=month,
        )

    async def _units(
        self, year: int, entity: str, overdue: dict[str, int] | None, month: str | None
    ) -> dict[str, Figures]:
        """Each by itself; `overdue` is known of the running year alone."""
        below = self.reference.directory.below(entity)
        if not below:
            return {}
        rows = [row for row in await self.store.totals(year) if row.entity in below and month in (None, row.month)]
        sums = _grouped((row for row in rows if overdue is not None or row.month != NOW), lambda row: row.entity)
        return {id: figures_of(sums.get(id, []), (overdue or {}).get(id, 0)) for id in below}

    async def is_known(self, entity: str) -> bool:
        return entity in self.reference.directory.entities or await self.store.knows(entity)


def _months(rows: Iterable[Row], is_country: bool) -> dict[str, Figures]:
    grouped = _grouped((row for row in rows if row.month != NOW), lambda row: row.month)
    return {month: figures_of(grouped[month], is_country=is_country) for month in sorted(grouped)}


def _by(rows: Iterable[Row], what: Callable[[Row], str]) -> dict[str, Figures]:
    grouped = _grouped(rows, what)
    return {each: figures_of(grouped[each]) for each in sorted(grouped)}


def _grouped(rows: Iterable[Row], what: Callable[[Row], str]) -> dict[str, list[Counter[str]]]:
    grouped: dict[str, list[Counter[str]]] = defaultdict(list)
    for row in rows:
        grouped[what(row)].append(row.counts)
    return grouped
