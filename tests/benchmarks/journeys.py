"""Submissions on their way through all four services, as their databases tell it."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import Timestamp
from pymongo import AsyncMongoClient
from shared.storage.aggregates import Document

MAILS = 3
"""Received and assigned to the citizen, assigned-to-you to the official."""
TO_THE_CITIZEN = 2
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 60.0


@dataclass
class Way:
    """When the database wrote each thing, by the wall clock of its own log, whose writes are durable a moment later."""

    submission: datetime | None = None
    assignment: datetime | None = None
    deadline: datetime | None = None
    notifications: list[datetime] = field(default_factory=list)

    @property
    def milliseconds(self) -> float | None:
        """From the submission's own write, before its acknowledgement, to the last of the rest; None on the way."""
        if not (self.submission and self.assignment and self.deadline) or len(self.notifications) < TO_THE_CITIZEN:
            return None
        last = max(self.assignment, self.deadline, *self.notifications)
        return (last - self.submission).total_seconds() * 1_000


class Journeys:
    def __init__(self, client: AsyncMongoClient[Document]) -> None:
        self.client = client

    async def now(self) -> Timestamp:
        """A place in the database's log."""
        answer: dict[str, Any] = await self.client.admin.command("ping")
        return Timestamp(answer["operationTime"].time, answer["operationTime"].inc + 1)

    async def unfinished(self) -> int:
        """How many have not come to the end: mails handed over and told in the timeline, the deadline known to all."""
        filed, finished = await self._filed_and_finished()
        return filed - finished

    async def finished(self) -> int:
        return (await self._filed_and_finished())[1]

    async def _filed_and_finished(self) -> tuple[int, int]:
        intake = self.client["tawasul_intake"]["submissions"]
        told = {"seen.assignments": {"$gte": 1}, "seen.deadlines": {"$gte": 1}, "seen.notifications": {"$gte": MAILS}}
        router = self.client["tawasul_router"]["assignments"]
        notifier = self.client["tawasul_notifier"]["cases"]
        filed, *finished = await asyncio.gather(
            intake.count_documents({}),
            intake.count_documents(told),
            router.count_documents({"state.due": {"$ne": None}}),
            notifier.count_documents({"seen.deadlines": {"$gte": 1}}),
        )
        return filed, min(finished)

    async def finish(self) -> float:
        """Wait until all have come to the end; the seconds it took."""
        began = time.perf_counter()
        while await self._something_waits() or await self.unfinished():
            if time.perf_counter() - began > PATIENCE_SECONDS:
                raise TimeoutError(f"{await self.unfinished()} submissions are still on their way")
            await asyncio.sleep(LOOK_SECONDS)
        return time.perf_counter() - began

    async def _something_waits(self) -> bool:
        """An event or a mail that is to be sent: cheap to see, where counting would slow down what it waits for."""
        pending, due = {"pending": {"$exists": True}}, {"channel": "mail", "next_at": {"$exists": True}}
        found = await asyncio.gather(
            self.client["tawasul_intake"]["submissions"].find_one(pending, {"_id": 1}, hint="pending"),
            self.client["tawasul_router"]["assignments"].find_one(pending, {"_id": 1}, hint="pending"),
            self.client["tawasul_sla_monitor"]["clocks"].find_one(pending, {"_id": 1}, hint="pending"),
            self.client["tawasul_notifier"]["deliveries"].find_one(pending, {"_id": 1}, hint="pending"),
            self.client["tawasul_notifier"]["notifications"].find_one(due, {"_id": 1}, hint="lanes"),
        )
        return any(found)

    async def milliseconds(self, since: Timestamp, wanted: int) -> list[float]:
        """Of each submission filed since then, read from the database's log afterwards: measuring costs nothing."""
        ways: dict[str, Way] = defaultdict(Way)
        ended: set[str] = set()
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            await self.client.watch(PIPELINE, start_at_operation_time=since) as stream,
        ):
            async for change in stream:
                id = _note(change, ways)
                if ways[id].milliseconds is not None:
                    ended.add(id)
                if len(ended) == wanted:
                    break
        return sorted(taken for way in ways.values() if (taken := way.milliseconds) is not None)


def _in(database: str, collection: str) -> Document:
    return {"ns.db": f"tawasul_{database}", "ns.coll": collection}


def set_by_update(field: str) -> Document:
    """The value to which an update set a field of the state, if it did."""
    updated = "$updateDescription.updatedFields"
    by_itself = {"$getField": {"field": f"state.{field}", "input": {"$ifNull": [updated, {}]}}}
    return {"$ifNull": [by_itself, f"{updated}.state.{field}", None]}


PIPELINE: list[Document] = [
    {
        "$match": {
            "$or": [
                {**_in("intake", "submissions"), "operationType": "insert"},
                {**_in("router", "assignments"), "fullDocument.state.state": "assigned"},
                {**_in("router", "assignments"), "$expr": {"$eq": [set_by_update("state"), "assigned"]}},
                {**_in("sla_monitor", "clocks"), "fullDocument.state.told": {"$ne": None}, "operationType": "insert"},
                {**_in("sla_monitor", "clocks"), "$expr": {"$ne": [set_by_update("told"), None]}},
                {**_in("notifier", "notifications"), "fullDocument.recipient_kind": "contact"},
            ]
        }
    },
    {"$project": {"ns": 1, "wallTime": 1, "documentKey": 1, "of": "$fullDocument.submission_id"}},
]


def _note(change: Document, ways: dict[str, Way]) -> str:
    at, id = change["wallTime"], str(change.get("of") or change["documentKey"]["_id"])
    way = ways[id]
    match change["ns"]["coll"]:
        case "submissions":
            way.submission = at
        case "assignments":
            way.assignment = way.assignment or at
        case "clocks":
            way.deadline = way.deadline or at
        case "notifications":
            way.notifications.append(at)
    return id
