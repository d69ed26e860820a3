"""Stores the receipts of gateways and applies them to their notifications."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from shared.storage.aggregates import Document
from shared.storage.item_isolation import read_each

from notifier.mail_reports.receipts import SAYS_MORE, Receipt
from notifier.notifications.model import Notification, State
from notifier.notifications.store import COLLECTION, read_notification, step

WAITS = "receipt_waits"
REASON = {"mail": "bounced", "sms": "receipt"}


class Receipts:
    """A receipt may come before it is noted that the message was sent: it waits at the notification until then."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self.collection = database[COLLECTION]

    async def ensure_indexes(self) -> None:
        await self.collection.create_index(WAITS, name="receipts", partialFilterExpression={WAITS: {"$exists": True}})

    async def keep(self, channel: str, receipts: Sequence[Receipt]) -> int:
        """For how many there is such a notification. Of two receipts the one that says more is kept."""
        if not receipts:
            return 0
        kept = [
            UpdateOne({"_id": each.id, "channel": channel}, [{"$set": {WAITS: _saying_more(each.said)}}])
            for each in receipts
        ]
        return (await self.collection.bulk_write(kept, ordered=False)).matched_count

    async def waiting(self, limit: int) -> Sequence[tuple[Notification, State]]:
        """Receipts that can be applied now, because their message is recorded as sent, failed or cancelled."""
        states = [state.value for state in (*SAYS_MORE, State.CANCELLED)]
        ready = {WAITS: {"$exists": True}, "state": {"$in": states}}
        found = await self.collection.find(ready, hint="receipts").limit(limit).to_list()
        return read_each("receipts", found, lambda document: (read_notification(document), State(document[WAITS])))

    async def forget(self, notification: Notification, said: State) -> None:
        """This one changes nothing."""
        await self.collection.update_one({"_id": notification.id, WAITS: said.value}, {"$unset": {WAITS: 1}})


def _saying_more(said: State) -> Document:
    """This one, where less or nothing waits; otherwise what waits."""
    less = [state.value for state, rank in SAYS_MORE.items() if rank < SAYS_MORE[said]]
    has_none = {"$eq": [{"$type": f"${WAITS}"}, "missing"]}
    return {"$cond": [{"$or": [has_none, {"$in": [f"${WAITS}", less]}]}, said.value, f"${WAITS}"]}


def applied(notification: Notification, said: State, after: State, now: datetime) -> tuple[Document, Document]:
    """Filter and update: only while nothing else has changed it since."""
    unchanged: Document = {"_id": notification.id, "state": State(notification.state).value, WAITS: said.value}
    change: Document = {
        "$set": {"state": after.value, "changed_at": now},
        "$unset": {WAITS: 1, "next_at": 1, "claimed_by": 1, "params.text": 1},
    }
    reason = None if after is State.DELIVERED else REASON[notification.channel]
    change["$push"] = step(after, now, reason=reason, provider=notification.provider)
    if reason is not None:
        change["$set"]["reason"] = reason
    else:
        change["$unset"]["reason"] = 1
    return unchanged, change
