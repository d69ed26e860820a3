"""Stores frozen awards, the cases behind them, and contests."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError
from shared.http.commands import CommandKey
from shared.http.idempotency_store import IdempotencyStore, answer_fields, answer_update
from shared.storage.aggregates import Conflict, Document

AWARDS, CASES, CONTESTS = "awards", "award_cases", "contests"
AT_ONCE = 1_000


class Contest(BaseModel):
    """An entity's request not to count a case in a month; the central office decides."""

    model_config = ConfigDict(frozen=True)

    month: str
    entity: str
    submission: str
    reason: str
    by: str
    at: datetime
    decision: Literal["upheld", "dismissed"] | None = None
    why: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None

    @property
    def version(self) -> int:
        return 1 if self.decision is None else 2


class BehindCase(BaseModel):
    """The numbers a case counts for an entity in the period; `left_out` where a contest was upheld."""

    model_config = ConfigDict(frozen=True)

    entity: str
    submission: str
    counts: tuple[tuple[str, int], ...]
    left_out: bool = False


class Snapshot(BaseModel):
    """A frozen award, never changed. `freeze` is the id of its cases, `cases` is their hash, `sha256` that of the
    whole."""

    model_config = ConfigDict(frozen=True)

    period: str
    formula: int
    target_share: float
    freeze: str
    frozen_at: datetime
    frozen_by: str
    sums: dict[str, dict[str, int]]
    cases: str
    sha256: str


class AwardStore:
    def __init__(
        self,
        awards: AsyncCollection[Document],
        cases: AsyncCollection[Document],
        contests: AsyncCollection[Document],
    ) -> None:
        self.awards = awards
        self.cases = cases
        self.contests = contests
        self.answers_of_contests, self.answers_of_awards = IdempotencyStore(contests), IdempotencyStore(awards)

    async def ensure_indexes(self) -> None:
        await self.answers_of_contests.ensure_indexes()
        await self.answers_of_awards.ensure_indexes()
        await self.contests.create_index([("month", 1), ("entity", 1)], name="of_month")

    async def frozen(self, period: str) -> Snapshot | None:
        found = await self.awards.find_one({"_id": period})
        return Snapshot.model_validate(found) if found else None

    async def periods(self) -> list[str]:
        return sorted(await self.awards.distinct("_id"), reverse=True)

    async def keep_cases(self, freeze: str, cases: Sequence[BehindCase]) -> None:
        for start in range(0, len(cases), AT_ONCE):
            batch = cases[start : start + AT_ONCE]
            await self.cases.insert_many(
                [{"_id": f"{freeze}/{each.entity}/{each.submission}", **each.model_dump()} for each in batch],
                ordered=False,
            )

    async def freeze(self, snapshot: Snapshot, key: CommandKey | None, answer: Document) -> None:
        """Store a snapshot whose cases are stored already. Raises Conflict where the period is frozen."""
        try:
            await self.awards.insert_one(
                {"_id": snapshot.period, **snapshot.model_dump(), **answer_fields(key, answer)}
            )
        except DuplicateKeyError as error:
            await self.forget(snapshot.freeze)
            raise Conflict(f"awards: {snapshot.period} is frozen") from error

    async def forget(self, freeze: str) -> None:
        """Delete the cases of an attempt that did not become a snapshot."""
        await self.cases.delete_many(_of(freeze))

    async def cases_of(self, freeze: str, entity: str | None = None) -> AsyncIterator[BehindCase]:
        """Return the cases in the order of entity and submission."""
        found = self.cases.find(_of(freeze, entity), sort=[("_id", 1)])
        async for document in found:
            yield BehindCase.model_validate(document)

    async def contested(self, months: Sequence[str], entity: str | None = None) -> list[Contest]:
        query: Document = {"month": {"$in": list(months)}, **({"entity": entity} if entity else {})}
        found = self.contests.find(query, sort=[("at", -1)], limit=5_000)
        return [Contest.model_validate(document) async for document in found]

    async def contest(self, contest: Contest, key: CommandKey | None, answer: Document) -> None:
        """Raises Conflict where the case is contested already."""
        id = f"{contest.month}/{contest.entity}/{contest.submission}"
        try:
            await self.contests.insert_one({"_id": id, **contest.model_dump(), **answer_fields(key, answer)})
        except DuplicateKeyError as error:
            raise Conflict(f"contests: {id} is there") from error

    async def decide(self, decided: Contest, key: CommandKey | None, answer: Document) -> None:
        """Raises Conflict where no contest of this case waits for a decision."""
        id = f"{decided.month}/{decided.entity}/{decided.submission}"
        named = {"decision", "why", "decided_by", "decided_at"}
        changes = {"$set": decided.model_dump(include=named), **answer_update(key, answer)}
        written = await self.contests.update_one({"_id": id, "decision": None}, changes)
        if written.matched_count == 0:
            raise Conflict(f"contests: {id} waits for no decision")


def _of(freeze: str, entity: str | None = None) -> Document:
    start = f"{freeze}/{entity}/" if entity else f"{freeze}/"
    return {"_id": {"$gte": start, "$lt": start[:-1] + "0"}}  # "0" follows "/"
