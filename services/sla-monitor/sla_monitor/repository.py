"""The collections: clocks, found by what comes next, and the rulebooks, each a document that is never changed."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError
from shared.aggregates import Aggregates, Conflict, Document
from shared.answers import Answers, with_answer
from shared.commands import CommandKey

from sla_monitor.domain.record import ClockRecord
from sla_monitor.domain.rulebook import Rulebook
from sla_monitor.domain.run import State

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
SOURCE = "/tawasul/sla-monitor"
CLOCKS = "clocks"

Due = tuple[datetime, str]
"""When something must happen, and with which submission."""


class Clocks(Aggregates[ClockRecord]):
    """One document per submission."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        super().__init__(database[CLOCKS], ClockRecord, SOURCE)

    async def ensure_indexes(self) -> None:
        await super().ensure_indexes()
        await self.collection.create_index(
            "state.next_at", name="next_at", partialFilterExpression={"state.next_at": {"$gt": BEGINNING}}
        )
        await self.collection.create_index(
            [("state.standing.state", 1), ("state.standing.due_at", 1)],
            name="open",
            partialFilterExpression={"state.standing.is_open": True},
        )

    async def due_by(self, moment: datetime, most: int) -> list[Due]:
        """The next ones up to `moment`, in order; the cost depends on how many these are, not on how many there are."""
        found = self.collection.find(
            {"state.next_at": {"$gt": BEGINNING, "$lte": moment}},
            {"state.next_at": 1},
            sort=[("state.next_at", 1)],
            limit=most,
            hint="next_at",
        )
        return [(document["state"]["next_at"], document["_id"]) async for document in found]

    @asynccontextmanager
    async def imminent(self) -> AsyncIterator[AsyncIterator[Due]]:
        """A stream of what was set, by any process, to happen sooner than a look at the index would find it."""
        field = "updateDescription.updatedFields.state"
        pipeline: list[Document] = [
            {"$match": {"$or": [{"fullDocument.state.imminent": True}, {f"{field}.imminent": True}]}},
            {"$project": {"at": {"$ifNull": ["$fullDocument.state.next_at", f"${field}.next_at"]}, "documentKey": 1}},
        ]
        async with await self.collection.watch(pipeline, max_await_time_ms=1_000) as stream:
            yield ((change["at"].astimezone(UTC), change["documentKey"]["_id"]) async for change in stream)

    async def count_open(self, state: State) -> int:
        return await self.collection.count_documents(
            {"state.standing.is_open": True, "state.standing.state": state}, hint="open"
        )

    async def count_overdue(self, now: datetime) -> int:
        running = {"state.standing.is_open": True, "state.standing.state": State.RUNNING}
        return await self.collection.count_documents(running | {"state.standing.due_at": {"$lt": now}}, hint="open")


class RulebookStore:
    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database["rulebooks"]
        self.answers = Answers(self.collection)

    async def ensure_indexes(self) -> None:
        await self.answers.ensure_indexes()

    async def after(self, version: int) -> Sequence[Rulebook]:
        found = self.collection.find({"_id": {"$gt": version}}, sort=[("_id", 1)])
        return [Rulebook.model_validate(document["rulebook"]) async for document in found]

    async def publish(self, rulebook: Rulebook, key: CommandKey | None, answer: Document | None = None) -> None:
        """Raises Conflict where another rulebook took this version first, or this command published it."""
        document = {"_id": rulebook.version, "rulebook": rulebook.model_dump(mode="json"), **with_answer(key, answer)}
        try:
            await self.collection.insert_one(document)
        except DuplicateKeyError as error:
            raise Conflict("rulebooks: another was published meanwhile") from error
