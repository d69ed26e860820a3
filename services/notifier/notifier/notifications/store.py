"""Notifications as a queue: `next_at` says when a dispatcher may take one, and is absent when it is final."""

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError
from shared.storage.aggregates import BY_ID, DUPLICATE_KEY, Document
from shared.storage.item_isolation import read_each

from notifier.notifications.model import ERASED, STEPS_KEPT, UNFINISHED, Lane, Notification, State, Step

SOURCE = "/tawasul/notifier"

COLLECTION = "notifications"
DUE = [("channel", 1), ("lane", 1), ("next_at", 1)]
LANES: tuple[Lane, ...] = ("urgent", "normal", "bulk")
COUNTED_AT_MOST = 10_000
BEFORE_ALL = (datetime.min.replace(tzinfo=UTC), "")


def notification_record(notification: Notification) -> tuple[str, Document]:
    """As a record of a decision: stored with the case that asked for it."""
    document = notification.model_dump(exclude={"id"}, exclude_none=True)
    if notification.channel == "inbox":
        document["read_at"] = None  # unread is a value that can be looked for
    return COLLECTION, {"_id": notification.id, **document}


def lane_if_due(document: Document) -> tuple[str, str] | None:
    """Channel and lane of a planned notification that a dispatcher may take; None for every other."""
    return (document["channel"], document["lane"]) if "next_at" in document else None


def step(state: State, now: datetime, **more: str | None) -> Document:
    """The step that an update of the state appends to the history."""
    taken = Step(at=now, state=state.value, **more).model_dump(exclude_none=True)
    return {"history": {"$each": [taken], "$slice": -STEPS_KEPT}}


def read_notification(document: Document) -> Notification:
    return Notification.model_validate({**document, "id": document["_id"]})


@dataclass(frozen=True)
class Backlog:
    """The messages that are not final: counts by state, the oldest due one, and contacts missing for long.

    At most 10,000 are counted, because everything waits while the mail server is down.
    """

    by_state: dict[str, int]
    oldest_due: datetime | None
    contacts_missing: int


def claimed(claimant: str, now: datetime, lease: timedelta) -> Document:
    """The fields of what is claimed; its token tells one claim from every other."""
    token = f"{claimant}/{uuid4()}"
    return {"state": State.SENDING.value, "claimed_by": token, "next_at": now + lease, "changed_at": now}


class Notifications:
    def __init__(self, database: AsyncDatabase[Document], kept_days: int) -> None:
        self.collection = database[COLLECTION]
        self.kept = timedelta(days=kept_days)

    async def ensure_indexes(self) -> None:
        # Not `due`: the version before has its own of that name, and asks for it by name while both run.
        await self.collection.create_index(DUE, name="lanes", partialFilterExpression={"next_at": {"$exists": True}})
        await self.collection.create_index(
            "waiting_for", name="waiting", partialFilterExpression={"waiting_for": {"$exists": True}}
        )
        await self.collection.create_index(
            "held_until", name="held", partialFilterExpression={"held_until": {"$exists": True}}
        )
        await self.collection.create_index(
            [("recipient", 1), ("held_until", 1)],
            name="held_for",
            partialFilterExpression={"held_until": {"$exists": True}},
        )
        await self.collection.create_index([("submission_id", 1), ("recipient", 1)], name="heard")
        await self.collection.create_index(
            "created_at", name="expiry", expireAfterSeconds=int(self.kept.total_seconds())
        )

    async def claim(
        self,
        channel: str,
        lanes: Sequence[Lane],
        claimant: str,
        limit: int,
        but_not: Collection[str],
        now: datetime,
        lease: timedelta,
    ) -> list[Notification]:
        """Take what is due, oldest first in each of the lanes in turn, for `lease`: nobody else takes it before.

        Empty when nothing is due. One that cannot be read is left until the lease is over, and holds up no other.
        """
        due = await asyncio.gather(*(self._due(channel, lane, limit, but_not, now) for lane in lanes))
        ids = [id for of_lane in due for id in of_lane][:limit]
        if not ids:
            return []
        claim = claimed(claimant, now, lease)
        await self.collection.update_many({"_id": {"$in": ids}, "next_at": {"$lte": now}}, {"$set": claim}, hint=BY_ID)
        mine = {"_id": {"$in": ids}, "claimed_by": claim["claimed_by"]}
        taken = await self.collection.find(mine, sort=[("event_at", 1)], hint=BY_ID).to_list()
        return read_each("sending", taken, read_notification)

    async def _due(self, channel: str, lane: Lane, limit: int, but_not: Collection[str], now: datetime) -> list[str]:
        due = self.collection.find(
            {"channel": channel, "lane": lane, "next_at": {"$lte": now}},
            {"_id": 1},
            sort=[("next_at", 1)],
            hint="lanes",
        ).limit(limit + len(but_not))
        return [found["_id"] async for found in due if found["_id"] not in but_not][:limit]

    async def add(self, notifications: Sequence[Notification]) -> None:
        """Store the notifications that are not stored yet."""
        if not notifications:
            return
        documents = [notification_record(each)[1] for each in notifications]
        try:
            await self.collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            if any(each["code"] != DUPLICATE_KEY for each in error.details["writeErrors"]):
                raise

    async def take_back(self, claimant: str, but_not: Collection[str], now: datetime) -> int:
        """Make claimed notifications of this claimant due again, except those known to be on their way."""
        given_back = await self.collection.update_many(
            {
                "channel": {"$exists": True},
                "next_at": {"$exists": True},
                "claimed_by": {"$regex": f"^{re.escape(claimant)}/"},
                "_id": {"$nin": list(but_not)},
            },
            {
                "$set": {"next_at": now, "state": State.CREATED.value, "changed_at": now},
                "$unset": {"claimed_by": 1},
            },
            hint="lanes",
        )
        return given_back.modified_count

    async def wake(self, contact_keys: Sequence[str], now: datetime) -> int:
        """Make due what waited for these contacts."""
        woken = await self.collection.update_many(
            {"waiting_for": {"$in": list(contact_keys)}},
            {"$set": {"next_at": now}, "$unset": {"waiting_for": 1}},
        )
        return woken.modified_count

    async def withheld_for(self, recipients: Sequence[str]) -> list[Notification]:
        """The notifications that wait until these contacts are confirmed."""
        theirs = {
            "submission_id": {"$in": sorted({recipient.partition("/")[0] for recipient in recipients})},
            "recipient": {"$in": list(recipients)},
            "state": State.WITHHELD.value,
        }
        return [read_notification(document) async for document in self.collection.find(theirs)]

    async def release(self, ids: Sequence[str], now: datetime) -> None:
        """They are due now, and count as news from now on."""
        await self.collection.update_many(
            {"_id": {"$in": list(ids)}, "state": State.WITHHELD.value},
            {
                "$set": {"state": State.CREATED.value, "next_at": now, "released_at": now, "changed_at": now},
                "$unset": {"reason": 1},
                "$push": step(State.CREATED, now, reason="confirmed"),
            },
        )

    async def cancel_withheld(self, ids: Sequence[str], reason: str, now: datetime) -> None:
        await self.collection.update_many(
            {"_id": {"$in": list(ids)}, "state": State.WITHHELD.value},
            {
                "$set": {"state": State.CANCELLED.value, "reason": reason, "changed_at": now},
                "$unset": {"next_at": 1, "params.text": 1},
                "$push": step(State.CANCELLED, now, reason=reason),
            },
        )

    async def cancel_for(self, recipients: Sequence[str], reason: str, now: datetime) -> None:
        """Nothing more goes to these recipients, and what was written to them is forgotten."""
        whose: Document = {"recipient": {"$in": list(recipients)}}
        ids = sorted({recipient.partition("/")[0] for recipient in recipients})
        await self.collection.update_many(
            {"submission_id": {"$in": ids}, **whose, "state": {"$in": [state.value for state in UNFINISHED]}},
            {
                "$set": {"state": State.CANCELLED.value, "reason": reason, "changed_at": now},
                "$unset": {"next_at": 1, "claimed_by": 1, "waiting_for": 1, "held_until": 1, "params.text": 1},
                "$push": step(State.CANCELLED, now, reason=reason),
            },
        )

    async def forget_author(self, submission_id: str, now: datetime) -> None:
        """Nothing more is told to this author, and neither who it was nor what was written stays. The counts do."""
        theirs: Document = {"submission_id": submission_id, "audience": "author"}
        await self.collection.update_many(
            {**theirs, "state": {"$in": [state.value for state in UNFINISHED]}},
            {
                "$set": {"state": State.CANCELLED.value, "reason": ERASED, "changed_at": now},
                "$unset": {"next_at": 1, "claimed_by": 1, "waiting_for": 1, "held_until": 1},
                "$push": step(State.CANCELLED, now, reason=ERASED),
            },
        )
        await self.collection.update_many(
            theirs, {"$set": {"recipient": ERASED}, "$unset": {"params.text": 1, "person": 1}}
        )

    async def gone_by(
        self, channel: str, recipients: Sequence[str], but_not: Collection[str]
    ) -> Mapping[str, tuple[datetime, str]]:
        """The recipients to whom something else was sent by this channel, or is being sent: with the time and id of the
        event after which others are not the first.

        If two are being sent at the same time, the later one is not the first, whichever process looks.
        """
        theirs = {
            "submission_id": {"$in": sorted({recipient.partition("/")[0] for recipient in recipients})},
            "recipient": {"$in": list(recipients)},
            "channel": channel,
            "state": {"$nin": [state.value for state in (State.CREATED, State.WITHHELD, State.CANCELLED)]},
            "_id": {"$nin": list(but_not)},
        }
        gone: dict[str, tuple[datetime, str]] = {}
        async for found in self.collection.find(theirs, {"recipient": 1, "state": 1, "event_at": 1}):
            is_going = found["state"] == State.SENDING.value
            place = (found["event_at"], found["_id"]) if is_going else BEFORE_ALL
            gone[found["recipient"]] = min(gone.get(found["recipient"], place), place)
        return gone

    async def first_of(self, ids: Sequence[str], channel: str) -> Notification | None:
        """One of them that exists and went by this channel."""
        found = await self.collection.find_one({"_id": {"$in": list(ids)}, "channel": channel})
        return read_notification(found) if found else None

    async def planned_of(self, submission_ids: Sequence[str]) -> list[str]:
        """The submissions among these that have notifications."""
        return await self.collection.distinct("submission_id", {"submission_id": {"$in": list(submission_ids)}})

    async def of_submission(self, submission_id: str, limit: int) -> list[Notification]:
        found = self.collection.find({"submission_id": submission_id}, sort=[("created_at", 1), ("_id", 1)])
        return [read_notification(document) async for document in found.limit(limit)]

    async def waiting(self, channel: str, now: datetime, contact_patience: timedelta) -> Backlog:
        counts: list[dict[str, Any]] = [
            {"$match": {"channel": channel, "next_at": {"$exists": True}}},
            {"$limit": COUNTED_AT_MOST},
            {"$group": {"_id": "$state", "count": {"$sum": 1}}},
        ]
        by_state = {
            group["_id"]: group["count"] async for group in await self.collection.aggregate(counts, hint="lanes")
        }
        held: Document = {"channel": channel, "held_until": {"$exists": True}}
        if waiting := await self.collection.count_documents(held, hint="held", limit=COUNTED_AT_MOST):
            by_state[State.HELD.value] = waiting
        oldest = [
            found["next_at"]
            for lane in LANES
            if (
                found := await self.collection.find_one(
                    {"channel": channel, "lane": lane, "next_at": {"$lte": now}},
                    {"next_at": 1},
                    sort=[("next_at", 1)],
                    hint="lanes",
                )
            )
        ]
        missing = await self.collection.count_documents(
            {"waiting_for": {"$exists": True}, "event_at": {"$lt": now - contact_patience}},
            hint="waiting",
            limit=COUNTED_AT_MOST,
        )
        return Backlog(by_state, min(oldest, default=None), missing)
