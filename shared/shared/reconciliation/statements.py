"""Statements of an owner: once a minute, what it has published, read from its database (ADR 49).

The relay remembers in memory which documents it was woken for and which events it sent; a minute later the documents
are read, and what they say is published. Besides, all documents are walked through within the hour, as what a crashed
process remembered is gone, and as what was taken out of an outbox unsent woke nobody. Nothing of this is kept for
sending: what is lost is stated again.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from shared.events.envelope import Cause, OutgoingEvent, outbox_entry, seal
from shared.events.statements import MOST_ENTRIES, PublishedEvent, StatedSubmission, Statement
from shared.events.topics import Topic
from shared.ids import new_id
from shared.operations.metrics import LEFT_BEHIND
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Document
from shared.storage.item_isolation import read_each

logger = logging.getLogger(__name__)

Entry = dict[str, Any]
Send = Callable[[Sequence[Entry]], Awaitable[None]]

PROGRESS = "reconciliation"
"""Where the walk stands, and what operators asked for."""

LOOK_SECONDS = 2.0
"""How soon a round that an operator asked for begins."""

MOST_REMEMBERED = 50_000
"""Events between two statements. What is more is left to the walk."""

BY_ID = "_id_"


@dataclass(frozen=True)
class Stating:
    """An owner's collection of submissions, and the statements made of it. `fields` are what `is_open` and `is_part`
    look at; `reference` is the indexed field with the number by which people call one, `received_at` the field with the
    time of its receipt."""

    collection: str
    facts: Topic
    statement: type[Statement]
    fields: Sequence[str] = ()
    is_open: Callable[[Document], bool] = lambda document: False
    is_part: Callable[[Document], bool] = lambda document: False
    reference: str | None = None
    received_at: str | None = None

    @property
    def shown(self) -> Document:
        fields = [*self.fields, *([self.received_at] if self.received_at else [])]
        return {f"sequences.{self.facts.stream}": 1, "pending": 1, **dict.fromkeys(fields, 1)}

    def entry_of(self, document: Document, events: Sequence[PublishedEvent] = ()) -> StatedSubmission:
        return StatedSubmission(
            submission_id=document["_id"],
            sequence=document.get("sequences", {}).get(self.facts.stream, 0),
            is_open=self.is_open(document),
            is_part=self.is_part(document),
            received_at=_field(document, self.received_at) if self.received_at else None,
            events=tuple(events),
        )


def _field(document: Document, path: str) -> Any:
    value: Any = document
    for name in path.split("."):
        value = (value or {}).get(name)
    return value


class RecentlySent:
    """Collects what the relay sent from one collection since the last statement."""

    def __init__(self, stating: Stating) -> None:
        self.stating = stating
        self._events: dict[str, list[PublishedEvent]] = {}
        self._count = 0

    def note(self, ids: Sequence[str], documents: Sequence[Document]) -> None:
        """`ids` were looked at, `documents` had something to send, and it was sent."""
        if self._count > MOST_REMEMBERED:
            return
        for id in ids:
            self._events.setdefault(id, [])
        for document in documents:
            for entry in document["outbox"]:
                if entry["topic"] == self.stating.facts.name and entry["key"] == document["_id"]:
                    known = PublishedEvent.model_construct(
                        id=entry["id"], type=entry["type"], sequence=entry["sequence"]
                    )
                    self._events[document["_id"]].append(known)
                    self._count += 1

    def put_back(self, id: str, events: Sequence[PublishedEvent]) -> None:
        self._events[id] = [*events, *self._events.get(id, ())]

    def take(self) -> dict[str, list[PublishedEvent]]:
        taken, self._events, self._count = self._events, {}, 0
        return taken


class Statements:
    """States what one service published: recent changes `every` so many seconds, everything `within` so many."""

    def __init__(
        self,
        database: AsyncDatabase[Document],
        statings: Sequence[Stating],
        source: str,
        every: float,
        within: float,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.database = database
        self.statings = {stating.collection: stating for stating in statings}
        self.source = source
        self.every = every
        self.within = within
        self.clock = clock
        self.progress = database[PROGRESS]
        self._lately = {name: RecentlySent(stating) for name, stating in self.statings.items()}

    def note(self, collection: str, ids: Sequence[str], documents: Sequence[Document]) -> None:
        if (lately := self._lately.get(collection)) is not None:
            lately.note(ids, documents)

    async def ask(self, round: str) -> None:
        """For a whole round, soon: whoever has the relay's lease makes it."""
        for name in self.statings:
            await self.progress.update_one({"_id": f"walk/{name}"}, {"$addToSet": {"asked": round}}, upsert=True)

    async def of_one(self, stating: Stating, id: str) -> Document | None:
        """The entry that would be stated of one submission, and how many of its events wait to be sent."""
        shown = stating.shown | {"outbox.id": 1}
        document = await self.database[stating.collection].find_one({"_id": id}, shown)
        if document is None:
            return None
        entry = stating.entry_of(document)
        told = {"sequence": entry.sequence, "is_open": entry.is_open, "is_part": entry.is_part}
        return {"topic": stating.facts.name} | told | {"waiting": len(document.get("outbox", ()))}

    async def id_of(self, reference: str) -> str | None:
        """The id of the submission with this reference number; None where this service does not know it."""
        for stating in self.statings.values():
            if stating.reference is not None:
                found = await self.database[stating.collection].find_one({stating.reference: reference}, {"_id": 1})
                if found is not None:
                    return str(found["_id"])
        return None

    async def keep(self, send: Send) -> None:
        """State for ever. What fails is stated the next time: the relay beside has nothing to do with it."""
        due = 0.0
        loop = asyncio.get_running_loop()
        while True:
            is_due = loop.time() >= due
            if is_due:
                due = loop.time() + self.every
            for stating in self.statings.values():
                try:
                    await self.make_rounds(stating, send)
                    if is_due:
                        await self.state_lately(stating, send)
                        await self.walk_on(stating, send)
                except Exception:
                    LEFT_BEHIND.labels("stating").inc()
                    logger.exception("not stated", extra={"topic": stating.facts.name})
            await asyncio.sleep(min(LOOK_SECONDS, self.every))

    async def state_lately(self, stating: Stating, send: Send) -> None:
        """State what was sent since the last time; an empty statement says that there was nothing."""
        lately = self._lately[stating.collection]
        events = lately.take()
        if not events:
            await self._publish(stating, (), send)
            return
        ids = list(events)
        for begin in range(0, len(ids), MOST_ENTRIES):
            read_at = self.clock()
            asked = {"_id": {"$in": ids[begin : begin + MOST_ENTRIES]}}
            documents = await self.database[stating.collection].find(asked, stating.shown, hint=BY_ID).to_list()
            for document in documents:
                if "pending" in document and events[document["_id"]]:
                    lately.put_back(document["_id"], events[document["_id"]])
            await self._publish(stating, _entries(stating, documents, events), send, read_at=read_at)

    async def walk_on(self, stating: Stating, send: Send) -> None:
        """As many documents as bring the walk through all `within` its time, on from where it stands."""
        count = await self.database[stating.collection].estimated_document_count()
        share = math.ceil(count * min(1.0, self.every / self.within))
        if not share:
            return
        stands = await self.progress.find_one({"_id": f"walk/{stating.collection}"}, {"after": 1}) or {}
        after: str = stands.get("after", "")
        while share > 0:
            documents = await self._after(stating, after, min(share, MOST_ENTRIES))
            after = documents[-1]["_id"] if documents else ""
            if not documents:
                break
            await self._publish(stating, _entries(stating, documents, {}), send)
            share -= MOST_ENTRIES
        await self.progress.update_one({"_id": f"walk/{stating.collection}"}, {"$set": {"after": after}}, upsert=True)

    async def make_rounds(self, stating: Stating, send: Send) -> None:
        """The whole at once, where operators asked for it; who asks meanwhile waits for the next."""
        stands = await self.progress.find_one({"_id": f"walk/{stating.collection}"}, {"asked": 1}) or {}
        rounds: tuple[str, ...] = tuple(stands.get("asked", ()))
        if not rounds:
            return
        after = ""
        while documents := await self._after(stating, after, MOST_ENTRIES):
            await self._publish(stating, _entries(stating, documents, {}), send, rounds)
            after = documents[-1]["_id"]
        await self._publish(stating, (), send, rounds, is_last=True)
        await self.progress.update_one(
            {"_id": f"walk/{stating.collection}"}, {"$pull": {"asked": {"$in": list(rounds)}}}
        )
        logger.info("all stated", extra={"topic": stating.facts.name})

    async def _after(self, stating: Stating, id: str, limit: int) -> list[Document]:
        found = self.database[stating.collection].find({"_id": {"$gt": id}}, stating.shown, hint=BY_ID)
        return await found.sort("_id", 1).limit(limit).to_list()

    async def _publish(
        self,
        stating: Stating,
        entries: Sequence[StatedSubmission],
        send: Send,
        rounds: tuple[str, ...] = (),
        is_last: bool = False,
        read_at: datetime | None = None,
    ) -> None:
        now = self.clock()
        id = new_id()
        data = stating.statement.model_validate(
            {
                "read_at": read_at or now,
                "entries": tuple(entries),
                "rounds": rounds,
                "is_last": is_last,
            }
        )
        await send([outbox_entry(seal(OutgoingEvent(data, id=id), id, 1, self.source, now, Cause(id)))])


def _entries(
    stating: Stating, documents: Sequence[Document], events: Mapping[str, Sequence[PublishedEvent]]
) -> list[StatedSubmission]:
    """Events still waiting to be sent are stated after they were."""
    sent = [document for document in documents if "pending" not in document]
    return read_each("stating", sent, lambda document: stating.entry_of(document, events.get(document["_id"], ())))
