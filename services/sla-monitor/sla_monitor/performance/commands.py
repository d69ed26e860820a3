"""Reads the record of a year or of one of its months: of the country or of one entity, by entity, month, category, kind
and area."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sla_monitor.access.errors import NotFound
from sla_monitor.clocks.case_results import NOW
from sla_monitor.clocks.store import Clocks
from sla_monitor.performance.figures import Figures, figures_of
from sla_monitor.performance.store import RecordStore, Row
from sla_monitor.timekeeping.reference import Reference

FRESH = timedelta(seconds=1)
MOST_KEPT = 50
"""Results kept at a time; a result younger than `FRESH` costs no query."""


@dataclass(frozen=True)
class Performance:
    """`about` is the country or the requested entity; `units` are the entities that belong to it."""

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
        """Return the year of a moment in the country's zone."""
        rulebook = self.reference.rulebooks.newest
        zone = rulebook.default_calendar.definition.zone if rulebook else "UTC"
        return now.astimezone(ZoneInfo(zone)).year

    async def of(self, year: int, now: datetime, entity: str | None = None, month: str | None = None) -> Performance:
        """Return the record of a year, or of one `month` of it, as `2026-04`; `months` are all months of the year
        either way."""
        asked = (year, entity, month)
        known = self._read.get(asked)
        if known is None or not timedelta() <= now - known.at < FRESH:
            if len(self._read) >= MOST_KEPT:
                self._read.clear()
            known = self._read[asked] = await self._of(year, now, entity, month)
        return known

    async def _of(self, year: int, now: datetime, entity: str | None, month: str | None) -> Performance:
        """Only the running year has open and overdue cases."""
        is_running = year == self.year_of(now) and month is None
        overdue = await self.clocks.overdue(now) if is_running else {}
        periods = [month] if month is not None else [f"{year:04}", *([NOW] if is_running else [])]
        rows = await self.store.totals(periods, None if entity is None else [entity])
        months = _by(await self.store.months(year, entity), lambda row: row.month, is_country=entity is None)
        sums = _grouped(rows, lambda row: row.entity)
        entities = {
            each: figures_of(sums[each], overdue.get(each, 0))
            for each in sorted({*sums, *overdue})
            if entity in (None, each)
        }
        is_country = entity is None
        if entity is None:
            about = figures_of((row.counts for row in rows), sum(overdue.values()), is_country=True)
            sides, below = await self.store.sides_of_country(periods), []
        else:
            about, sides = entities.get(entity, Figures()), await self.store.sides(periods, entity)
            below = self.reference.directory.below(entity)
        return Performance(
            year,
            now,
            about,
            entities,
            months,
            kinds=_by(sides, lambda row: row.kind, is_country),
            categories=_by(sides, lambda row: row.category, is_country),
            areas=_by(sides, lambda row: row.area, is_country),
            units=await self._units(periods, below, overdue),
            month=month,
        )

    async def units(self, entity: str, now: datetime) -> dict[str, Figures]:
        """Return the figures of the entities that belong to this one, in the running year."""
        below = self.reference.directory.below(entity)
        if not below:
            return {}
        return await self._units([f"{self.year_of(now):04}", NOW], below, await self.clocks.overdue(now))

    async def _units(
        self, periods: Sequence[str], below: Sequence[str], overdue: Mapping[str, int]
    ) -> dict[str, Figures]:
        sums = _grouped(await self.store.totals(periods, below) if below else [], lambda row: row.entity)
        return {id: figures_of(sums.get(id, []), overdue.get(id, 0)) for id in below}

    async def require_known(self, entity: str | None) -> None:
        """Raises NotFound for an entity that neither the directory nor the record knows; None is the country."""
        if entity is not None and not await self.is_known(entity):
            raise NotFound

    async def is_known(self, entity: str) -> bool:
        return entity in self.reference.directory.entities or await self.store.knows(entity)


def _by(rows: Iterable[Row], what: Callable[[Row], str | None], is_country: bool = False) -> dict[str, Figures]:
    grouped = _grouped(rows, what)
    return {each: figures_of(grouped[each], is_country=is_country) for each in sorted(grouped)}


def _grouped(rows: Iterable[Row], what: Callable[[Row], str | None]) -> dict[str, list[Counter[str]]]:
    """Group rows by `what`; rows for which it returns None are left out."""
    grouped: dict[str, list[Counter[str]]] = defaultdict(list)
    for row in rows:
        if (group := what(row)) is not None:
            grouped[group].append(row.counts)
    return grouped
