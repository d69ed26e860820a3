"""Endpoints of webhooks, and which process serves one until when.

Beside the aggregate's state a document has fields that change with every delivery and need no version: `free_at`, when
the endpoint may be taken next; `claimed_by`; `failures` in a row, and `failing_since`.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase
from shared.storage.aggregates import Aggregates, Document, StoredAggregate

from notifier.notifications.model import Notification
from notifier.notifications.store import notification_record
from notifier.webhooks.delivery_store import COLLECTION as DELIVERIES
from notifier.webhooks.delivery_store import WAITING
from notifier.webhooks.model import Endpoint, Subscriptions

COLLECTION = "webhook_endpoints"
ACTIVE: Document = {"state.paused": None, "state.removed_at": None}


@dataclass(frozen=True)
class ClaimedEndpoint:
    """`failures`: how often in a row it took nothing."""

    id: str
    token: str
    endpoint: Endpoint
    failures: int


@dataclass(frozen=True)
class Health:
    """How an endpoint fares, for its page."""

    failures: int = 0
    failing_since: datetime | None = None
    next_at: datetime | None = None


class WebhookEndpoints:
    def __init__(self, database: AsyncDatabase[Document], source: str) -> None:
        self.database = database
        self.collection = database[COLLECTION]
        self.aggregates = Aggregates[Endpoint](self.collection, Endpoint, source)

    async def ensure_indexes(self) -> None:
        await self.aggregates.ensure_indexes()
        await self.collection.create_index([("state.entity", 1)], name="entity")
        await self.collection.create_index([("state.partner.subject", 1)], name="partner")

    async def subscriptions(self) -> Subscriptions:
        """All that were not removed; paused ones too, as what they miss waits for them."""
        found = self.collection.find({"state.removed_at": None}, sort=[("_id", 1)])
        return [(document["_id"], Endpoint.model_validate(document["state"])) async for document in found]

    async def of(self, entity: str | None, subject: str | None) -> list[StoredAggregate[Endpoint]]:
        """The endpoints of an entity and of a partner; all endpoints if neither is given."""
        mine: list[Document] = []
        if entity is not None:
            mine.append({"state.entity": entity})
        if subject is not None:
            mine.append({"state.partner.subject": subject})
        whose: Document = {"$or": mine} if mine else {}
        found = self.collection.find({**whose, "state.removed_at": None}, {"outbox": 0}, sort=[("state.made_at", 1)])
        return [self.aggregates.read(document) async for document in found]

    async def health(self, ids: Sequence[str]) -> dict[str, Health]:
        wanted = {"failures": 1, "failing_since": 1, "free_at": 1}
        found = self.collection.find({"_id": {"$in": list(ids)}}, wanted)
        return {each["_id"]: _health(each) async for each in found}

    async def claimable(self, but_not: Collection[str], now: datetime) -> list[str]:
        """Active ones for which something waits, that nobody serves and that are not left alone after a failure.

        One look into the queue of each, however long it is.
        """
        free: Document = {**ACTIVE, "free_at": {"$not": {"$gt": now}}, "_id": {"$nin": list(but_not)}}
        one = [{"$match": WAITING}, {"$limit": 1}, {"$project": {"_id": 1}}]
        queue = {"from": DELIVERIES, "localField": "_id", "foreignField": "endpoint", "pipeline": one, "as": "waiting"}
        stages = [{"$match": free}, {"$lookup": queue}, {"$match": {"waiting": {"$ne": []}}}, {"$project": {"_id": 1}}]
        return [each["_id"] async for each in await self.collection.aggregate(stages)]

    async def claim(self, id: str, token: str, now: datetime, until: datetime) -> ClaimedEndpoint | None:
        """None where another was quicker, or its owner paused it."""
        free: Document = {"_id": id, **ACTIVE, "free_at": {"$not": {"$gt": now}}}
        return await self._claim(free, token, until)

    async def renew(self, claimed: ClaimedEndpoint, until: datetime) -> ClaimedEndpoint | None:
        """None where the claim was lost, or its owner paused it."""
        return await self._claim({"_id": claimed.id, **ACTIVE, "claimed_by": claimed.token}, claimed.token, until)

    async def _claim(self, which: Document, token: str, until: datetime) -> ClaimedEndpoint | None:
        document = await self.collection.find_one_and_update(
            which, {"$set": {"free_at": until, "claimed_by": token}}, return_document=ReturnDocument.AFTER
        )
        if document is None:
            return None
        return ClaimedEndpoint(
            document["_id"], token, Endpoint.model_validate(document["state"]), int(document.get("failures", 0))
        )

    async def release(self, claimed: ClaimedEndpoint, free_at: datetime) -> None:
        mine = {"_id": claimed.id, "claimed_by": claimed.token}
        await self.collection.update_one(mine, {"$set": {"free_at": free_at}, "$unset": {"claimed_by": 1}})

    async def failed(self, claimed: ClaimedEndpoint, now: datetime) -> None:
        mine: Document = {"_id": claimed.id, "claimed_by": claimed.token}
        since = {"$ifNull": ["$failing_since", now]}
        failures = {"$add": [{"$ifNull": ["$failures", 0]}, 1]}
        await self.collection.update_one(mine, [{"$set": {"failures": failures, "failing_since": since}}])

    async def recovered(self, claimed: ClaimedEndpoint) -> None:
        mine = {"_id": claimed.id, "claimed_by": claimed.token}
        await self.collection.update_one(mine, {"$unset": {"failures": 1, "failing_since": 1}})

    async def forgive(self, id: str) -> None:
        """It shall be tried at once, as if it had never failed."""
        await self.collection.update_one({"_id": id}, {"$unset": {"failures": 1, "failing_since": 1}})
        await self.collection.update_one({"_id": id, "claimed_by": None}, {"$unset": {"free_at": 1}})

    async def pause(self, paused: StoredAggregate[Endpoint], notices: Sequence[Notification]) -> None:
        """The pause and what tells of it, together. Raises VersionMiss where the endpoint was changed meanwhile."""
        async with self.database.client.start_session() as session, await session.start_transaction():
            await self.aggregates.save([paused], session)
            for name, document in map(notification_record, notices):
                await self.database[name].insert_one(document, session=session)

    async def take_back(self, claimant: str) -> None:
        """Release the endpoints claimed by an earlier process of this name."""
        theirs: Document = {"claimed_by": {"$regex": f"^{re.escape(claimant)}/"}}
        await self.collection.update_many(theirs, {"$unset": {"free_at": 1, "claimed_by": 1}})

    async def counts(self) -> dict[str, int]:
        """How many by state: active, failing, paused, dead."""
        counts = dict.fromkeys(("active", "failing", "paused", "dead"), 0)
        wanted = {"state.paused.dead": 1, "failures": 1}
        async for each in self.collection.find({"state.removed_at": None}, wanted):
            paused = each["state"].get("paused")
            failing = "failing" if each.get("failures") else "active"
            counts[failing if paused is None else "dead" if paused["dead"] else "paused"] += 1
        return counts


def _health(document: Document) -> Health:
    failures = int(document.get("failures", 0))
    return Health(failures, document.get("failing_since"), document.get("free_at") if failures else None)
