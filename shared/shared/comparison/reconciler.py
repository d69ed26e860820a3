"""The reconciler of a consuming service: holds what owners state against what this service has (ADR 49).

Statements come by a subscription of their own. What is missing is looked at again and again; what has been missing for
a minute is a difference. Why an event is missing is asked of the dead letters and of Kafka, where it is found by its
key and sequence. From there it is taken once more: by the consumer's own way, marked as a replay for its group alone.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from aiokafka.errors import KafkaError
from pymongo.asynchronous.database import AsyncDatabase

from shared.comparison.record_search import MissingEvent, Record, RecordSearch, SearchResult
from shared.events.envelope import REPLAY_HEADER, InvalidEvent, UnknownEventType, header_texts, read_event
from shared.events.statements import StatedSubmission, Statement
from shared.events.topics import BY_NAME, STATED, Topic
from shared.messaging.dead_letters import DeadLetters, Failure
from shared.messaging.failure_causes import of_unreadable
from shared.messaging.inbox import Inbox
from shared.operations import metrics
from shared.reconciliation.differences import EVENT, Cause, Differences, Rule, difference_id
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Document

logger = logging.getLogger(__name__)

ROUNDS = "reconciliation_rounds"
ROUNDS_KEPT = timedelta(days=1)

LOOK_SECONDS = 5.0
"""How often what is missing is looked at again, and four times while it may be missing."""

SEARCHED_AT_ONCE = 500
SEARCHED_AGAIN_AFTER = timedelta(minutes=10)
MOST_REPLAYS = 3
"""By itself. An operator may ask for more."""

Take = Callable[[Sequence[Record]], Awaitable[None]]


@dataclass(frozen=True)
class Patience:
    """`difference`: for so long something may be missing; `replay`: after so long it is taken again by itself, None for
    never."""

    difference: timedelta = timedelta(seconds=60)
    replay: timedelta | None = timedelta(minutes=5)


class Reconciler:
    """`take` is the way in of the consumer that takes the facts, `group` its group."""

    def __init__(
        self,
        database: AsyncDatabase[Document],
        rules: Sequence[Rule],
        take: Take,
        search: RecordSearch,
        group: str,
        patience: Patience,
        topic_prefix: str = "",
        clock: Callable[[], datetime] = utc_now,
        is_responsible: Callable[[], bool] = lambda: True,
        reasons: Mapping[str, Callable[[], Awaitable[int]]] = MappingProxyType({}),
    ) -> None:
        self.database = database
        self.rules = {rule.facts.name: rule for rule in rules}
        self.topics = tuple(STATED[rule.facts.name] for rule in rules)
        self.patience = patience
        self.differences = Differences(database)
        self.rounds = database[ROUNDS]
        self.is_responsible = is_responsible
        self.reasons = reasons
        self._facts = {STATED[rule.facts.name].name: rule.facts for rule in rules}
        self._take = take
        self._search = search
        self._group = group
        self._prefix = topic_prefix
        self._clock = clock
        self._inbox = Inbox(database)
        self._dead_letters = DeadLetters(database, group)
        self._heard: dict[str, float] = dict.fromkeys(self.rules, time.monotonic())
        for name in self.rules:
            metrics.COMPARED.labels(name)
            metrics.RETAKEN.labels(name)
            metrics.STATEMENT_AGE.labels(name).set_function(lambda name=name: self._age(name))  # type: ignore[misc]

    def _age(self, topic: str) -> float:
        return time.monotonic() - self._heard[topic] if self.is_responsible() else 0.0

    async def ensure_indexes(self) -> None:
        await self.differences.ensure_indexes()
        await self.rounds.create_index("at", name="expiry", expireAfterSeconds=int(ROUNDS_KEPT.total_seconds()))

    async def hear(self, records: Sequence[Record]) -> None:
        """Statements in, in the order in which they were made."""
        for record in records:
            stated = BY_NAME[record.topic.removeprefix(self._prefix)]
            try:
                event = read_event(stated, record.key, record.value, record.headers)
            except UnknownEventType:
                metrics.EVENTS.labels(stated.name, "", "unknown").inc()
            except InvalidEvent as error:
                cause = of_unreadable(error, header_texts(record.headers).get("ce_type"))
                await self._dead_letters.hold(Failure(record, stated.name, cause, 1), self._clock())
                metrics.DEAD_LETTERS.labels(stated.name).inc()
            else:
                if isinstance(event.data, Statement):
                    await self.compare(self._facts[stated.name], event.data)
                metrics.EVENTS.labels(stated.name, event.type, "applied").inc()

    async def compare(self, facts: Topic, statement: Statement) -> None:
        rule, now = self.rules[facts.name], self._clock()
        ids = [stated.submission_id for stated in statement.entries]
        documents = await self._documents(rule, ids)
        lacking = [
            (stated, rule.lacks(documents.get(stated.submission_id), stated, statement.read_at))
            for stated in statement.entries
        ]
        if any(lacks for _, lacks in lacking) or await self.differences.collection.find_one({}, {"_id": 1}):
            await self.differences.note(facts, statement.read_at, lacking, now)
        for round in statement.rounds:
            change = {"$inc": {"submissions": len(ids)}, "$set": {"at": now, "is_whole": statement.is_last}}
            place = {"_id": f"{round}/{facts.stream}"}
            await self.rounds.update_one(place, change, upsert=True)
        self._heard[facts.name] = time.monotonic()
        metrics.COMPARED.labels(facts.name).inc(len(ids))

    async def _documents(self, rule: Rule, ids: Sequence[str]) -> dict[str, Document]:
        if not ids:
            return {}
        found = self.database[rule.collection].find({"_id": {"$in": list(ids)}}, rule.shown, hint="_id_")
        documents: dict[str, Document] = {document["_id"]: document async for document in found}
        for id, beside in (await rule.beside(ids)).items():
            if id in documents:
                documents[id] |= beside
        return documents

    async def taken_of(self, submission: str) -> list[Document]:
        """By topic, the newest event of it that was taken; none of topics of which this service has nothing."""
        taken = []
        for name, rule in self.rules.items():
            document = (await self._documents(rule, [submission])).get(submission)
            if document is not None:
                taken.append({"topic": name, "sequence": document.get("seen", {}).get(rule.facts.stream, 0)})
        return taken

    async def keep_looking(self) -> None:
        """For ever, in the process that is given the statements."""
        while True:
            if self.is_responsible():
                await self.look()
            else:
                metrics.DIFFERENCES.clear()
            await asyncio.sleep(min(LOOK_SECONDS, self.patience.difference.total_seconds() / 4))

    async def look(self) -> None:
        """At all that was missing: what is there by now, why the rest is not, and what is to be taken again."""
        after = ""
        told = self._clock() - self.patience.difference
        while found := await self.differences.open(after):
            after = found[-1]["_id"]
            left = await self._still_missing(found)
            counted = [each for each in left if each["since"] <= told or "replay_asked" in each]
            for begin in range(0, len(counted), SEARCHED_AT_ONCE):
                await self._look_into(counted[begin : begin + SEARCHED_AT_ONCE])
        counts, _ = await self.differences.counts(told)
        metrics.DIFFERENCES.clear()
        for name in self.rules:
            metrics.DIFFERENCES.labels(name, EVENT).set(0)
        for (topic, kind), count in counts.items():
            metrics.DIFFERENCES.labels(topic, kind).set(count)

    async def _still_missing(self, found: Sequence[Document]) -> list[Document]:
        by_topic: dict[str, list[Document]] = defaultdict(list)
        for each in found:
            by_topic[each["topic"]].append(each)
        healed: set[str] = set()
        for topic, of_topic in by_topic.items():
            rule = self.rules.get(topic)
            if rule is not None:
                documents = await self._documents(rule, sorted({each["submission"] for each in of_topic}))
                healed |= {each["_id"] for each in of_topic if _is_healed(rule, each, documents)}
        await self.differences.heal(sorted(healed))
        return [each for each in found if each["_id"] not in healed]

    async def _look_into(self, found: Sequence[Document]) -> None:
        """Events that are missing; and what lacks its effect, where an operator asked to have it taken again."""
        now = self._clock()
        to_search = [each for each in found if await self._is_to_search(each, now)]
        wanted = {each["_id"]: _wanted(each) for each in to_search}
        if not to_search:
            return
        try:
            in_kafka = await self._search.find([one for several in wanted.values() for one in several])
        except (KafkaError, OSError, TimeoutError) as error:
            logger.warning("missing events not looked up", extra={"reason": type(error).__name__})
            return
        again: list[tuple[Record, bool]] = []
        for each in to_search:
            again += await self._judge(each, wanted[each["_id"]], in_kafka, now)
        if again:
            await self._take_again(again)

    async def _is_to_search(self, difference: Document, now: datetime) -> bool:
        is_asked = "replay_asked" in difference
        if difference["kind"] != EVENT:
            if not is_asked and difference.get("cause") != Cause.NO_EFFECT:
                await self._learn(difference, Cause.NO_EFFECT, now)
            return is_asked
        if await self._is_dead_letter(difference, now):
            return False
        looked, cause = difference.get("looked_at"), difference.get("cause")
        if looked is None:
            return True
        if cause == Cause.NOT_READ:  # as the consumer comes to it this heals by itself, without a look into Kafka
            return bool(now - looked >= (self.patience.replay or SEARCHED_AGAIN_AFTER))
        if is_asked:
            return True
        if cause == Cause.NOT_TAKEN:
            return self._is_to_replay(difference, now)
        return bool(now - looked >= SEARCHED_AGAIN_AFTER)

    async def _is_dead_letter(self, difference: Document, now: datetime) -> bool:
        """The service that set it aside keeps it: it is replayed or discarded there."""
        letters = self._dead_letters.collection
        place = {"key": difference["submission"], "topic": difference["topic"]}
        query = place | {"headers.ce_sequence": str(difference["sequence"]), "status": {"$in": ["held", "discarded"]}}
        letter = await letters.find_one(query, {"status": 1})
        if letter is None:
            return False
        cause = Cause.DEAD_LETTER if letter["status"] == "held" else Cause.DISCARDED
        await self._learn(difference, cause, now, is_given_up=letter["status"] == "discarded")
        return True

    def _is_to_replay(self, difference: Document, now: datetime) -> bool:
        if "replay_asked" in difference:
            return True
        after, replays = self.patience.replay, difference.get("replays", 0)
        if after is None or replays >= MOST_REPLAYS or now - difference["since"] < after:
            return False
        replayed = difference.get("replayed_at")
        return replayed is None or now - replayed >= after

    async def _judge(
        self, difference: Document, wanted: Sequence[MissingEvent], in_kafka: SearchResult, now: datetime
    ) -> list[tuple[Record, bool]]:
        """The records to take again, each with whether it must be as if it had never been taken."""
        records = [in_kafka.records[each] for each in wanted if each in in_kafka.records]
        is_event = difference["kind"] == EVENT
        if not records:
            is_incomplete = difference["topic"] in in_kafka.incomplete
            await self._learn(difference, Cause.NOT_IN_KAFKA if is_incomplete else Cause.NEVER_PUBLISHED, now)
            return []
        if not all(in_kafka.is_read(record) for record in records):
            await self._learn(difference, Cause.NOT_READ, now)
            return []
        event = header_texts(records[0].headers) if is_event else {}
        known = {"event_id": event["ce_id"], "event_type": event.get("ce_type")} if "ce_id" in event else {}
        await self._learn(difference, Cause.NOT_TAKEN if is_event else Cause.NO_EFFECT, now, **known)
        if not self._is_to_replay(difference, now):
            return []
        change = {"$set": {"replayed_at": now}, "$inc": {"replays": 1}, "$unset": {"replay_asked": ""}}
        await self.differences.collection.update_one({"_id": difference["_id"]}, change)
        return [(record, not difference.get("gap", False)) for record in records]

    async def _learn(self, difference: Document, cause: Cause, now: datetime, **more: Any) -> None:
        if difference.get("cause") != cause:
            about = {name: difference[name] for name in ("topic", "submission", "kind", "sequence")}
            logger.warning("a difference between services", extra={**about, "cause": cause.value, **more})
        await self.differences.learn(difference["_id"], cause=cause.value, looked_at=now, **more)
        if cause not in (Cause.NOT_TAKEN, Cause.NO_EFFECT, Cause.NOT_READ):
            await self.differences.collection.update_one({"_id": difference["_id"]}, {"$unset": {"replay_asked": ""}})

    async def _take_again(self, again: Sequence[tuple[Record, bool]]) -> None:
        """In their order, each once."""
        records = {(record.topic, record.partition, record.offset): record for record, _ in again}
        forgotten = {header_texts(record.headers).get("ce_id", "") for record, is_forgotten in again if is_forgotten}
        await self._inbox.forget(sorted(forgotten))
        mark = (REPLAY_HEADER, self._group.encode())
        marked = [replace(records[place], headers=(*records[place].headers, mark)) for place in sorted(records)]
        logger.warning("missing events are taken again", extra={"events": len(marked)})
        await self._take(marked)
        for record in marked:
            metrics.RETAKEN.labels(record.topic.removeprefix(self._prefix)).inc()


def _is_healed(rule: Rule, difference: Document, documents: dict[str, Document]) -> bool:
    """A gap is healed by the consumer itself, as it takes the event."""
    if difference.get("gap") or "stated" not in difference:
        return False
    submission = difference["submission"]
    stated = StatedSubmission.model_validate(difference["stated"])
    lacks = rule.lacks(documents.get(submission), stated, difference["read_at"])
    return difference["_id"] not in {difference_id(rule.facts, submission, lack) for lack in lacks}


def _wanted(difference: Document) -> list[MissingEvent]:
    """The event that is missing; for what lacks its effect the event it follows from, or all that are known."""
    topic, submission, sequence = difference["topic"], difference["submission"], difference["sequence"]
    stated = StatedSubmission.model_validate(difference["stated"]) if "stated" in difference else None
    received_at = stated.received_at if stated else None
    if sequence is not None:
        return [MissingEvent(topic, submission, sequence, received_at)]
    return (
        [MissingEvent(topic, submission, each, received_at) for each in range(1, stated.sequence + 1)] if stated else []
    )
