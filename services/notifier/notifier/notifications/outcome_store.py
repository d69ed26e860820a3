"""Writes the outcomes of claimed notifications in batches, together with their events."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from pydantic import BaseModel
from pymongo import UpdateMany
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from shared.events.envelope import Cause, OutgoingEvent
from shared.events.notifications import NotificationDelivered, NotificationFailed, NotificationSent
from shared.storage.aggregates import Aggregates, Decision, Document, StoredAggregate

from notifier.deferral.store import HeldNotifications
from notifier.mail_reports.receipt_store import REASON, applied
from notifier.notifications.model import UNFINISHED, EarlierAttempt, Notification, State
from notifier.notifications.outcomes import Outcome
from notifier.notifications.store import COLLECTION, step
from notifier.sending.keyed_lock import KeyedLock

logger = logging.getLogger(__name__)

DELIVERIES = "deliveries"
FAILURES = (State.TEMPORARY_FAILURE, State.PERMANENT_FAILURE, State.TECHNICAL_FAILURE)


class Delivery(BaseModel):
    """One document per submission holds the outbox of its notification events, apart from the consumer's cases."""

    sent: int = 0
    failed: int = 0


class Outcomes:
    """Stores outcomes.

    All outcomes of one submission are written into one document. Writers of the same submissions in this process wait
    for one another, as they would otherwise load and write it again; the version detects other processes.
    """

    def __init__(self, database: AsyncDatabase[Document], source: str) -> None:
        self.database = database
        self.notifications = database[COLLECTION]
        self.held = HeldNotifications(database)
        self.deliveries = Aggregates[Delivery](database[DELIVERIES], Delivery, source)
        self.turns = KeyedLock()

    async def ensure_indexes(self) -> None:
        await self.deliveries.ensure_indexes()

    async def note(self, outcomes: Sequence[Outcome], now: datetime) -> list[Outcome]:
        """Write all in one transaction, or nothing. Answers those that were still ours to write.

        Others took over what was claimed too long ago, or an erasure cancelled it: that is left as it is. What was
        sent is noted whoever holds the claim now, so that it is not sent again, and also where it was cancelled since.
        """
        ours: Sequence[Outcome] = outcomes
        async with self.turns.of({outcome.notification.submission_id for outcome in outcomes}):
            while ours:
                changed = await self._deliveries([outcome for outcome in ours if outcome.is_published], now)
                try:
                    async with self.database.client.start_session() as session, await session.start_transaction():
                        # The relay writes these too: the first write of the transaction meets it for the shortest time.
                        await self.deliveries.save(changed, session)
                        await self._note(ours, now, session)
                    return list(ours)
                except _Lost:
                    ours = await self._still_ours(ours)
                    logger.warning("claims lost to other processes", extra={"count": len(outcomes) - len(ours)})
        return []

    async def note_receipt(self, notification: Notification, said: State, after: State, now: datetime) -> bool:
        """Write the state that a receipt gives, with the event that tells it; False where something was faster."""
        outcome = Outcome(notification, after, None if after is State.DELIVERED else REASON[notification.channel])
        unchanged, change = applied(notification, said, after, now)
        async with self.turns.of({notification.submission_id}):
            changed = await self._deliveries([outcome] if notification.concerns_a_submission else [], now)
            try:
                async with self.database.client.start_session() as session, await session.start_transaction():
                    await self.deliveries.save(changed, session)
                    written = await self.notifications.update_one(unchanged, change, session=session)
                    if not written.matched_count:
                        raise _Lost
                    await self._note_members([outcome], State(notification.state), now, session)
            except _Lost:
                return False
        return True

    async def _note(self, outcomes: Sequence[Outcome], now: datetime, session: AsyncClientSession) -> None:
        alike: dict[tuple[object, ...], list[Outcome]] = defaultdict(list)
        for outcome in outcomes:
            change = (outcome.state, outcome.reason, outcome.next_at, outcome.tried, outcome.waiting_for)
            before = (outcome.notification.channel, outcome.notification.attempts) if outcome.channel else None
            alike[*change, outcome.channel, before, outcome.handed, outcome.at, outcome.held_until].append(outcome)
        operations = [UpdateMany(_claimed(group), _change(group[0], now)) for group in alike.values()]
        written = await self.notifications.bulk_write(operations, ordered=False, session=session)
        if written.matched_count != len(outcomes):
            raise _Lost
        await self._note_members([outcome for outcome in outcomes if outcome.is_final], State.HELD, now, session)

    async def _note_members(
        self, outcomes: Sequence[Outcome], before: State, now: datetime, session: AsyncClientSession
    ) -> None:
        """Apply the outcome of a combined message to each of its members."""
        operations = [
            UpdateMany(
                {"_id": {"$in": list(members)}, "told_in": outcome.notification.id, "state": before.value},
                _change(replace(outcome, tried=False, handed=None), now),
            )
            for outcome in outcomes
            if (members := outcome.notification.members)
        ]
        if operations:
            await self.notifications.bulk_write(operations, ordered=False, session=session)

    async def _still_ours(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        found: set[str] = set()
        for group in (
            [o for o in outcomes if o.state is State.SENT],
            [o for o in outcomes if o.state is not State.SENT],
        ):
            if group:
                found |= {document["_id"] async for document in self.notifications.find(_claimed(group), {"_id": 1})}
        return [outcome for outcome in outcomes if outcome.notification.id in found]

    async def _deliveries(self, outcomes: Sequence[Outcome], now: datetime) -> list[StoredAggregate[Delivery]]:
        """Each event gets its place in the submission's sequence; a second dispatcher's write is a VersionMiss."""
        if not outcomes:
            return []
        told = await self._told(outcomes)
        changed = await self.deliveries.load(list({notification.submission_id for _, notification in told}))
        for outcome, notification in told:
            id = notification.submission_id
            delivery = changed.setdefault(id, StoredAggregate(id))
            before = delivery.state or Delivery()
            sent, failed = outcome.state is State.SENT, outcome.state in FAILURES
            after = Delivery(sent=before.sent + sent, failed=before.failed + failed)
            cause = Cause(notification.correlation_id, notification.event_id, notification.traceparent)
            delivery.apply(
                Decision(after, [OutgoingEvent(event_of(outcome, notification))]), self.deliveries.source, now, cause
            )
        return list(changed.values())

    async def _told(self, outcomes: Sequence[Outcome]) -> list[tuple[Outcome, Notification]]:
        """Each with what was told by it: itself, or its members."""
        members = await self.held.members_of([outcome.notification for outcome in outcomes])
        return [
            (outcome, told)
            for outcome in outcomes
            for told in (
                members.get(outcome.notification.id, ()) if outcome.notification.members else [outcome.notification]
            )
        ]


class _Lost(Exception):
    """Some of the outcomes belong to notifications that are no longer ours."""


def _claimed(outcomes: Sequence[Outcome]) -> Document:
    ids = [outcome.notification.id for outcome in outcomes]
    if outcomes[0].state is State.SENT:
        return {"_id": {"$in": ids}, "state": {"$in": [state.value for state in (*UNFINISHED, State.CANCELLED)]}}
    tokens = sorted({outcome.notification.claimed_by or "" for outcome in outcomes})
    return {"_id": {"$in": ids}, "state": State.SENDING.value, "claimed_by": {"$in": tokens}}


def _change(outcome: Outcome, now: datetime) -> Document:
    values: Document = {"state": outcome.state.value, "changed_at": now}
    forgotten: Document = {"claimed_by": 1}
    if outcome.reason is not None:
        values["reason"] = outcome.reason
    else:
        forgotten["reason"] = 1
    if outcome.state is State.SENT:
        values["sent_at"] = outcome.at or now
    if outcome.held_until is not None:
        values |= {"held_until": outcome.held_until, "held_for": outcome.reason}
        forgotten["next_at"] = 1
    elif outcome.next_at is not None:
        values["next_at"] = outcome.next_at
    else:
        forgotten |= {"next_at": 1, "params.text": 1}
    if outcome.waiting_for is not None:
        values["waiting_for"] = outcome.waiting_for
    else:
        forgotten["waiting_for"] = 1
    change: Document = {"$inc": {"attempts": int(outcome.tried)}}
    if outcome.channel is not None:
        before = outcome.notification
        earlier = EarlierAttempt(
            channel=before.channel, reason=outcome.reason, attempts=before.attempts + outcome.tried, at=now
        )
        values |= {"channel": outcome.channel, "attempts": 0}
        change = {"$push": {"earlier": earlier.model_dump(exclude_none=True)}}
    if outcome.handed is not None:
        values |= {name: value for name, value in asdict(outcome.handed).items() if value is not None}
    provider = outcome.handed.provider if outcome.handed else None
    change["$push"] = step(outcome.state, now, reason=outcome.reason, provider=provider) | change.get("$push", {})
    return {"$set": values, "$unset": forgotten, **change}


def event_of(outcome: Outcome, told: Notification) -> NotificationSent | NotificationDelivered | NotificationFailed:
    common = {
        "submission_id": told.submission_id,
        "from_state": State(outcome.notification.state).value,
        "to_state": outcome.state.value,
        "notification_id": told.id,
        "audience": told.audience,
        "channel": outcome.notification.channel,
        "template": told.template,
        "about": told.about,
    }
    if outcome.state is State.SENT:
        return NotificationSent.model_validate(common)
    if outcome.state is State.DELIVERED:
        return NotificationDelivered.model_validate(common)
    return NotificationFailed.model_validate(common | {"reason": outcome.reason or outcome.state.value})
