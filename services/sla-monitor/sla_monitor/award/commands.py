"""Computes the award of a period while it can still change, freezes it once, and reproduces it from its cases."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import uuid4
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from shared.http.auth import Caller
from shared.http.commands import CommandKey, SeenVersions, differs
from shared.storage.aggregates import Conflict, Document

from sla_monitor.access.errors import NotAllowed, NotFound, Refusal, VersionDiffers
from sla_monitor.access.policy import own_entity, require_entity, sees_all_entities
from sla_monitor.award.model import FORMULA, OVERDUE, Period, Standing, counts_in, digest_of, digest_of_cases, standings
from sla_monitor.award.store import AwardStore, BehindCase, Contest, Snapshot
from sla_monitor.clocks.case_results import SEPARATOR
from sla_monitor.clocks.visibility import hidden_from
from sla_monitor.performance.commands import FRESH, MOST_KEPT, Record

NAMED = {"period", "formula", "frozen_at", "sha256"}
"""The published fields of a snapshot."""


class PeriodNotOver(Refusal):
    """The period has not ended, so there is nothing to freeze."""


class AlreadySettled(Refusal):
    """The period is frozen, or the case is contested or decided already."""


class Verdict(BaseModel):
    """The central office's decision on a contest, with its reason."""

    decision: Literal["upheld", "dismissed"]
    why: str


class FrozenAward(BaseModel):
    """The published part of a snapshot."""

    period: str
    formula: int
    frozen_at: datetime
    sha256: str


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
        """Return the frozen award; otherwise compute it from the sums, less the cases of upheld contests. The result is
        cached for a moment, so a rush of readers costs one reading."""
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

    async def cases_for(
        self, caller: Caller, period: Period, entity: str, now: datetime, counted_as: str | None = None
    ) -> list[BehindCase]:
        """List the cases behind an entity's figures, or those that count as `counted_as` (`late`), without confidential
        ones that are not confided to the caller. Raises NotAllowed for officials of other entities."""
        require_entity(caller, entity)
        found, hidden = await self.cases(period, entity, now), await self.hidden_from(caller.subject, now)
        return [
            each
            for each in found
            if each.submission not in hidden
            and (counted_as is None or any(name == counted_as for name, _ in each.counts))
        ]

    async def contests_for(self, caller: Caller, period: Period, now: datetime) -> list[Contest]:
        """List the contests of the caller's entity; all of them for the central office and auditors. Raises
        NotAllowed."""
        sees_all = sees_all_entities(caller)
        if not sees_all and not caller.acts_for(caller.entity):
            raise NotAllowed("role")
        found = await self.store.contested(period.months, None if sees_all else caller.entity)
        hidden = await self.hidden_from(caller.subject, now)
        return [each for each in found if each.submission not in hidden]

    async def cases(self, period: Period, entity: str, now: datetime) -> list[BehindCase]:
        """List every case behind an entity's figures."""
        snapshot = await self.store.frozen(period.name)
        if snapshot is not None:
            return [each async for each in self.store.cases_of(snapshot.freeze, entity)]
        contests = await self.store.contested(period.months, entity)
        return await self._behind(period, [entity], now, contests)

    async def hidden_from(self, reader: str, now: datetime) -> set[str]:
        """Return the confidential submissions that this official may not see."""
        return await hidden_from(reader, self.record.clocks, self.record.reference, now)

    async def _is_hidden_from(self, reader: str, submission: str, now: datetime) -> bool:
        clocks, reference = self.record.clocks, self.record.reference
        return submission in await hidden_from(reader, clocks, reference, now, submission)

    async def contest(
        self,
        month: Period,
        submission: str,
        reason: str,
        caller: Caller,
        now: datetime,
        seen: SeenVersions = None,
        key: CommandKey | None = None,
    ) -> Contest:
        """Contest a case of the caller's entity. Raises NotAllowed, NotFound where the case counts nothing for the
        entity in this month, VersionDiffers, and AlreadySettled."""
        entity = own_entity(caller)

        async def contest() -> Document:
            _require_unseen(seen)
            contest = await self._contest(month, entity, submission, reason, caller.subject, now, key)
            return contest.model_dump(mode="json")

        return Contest.model_validate(await self.store.answers_of_contests.once(key, contest))

    async def _contest(
        self,
        month: Period,
        entity: str,
        submission: str,
        reason: str,
        by: str,
        now: datetime,
        key: CommandKey | None,
    ) -> Contest:
        if await self._is_hidden_from(by, submission, now):
            raise NotFound
        if await self.store.frozen(month.name) is not None:
            raise AlreadySettled
        if not await self._behind(month, [entity], now, [], [submission]):
            raise NotFound
        contest = Contest(month=month.name, entity=entity, submission=submission, reason=reason, by=by, at=now)
        try:
            await self.store.contest(contest, key, contest.model_dump(mode="json"))
        except Conflict as error:
            raise AlreadySettled from error
        self._read.clear()
        return contest

    async def decide(
        self,
        month: Period,
        entity: str,
        submission: str,
        verdict: Verdict,
        caller: Caller,
        now: datetime,
        seen: SeenVersions = None,
        key: CommandKey | None = None,
    ) -> Contest:
        """Uphold or dismiss a contest. Raises NotFound, VersionDiffers and AlreadySettled."""

        async def decide() -> Document:
            decided = await self._decide(month, entity, submission, verdict, caller, now, seen, key)
            return decided.model_dump(mode="json")

        return Contest.model_validate(await self.store.answers_of_contests.once(key, decide))

    async def _decide(
        self,
        month: Period,
        entity: str,
        submission: str,
        verdict: Verdict,
        caller: Caller,
        now: datetime,
        seen: SeenVersions,
        key: CommandKey | None,
    ) -> Contest:
        known = await self.store.contested([month.name], entity)
        contest = next((each for each in known if each.submission == submission), None)
        if contest is None or await self._is_hidden_from(caller.subject, submission, now):
            raise NotFound
        if differs(seen, contest.version):
            raise VersionDiffers
        decided = contest.model_copy(
            update={
                "decision": verdict.decision,
                "why": verdict.why,
                "decided_by": caller.subject,
                "decided_at": now,
            }
        )
        if await self.store.frozen(decided.month) is not None:
            raise AlreadySettled
        try:
            await self.store.decide(decided, key, decided.model_dump(mode="json"))
        except Conflict as error:
            raise AlreadySettled from error
        self._read.clear()
        return decided

    async def freeze(
        self,
        period: Period,
        by: str,
        now: datetime,
        seen: SeenVersions = None,
        key: CommandKey | None = None,
    ) -> FrozenAward:
        """Freeze the standings of a period for ever. Raises PeriodNotOver, VersionDiffers and AlreadySettled."""

        async def freeze() -> Document:
            _require_unseen(seen)
            return (await self._freeze(period, by, now, key)).model_dump(mode="json", include=NAMED)

        return FrozenAward.model_validate(await self.store.answers_of_awards.once(key, freeze))

    async def _freeze(self, period: Period, by: str, now: datetime, key: CommandKey | None) -> Snapshot:
        if now < period.ends(self.zone()):
            raise PeriodNotOver
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
        try:
            await self.store.freeze(snapshot, key, snapshot.model_dump(mode="json", include=NAMED))
        except Conflict as error:
            raise AlreadySettled from error
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
        """Return the cases in the order of entity and submission; only those in `only` where it is given."""
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
    """Return the hash computed from the stored cases, and their number."""
    cases = [each async for each in store.cases_of(snapshot.freeze)]
    digest = digest_of_cases(_lines(cases))
    whole = digest_of(Period(snapshot.period), snapshot.formula, snapshot.target_share, digest, _added(cases))
    return whole, len(cases)


def _require_unseen(seen: SeenVersions) -> None:
    """Raises VersionDiffers where the caller names a version, as there is none yet."""
    if differs(seen, 0):
        raise VersionDiffers


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
