"""The central office sends a message again, or keeps one from going out."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid4, uuid5

from shared.http.commands import CommandKey
from shared.storage.aggregates import Document

from notifier.notifications.model import ERASED, Notification, State
from notifier.notifications.monitor_store import Monitor
from notifier.planning.commands import TOLD_TEXT

BY_THE_OFFICE = "by the central office"
AGAIN = frozenset({State.SENT, State.DELIVERED, State.PERMANENT_FAILURE, State.TECHNICAL_FAILURE, State.CANCELLED})
"""What nothing more happens to by itself. A temporary failure without a next attempt is one, too."""


class NotPossible(Exception):
    """Not in this state: it is on its way, or what it told is gone."""


class DeliveryCommands:
    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor

    async def resend(
        self, original: Notification, by: str, why: str, key: CommandKey | None, now: datetime
    ) -> Notification:
        """A new notification with a Message-ID of its own: mail servers drop what they have seen. Everything that
        stops a mail (erasure, a dead address, who unsubscribed) stops it as well. Raises NotPossible."""

        async def _resend() -> Document:
            if not can_be_resent(original):
                raise NotPossible(original.state)
            copy = await self._copy(original, key, now)
            if not await self.monitor.resend(original, copy, by, why, key, now):
                raise NotPossible(original.state)
            return {"id": copy.id}

        return await self._there(await self.monitor.answers.once(key, _resend))

    async def cancel(
        self, original: Notification, by: str, why: str, key: CommandKey | None, now: datetime
    ) -> Notification:
        """Raises NotPossible for what is being handed over, or has been."""

        async def _cancel() -> Document:
            if not is_waiting(original) or not await self.monitor.cancel(original.id, BY_THE_OFFICE, by, why, key, now):
                raise NotPossible(original.state)
            return {"id": original.id}

        return await self._there(await self.monitor.answers.once(key, _cancel))

    async def _copy(self, original: Notification, key: CommandKey | None, now: datetime) -> Notification:
        params = dict(original.params)
        has_text = original.about in TOLD_TEXT and original.audience != "follower" and original.channel != "push"
        if has_text and "text" not in params:
            text = await self.monitor.text_told(original)
            if text is None:
                raise NotPossible("its text is forgotten")
            params["text"] = text
        id = str(uuid5(NAMESPACE_URL, f"tawasul:again:{original.id}:{key.key if key else uuid4()}"))
        return original.planned_again(id, now, params=params, resend_of=original.id)

    async def _there(self, answer: Document) -> Notification:
        found = await self.monitor.one(answer["id"])
        if found is None:
            raise NotPossible("it is forgotten")
        return found


def can_be_resent(notification: Notification) -> bool:
    """Where nothing more happens to it by itself, and its recipient was not erased.

    Not of one that told several things together: each of them can be sent again.
    """
    if notification.members or ERASED in (notification.reason, notification.recipient):
        return False
    state = State(notification.state)
    return state in AGAIN or (state is State.TEMPORARY_FAILURE and notification.next_at is None)


def is_waiting(notification: Notification) -> bool:
    """Still to be kept from going out. Of several things that are told together each is, until they go."""
    if notification.members:
        return False
    waits = (State.CREATED, State.WITHHELD, State.TEMPORARY_FAILURE)
    state = State(notification.state)
    return state is State.HELD or (state in waits and notification.next_at is not None)
