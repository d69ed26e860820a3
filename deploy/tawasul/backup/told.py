"""Writes notifications that the journal says were sent into the notifier's database before it starts, so that nobody is
told again."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from pymongo import UpdateOne
from shared.events.envelope import Event
from shared.events.topics import NOTIFICATIONS

from tawasul.backup.databases import Client
from tawasul.backup.records import BackedUpRecord
from tawasul.backup.stores import Stores

TOGETHER = 1_000
STREAM = NOTIFICATIONS.stream


async def mark_as_told(
    client: Client, stores: Stores, journal: Sequence[BackedUpRecord]
) -> tuple[list[BackedUpRecord], set[str]]:
    """The records that Kafka is to have again, and the submissions that the backup does not know: they are lost."""
    told = [(kept, event) for kept in journal if kept.topic == NOTIFICATIONS.name and (event := kept.event())]
    ids = sorted({event.key for _, event in told})
    known = await _among(client[stores.databases["intake"]]["submissions"], ids)
    notifier = client[stores.databases["notifier"]]
    counted = await _counted(notifier["deliveries"], ids)
    again = [(kept, event) for kept, event in told if event.key in known and event.sequence > counted.get(event.key, 0)]
    for first in range(0, len(again), TOGETHER):
        events = [event for _, event in again[first : first + TOGETHER]]
        await notifier["notifications"].bulk_write([each for event in events for each in _as_told(event)])
        await notifier["deliveries"].bulk_write(_as_counted(events))
    return [kept for kept, _ in again], set(ids) - known


async def _among(collection: Any, ids: Sequence[str]) -> set[str]:
    return {found["_id"] async for found in collection.find({"_id": {"$in": list(ids)}}, {"_id": 1})}


async def _counted(deliveries: Any, ids: Sequence[str]) -> dict[str, int]:
    """The newest sequence that the backup knows of: what is not after it is in its outbox, or was published."""
    found = deliveries.find({"_id": {"$in": list(ids)}}, {"sequences": 1})
    return {document["_id"]: document["sequences"].get(STREAM, 0) async for document in found}


def _as_told(event: Event) -> list[UpdateOne]:
    """A notification that waited has its end; one that will be planned again is there already, and stays."""
    data = event.data
    ended: dict[str, Any] = {"state": data.to_state, "changed_at": event.time}
    if data.to_state == "sent":
        ended["sent_at"] = event.time
    planned = {
        "submission_id": data.submission_id,
        "event_id": event.causation_id or event.id,
        "about": data.about,
        "correlation_id": event.correlation_id,
        "audience": data.audience,
        "recipient_kind": "contact" if data.audience == "author" else "entity",
        "recipient": "told before a restore",
        "channel": data.channel,
        "template": data.template,
        "language": "ar",
        "params": {},
        "attempts": 1,
        "event_at": event.time,
        "created_at": event.time,
    }
    waits_no_more = {"next_at": 1, "claimed_by": 1, "waiting_for": 1, "params.text": 1}
    return [
        UpdateOne({"_id": data.notification_id}, {"$set": ended, "$unset": waits_no_more}),
        UpdateOne({"_id": data.notification_id}, {"$setOnInsert": planned | ended}, upsert=True),
    ]


def _as_counted(events: Sequence[Event]) -> list[UpdateOne]:
    """The places in the sequence that were used are used."""
    by_submission: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_submission[event.key].append(event)
    return [
        UpdateOne(
            {"_id": id},
            {
                "$max": {f"sequences.{STREAM}": max(event.sequence for event in theirs)},
                "$inc": {
                    "version": 1,
                    "emitted": len(theirs),
                    "state.sent": sum(event.data.to_state == "sent" for event in theirs),
                    "state.failed": sum(event.data.to_state != "sent" for event in theirs),
                },
                "$setOnInsert": {"seen": {}, "commands": {}, "outbox": []},
            },
            upsert=True,
        )
        for id, theirs in by_submission.items()
    ]
