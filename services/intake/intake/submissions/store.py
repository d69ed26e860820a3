"""The submissions collection: indexes, inserts and queries."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from pymongo import DESCENDING
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConnectionFailure
from shared.events.envelope import Cause
from shared.storage.aggregates import DUPLICATE_KEY, Aggregates, Decision, Document, StoredAggregate
from shared.storage.cursors import Place
from shared.storage.paging import Page, page_of

from intake.abuse.model import Watch
from intake.submissions.errors import SendAgain, TryAgain
from intake.submissions.group_commit_store import NotStored, QueueFull, Rejected
from intake.submissions.life import ENDED, Status
from intake.submissions.model import Submission
from intake.submissions.reference import normalised

SOURCE = "/tawasul/intake"
COLLECTION = "submissions"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class NumberTaken(Exception):
    """Another submission has this reference number."""


class Writer(Protocol):
    """Makes one new document durable (`GroupCommit`)."""

    async def add(self, document: Document) -> None: ...


class Submissions(Aggregates[Submission]):
    def __init__(self, database: AsyncDatabase[Document], writer: Writer) -> None:
        super().__init__(database[COLLECTION], Submission, SOURCE)
        self._writer = writer
        self.watch = Watch()
        """The current index of the abuse list (`abuse.store` refreshes it)."""

    async def ensure_indexes(self) -> None:
        await super().ensure_indexes()
        await self.collection.create_index("state.reference", name="reference", unique=True)
        await self.collection.create_index(
            "state.close_at", name="due_to_close", partialFilterExpression={"state.close_at": {"$gt": BEGINNING}}
        )
        await self.collection.create_index(
            "state.request_open_since",
            name="asked_to_follow",
            partialFilterExpression={"state.request_open_since": {"$gt": BEGINNING}},
        )
        await self.collection.create_index(
            [("state.received_at", 1), ("_id", 1)],
            name="held",
            partialFilterExpression={"state.hold.is_open": True},
        )
        await self.collection.create_index(
            # Excludes anonymous submissions, which are the majority under high load.
            [("state.author", 1), ("state.received_at", DESCENDING), ("_id", DESCENDING)],
            name="of_an_author",
            partialFilterExpression={"state.author": {"$gt": ""}},
        )
        await self.collection.create_index(
            [("state.erasure.at", 1), ("_id", 1)],
            name="erased",
            partialFilterExpression={"state.erasure.at": {"$gt": BEGINNING}},
        )
        await self.collection.create_index(
            "state.updated_at", name="ended_at", partialFilterExpression={"state.status": {"$in": sorted(ENDED)}}
        )
        await self.collection.create_index(
            "state.erasure.is_complete", name="to_erase", partialFilterExpression={"state.erasure.is_complete": False}
        )

    async def add(self, aggregate: StoredAggregate[Submission]) -> bool:
        """Store a new submission; False where its id exists already.

        Raises NumberTaken for the reference number, TryAgain where it is not stored, SendAgain where the result is
        unknown.
        """
        try:
            await self._writer.add(aggregate.document())
        except Rejected as error:
            if error.fault.get("code") != DUPLICATE_KEY:
                raise TryAgain from error
            if "_id" in error.fault.get("keyPattern", {}):
                return False
            raise NumberTaken from error
        except QueueFull as error:
            raise TryAgain from error
        except NotStored as error:
            raise SendAgain from error
        return True

    async def change(
        self,
        id: str,
        decide: Callable[[StoredAggregate[Submission]], Decision[Submission] | None],
        now: datetime,
        cause: Cause,
        remember: Callable[[StoredAggregate[Submission]], None] = lambda aggregate: None,
    ) -> StoredAggregate[Submission]:
        """Change a submission; while it is held, its events are kept in the hold instead of the outbox."""

        def _decide(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
            decision = decide(aggregate)
            if decision is None or decision.state.hold is None or not decision.state.is_held:
                return decision
            hold = decision.state.hold.with_waiting(decision.events)
            return replace(decision, state=decision.state.model_copy(update={"hold": hold}), events=())

        return await super().change(id, _decide, now, cause, remember)

    async def held(self, after: Place | None, limit: int) -> Page[StoredAggregate[Submission]]:
        """Held submissions, oldest first."""
        wanted: Document = {"state.hold.is_open": True}
        if after is not None:
            at, id = after
            wanted["$or"] = [{"state.received_at": {"$gt": at}}, {"state.received_at": at, "_id": {"$gt": id}}]
        found = self.collection.find(wanted, {"outbox": 0}, sort=[("state.received_at", 1), ("_id", 1)], hint="held")
        return page_of(await found.limit(limit + 1).to_list(), limit, self.read, received_place)

    async def stored_before(self, id: str) -> StoredAggregate[Submission] | None:
        """The submission with this id. Raises SendAgain where the database cannot be read."""
        try:
            return await self.find(id)
        except ConnectionFailure as error:
            raise SendAgain from error

    async def by_reference(self, typed: str) -> StoredAggregate[Submission] | None:
        """Finds a submission by its reference number as a person typed it."""
        number = normalised(typed)
        id = await self.id_of(number) if number else None
        return await self.find(id) if id else None

    async def id_of(self, reference: str) -> str | None:
        found = await self.collection.find_one({"state.reference": reference}, {"_id": 1})
        return str(found["_id"]) if found else None

    async def of_author(
        self, author: str, statuses: Collection[Status] | None, after: Place | None, limit: int
    ) -> Page[StoredAggregate[Submission]]:
        """A person's own submissions, newest first, without timelines."""
        query = of_author_query(author, statuses, after)
        found = self.collection.find(query, {"outbox": 0, "commands": 0, "state.timeline": 0}).sort(NEWEST_FIRST)
        documents = [document | {"commands": {}} for document in await found.limit(limit + 1).to_list()]
        return page_of(documents, limit, self.read, received_place)

    async def due_to_close(self, now: datetime, limit: int) -> Sequence[str]:
        """Submissions to close by `now`; the cost depends on their number alone."""
        due = self.collection.find(
            {"state.close_at": {"$gt": BEGINNING, "$lte": now}},
            {"_id": 1},
            sort=[("state.close_at", 1)],
            limit=limit,
            hint="due_to_close",
        )
        return [str(document["_id"]) async for document in due]

    async def requests_open_since(self, moment: datetime, limit: int) -> Sequence[str]:
        """Submissions with a request to follow by mail that is unconfirmed since `moment` or longer."""
        found = self.collection.find(
            {"state.request_open_since": {"$gt": BEGINNING, "$lte": moment}},
            {"_id": 1},
            sort=[("state.request_open_since", 1)],
            limit=limit,
            hint="asked_to_follow",
        )
        return [str(document["_id"]) async for document in found]

    async def to_erase(self, limit: int) -> Sequence[str]:
        """Erased submissions whose files may still exist."""
        found = self.collection.find({"state.erasure.is_complete": False}, {"_id": 1}, hint="to_erase").limit(limit)
        return [str(document["_id"]) async for document in found]

    async def ended_before(self, moment: datetime, limit: int) -> Sequence[str]:
        """Submissions that are not erased, and ended without any event since `moment`."""
        old = {"state.status": {"$in": sorted(ENDED)}, "state.updated_at": {"$lte": moment}, "state.erasure": None}
        found = self.collection.find(old, {"_id": 1}, sort=[("state.updated_at", 1)], limit=limit, hint="ended_at")
        return [str(document["_id"]) async for document in found]

    async def erased_among(self, ids: Sequence[str]) -> set[str]:
        found = self.collection.find({"_id": {"$in": list(ids)}, "state.erasure.at": {"$gt": BEGINNING}}, {"_id": 1})
        return {str(document["_id"]) async for document in found}

    async def erased_after(self, place: Place, limit: int) -> Sequence[Place]:
        """Times and ids of erasures after `place`, in their order."""
        at, id = place
        found = self.collection.find(
            {"state.erasure.at": {"$gte": at}, "$nor": [{"state.erasure.at": at, "_id": {"$lte": id}}]},
            {"state.erasure.at": 1},
            sort=[("state.erasure.at", 1), ("_id", 1)],
            limit=limit,
            hint="erased",
        )
        return [(document["state"]["erasure"]["at"], str(document["_id"])) async for document in found]


def received_place(document: Document) -> Place:
    """The sort position of a document in lists by time of receipt."""
    return document["state"]["received_at"], document["_id"]


NEWEST_FIRST = [("state.received_at", DESCENDING), ("_id", DESCENDING)]


def of_author_query(author: str, statuses: Collection[Status] | None, after: Place | None) -> Document:
    """A query that its index answers in order."""
    query: Document = {"state.author": author}
    if statuses is not None:
        query["state.status"] = {"$in": sorted(statuses)}
    if after is not None:
        at, id = after
        query["state.received_at"] = {"$lte": at}
        # Not an $or, whose branches MongoDB plans separately, so that it would sort all matches.
        query["$nor"] = [{"state.received_at": at, "_id": {"$gte": id}}]
    return query
