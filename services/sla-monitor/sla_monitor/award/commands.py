"""The award of a period: as it stands while it can still change, frozen once, and shown to come out the same again."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from shared.http.commands import CommandKey

from sla_monitor.award.model import FORMULA, OVERDUE, Period, Standing, counts_in, digest_of, digest_of_cases, standings
from sla_monitor.award.store import AwardStore, BehindCase, Contest, Snapshot
from sla_monitor.http.confidential import hidden_from
from sla_monitor.performance.case_results import SEPARATOR
from sla_monitor.performance.commands import FRESH, MOST_KEPT, Record

NAMED = {"period", "formula", "frozen_at", "sha256"}
"""What is answered of a snapshot."""


Key = CommandKey | None


class NotOver(Exception):
    """The period has not ended, so there is nothing to freeze."""


class IsFrozen(Exception):
    """Nothing of it changes any more."""


class NoSuchCase(Exception):
    """The case counts nothing for this entity in this month."""


@dataclass(frozen=True)
class Award:
    period: Period
    standings: list[Standing]
    sums: Mapping[str, Mapping[str, int]]
    contests: list[Contest]
    snapshot: Snapshot | None


class Awards:
    def __init__(self, record: Record, store: AwardStore) -> None:
        self.record = record
        self.store = store
        self._read: dict[str, tuple[datetime, Award]] = {}

    def zone(self) -> ZoneInfo:
        rulebook = self.record.reference.rulebooks.newest
        return ZoneInfo(rulebook.default_calendar.definition.zone if rulebook else "UTC")

    async def of(self, period: Period, now: datetime) -> Award:
        """The frozen one; otherwise from the sums, less what upheld contests leave out. Kept for a moment: a rush of
        readers costs one reading."""
        read_at, known = self._read.get(period.name, (None, None))
        if read_at is not None and known is not None and timedelta() <= now - read_at < FRESH:
            return known
        if len(self._read) >= MOST_KEPT:
            self._read.clear()
        known = await self._of(period, now)
        self._read[period.name] = (now, known)
        return known

    async def _of(self, period: Period, now: datetime) -> Award:
        contests = await self.store.contested(period.months)
        snapshot = await self.store.frozen(period.name)
        if snapshot is not None:
            sums: Mapping[str, Mapping[str, int]] = snapshot.sums
            return Award(period, standings(period, sums, snapshot.target_share), sums, contests, snapshot)
        live = await self._sums(period, now, contests)
        return Award(period, standings(period, live, self.record.target_share), live, contests, None)

    async def cases(self, period: Period, entity: str, now: datetime) -> list[BehindCase]:
        """Every case behind an entity's figures."""
        snapshot = await self.store.frozen(period.name)
        if snapshot is not None:
            return [each async for each in self.store.cases_of(snapshot.freeze, entity)]
        contests = await self.store.contested(period.months, entity)
        return await self._behind(period, [entity], now, contests)

    async def hidden_from(self, reader: str, now: datetime) -> set[str]:
        """What is confidential and does not exist for this official."""
        return await hidden_from(reader, self.record.clocks, self.record.reference, now)

    async def is_hidden_from(self, reader: str, submission: str, now: datetime) -> bool:
        """As above, of one."""
        clocks, reference = self.record.clocks, self.record.reference
        return submission in await hidden_from(reader, clocks, reference, now, submission)

    async def contest(
        self, month: Period, entity: str, submission: str, reason: str, by: str, now: datetime, key: Key = None
    ) -> Contest:
        """Raises IsFrozen, NoSuchCase, and Conflict where it is contested already."""
        if await self.store.frozen(month.name) is not None:
            raise IsFrozen
        if not await self._behind(month, [entity], now, [], [submission]):
            raise NoSuchCase
        contest = Contest(month=month.name, entity=entity, submission=submission, reason=reason, by=by, at=now)
        await self.store.contest(contest, key, contest.model_dump(mode="json"))
        self._read.clear()
        return contest

    async def decide(self, decided: Contest, key: Key = None) -> None:
        """Raises IsFrozen, and Conflict where none waits for a decision."""
        if await self.store.frozen(decided.month) is not None:
            raise IsFrozen
        await self.store.decide(decided, key, decided.model_dump(mode="json"))
        self._read.clear()

    async def freeze(self, period: Period, by: str, now: datetime, key: Key = None) -> Snapshot:
        """Raises NotOver, and Conflict where it is frozen already."""
        if now < period.ends(self.zone()):
            raise NotOver
        contests = await self.store.contested(period.months)
        cases = await self._behind(period, await self._entities(), now, contests)
        freeze = uuid4().hex
        await self.store.keep_cases(freeze, cases)
        sums, digest = _added(cases), digest_of_cases(_lines(cases))
        snapshot = Snapshot(
            period=period.name,
            formula=FORMULA,
            target_share=self.record.target_share,
            freeze=freeze,
            frozen_at=now,
            frozen_by=by,
            sums=sums,
            cases=digest,
            sha256=digest_of(period, FORMULA, self.record.target_share, digest, sums),
        )
        await self.store.freeze(snapshot, key, snapshot.model_dump(mode="json", include=NAMED))
        self._read.clear()
        return snapshot

    async def _sums(self, period: Period, now: datetime, contests: Sequence[Contest]) -> dict[str, dict[str, int]]:
        sums: dict[str, Counter[str]] = defaultdict(Counter)
        for row in await self.record.store.totals([period.name]):
            sums[row.entity].update(row.counts)
        for entity, number in (await self.record.clocks.overdue(min(now, period.ends(self.zone())))).items():
            sums[entity][OVERDUE] += number
        left_out = _left_out(contests)
        entities, submissions = sorted({each for each, _ in left_out}), sorted({each for _, each in left_out})
        for case in await self._behind(period, entities, now, contests, submissions) if left_out else ():
            if case.left_out:
                sums[case.entity].subtract(dict(case.counts))
        return {entity: {what: n for what, n in counts.items() if n} for entity, counts in sums.items()}

    async def _behind(
        self,
        period: Period,
        entities: Sequence[str],
        now: datetime,
        contests: Sequence[Contest],
        only: Sequence[str] | None = None,
    ) -> list[BehindCase]:
        """In the order of entity and submission; of `only` these submissions, where they are named."""
        wanted = set(entities)
        found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        rows = [SEPARATOR.join((entity, month)) for entity in entities for month in period.months]
        async for submission, counted in self.record.clocks.counted_in(rows, only):
            for entity, counts in counts_in(period, counted).items():
                if entity in wanted:
                    found[entity, submission].update(counts)
        for entity, submission in await self.record.clocks.overdue_cases(min(now, period.ends(self.zone())), only):
            if entity in wanted:
                found[entity, submission][OVERDUE] += 1
        left_out = _left_out(contests)
        return [
            BehindCase(
                entity=entity,
                submission=submission,
                counts=tuple(sorted(counts.items())),
                left_out=(entity, submission) in left_out,
            )
            for (entity, submission), counts in sorted(found.items())
        ]

    async def _entities(self) -> list[str]:
        return sorted({*self.record.reference.directory.entities, *await self.record.store.entities()})


async def reproduced(store: AwardStore, snapshot: Snapshot) -> tuple[str, int]:
    """The hash that comes out of the cases behind it, and how many these are."""
    cases = [each async for each in store.cases_of(snapshot.freeze)]
    digest = digest_of_cases(_lines(cases))
    whole = digest_of(Period(snapshot.period), snapshot.formula, snapshot.target_share, digest, _added(cases))
    return whole, len(cases)


def _left_out(contests: Sequence[Contest]) -> set[tuple[str, str]]:
    return {(each.entity, each.submission) for each in contests if each.decision == "upheld"}


def _added(cases: Sequence[BehindCase]) -> dict[str, dict[str, int]]:
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        if not case.left_out:
            sums[case.entity].update(dict(case.counts))
    return {entity: dict(sorted(counts.items())) for entity, counts in sorted(sums.items())}


def _lines(cases: Sequence[BehindCase]) -> list[tuple[str, str, Sequence[tuple[str, int]], bool]]:
    return [(each.entity, each.submission, each.counts, each.left_out) for each in cases]
