"""Stores webhook deliveries: an ordered queue for each endpoint, and its log. `waits` is absent when a delivery is
done.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pymongo.asynchronous.database import AsyncDatabase
from shared.storage.aggregates import Document

from notifier.webhooks.model import TRIES_KEPT, Delivery, DeliveryState, Try

COLLECTION = "webhook_deliveries"
ORDER = [("endpoint", 1), ("planned_at", 1), ("_id", 1)]
WAITING: Document = {"waits": True}


def delivery_record(delivery: Delivery) -> tuple[str, Document]:
    """As a record of a decision: stored with the case that it is about."""
    document = delivery.model_dump(exclude={"id"}, exclude_none=True)
    if delivery.state == DeliveryState.WAITING:
        document["waits"] = True
    return COLLECTION, {"_id": delivery.id, **document}


def _read(document: Document) -> Delivery:
    return Delivery.model_validate({**document, "id": document["_id"]})


class WebhookDeliveries:
    def __init__(self, database: AsyncDatabase[Document], kept_days: int) -> None:
        self.collection = database[COLLECTION]
        self.kept = timedelta(days=kept_days)

    async def ensure_indexes(self) -> None:
        await self.collection.create_index(ORDER, name="queue", partialFilterExpression=WAITING)
        await self.collection.create_index([("endpoint", 1), ("planned_at", -1), ("_id", -1)], name="log")
        await self.collection.create_index([("endpoint", 1), ("event_at", 1)], name="period")
        await self.collection.create_index(
            "planned_at", name="expiry", expireAfterSeconds=int(self.kept.total_seconds())
        )

    async def next(self, endpoint: str, limit: int) -> list[Delivery]:
        """The oldest that wait, in order."""
        waiting = self.collection.find({**WAITING, "endpoint": endpoint}, sort=ORDER, hint="queue").limit(limit)
        return [_read(document) async for document in waiting]

    async def note(self, delivery: Delivery, tried: Try, done: bool) -> None:
        """An attempt, and whether it was the last. Once more would be told twice, and does no other harm."""
        change: Document = {
            "$inc": {"attempts": 1},
            "$push": {"tries": {"$each": [tried.model_dump(exclude_none=True)], "$slice": -TRIES_KEPT}},
        }
        if done:
            change["$set"] = {"state": DeliveryState.DELIVERED.value, "done_at": tried.at}
            change["$unset"] = {"waits": 1}
        await self.collection.update_one({"_id": delivery.id}, change)

    async def find(self, id: str) -> Delivery | None:
        document = await self.collection.find_one({"_id": id})
        return _read(document) if document else None

    async def keep(self, delivery: Delivery) -> None:
        """In the log alone: it was sent already."""
        _, document = delivery_record(delivery)
        await self.collection.update_one({"_id": delivery.id}, {"$setOnInsert": document}, upsert=True)

    async def leave_out(self, endpoint: str, now: datetime) -> int:
        """Skip the waiting deliveries."""
        left = await self.collection.update_many(
            {**WAITING, "endpoint": endpoint},
            {"$set": {"state": DeliveryState.LEFT_OUT.value, "done_at": now}, "$unset": {"waits": 1}},
        )
        return left.modified_count

    async def replay(self, endpoint: str, since: datetime, until: datetime, limit: int) -> int:
        """Make the deliveries of a period wait again under their ids, the oldest `limit` of them."""
        done = {"$in": [DeliveryState.DELIVERED.value, DeliveryState.LEFT_OUT.value]}
        of_it: Document = {
            "endpoint": endpoint,
            "event_at": {"$gte": since, "$lt": until},
            "state": done,
            "submission_id": {"$exists": True},
        }
        found = self.collection.find(of_it, {"_id": 1}, sort=[("event_at", 1)], hint="period").limit(limit)
        ids = [each["_id"] async for each in found]
        again = {"$set": {"state": DeliveryState.WAITING.value, "waits": True}, "$unset": {"done_at": 1}}
        if not ids:
            return 0
        return (await self.collection.update_many({"_id": {"$in": ids}, "state": done}, again)).modified_count

    async def page(
        self, endpoint: str, state: DeliveryState | None, before: tuple[datetime, str] | None, limit: int
    ) -> list[Delivery]:
        """The newest first, those after `before` in that order."""
        mine: Document = {"endpoint": endpoint} | ({"state": state.value} if state else {})
        if before is not None:
            at, id = before
            mine["$or"] = [{"planned_at": {"$lt": at}}, {"planned_at": at, "_id": {"$lt": id}}]
        found = self.collection.find(mine, sort=[("planned_at", -1), ("_id", -1)], hint="log").limit(limit)
        return [_read(document) async for document in found]

    async def oldest_waiting(self, endpoints: Sequence[str]) -> datetime | None:
        heads = [head for id in endpoints for head in await self.next(id, 1)]
        return min((head.planned_at for head in heads), default=None)
