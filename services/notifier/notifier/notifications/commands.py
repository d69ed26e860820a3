"""The central office and administrators send a message again, or keep one from being sent."""

from collections.abc import Callable
from datetime import datetime
from uuid import NAMESPACE_URL, uuid4, uuid5

from shared.events.model import Role
from shared.http.auth import Caller
from shared.http.commands import CommandKey
from shared.privacy.audit import RequestAudit
from shared.storage.aggregates import Document

from notifier import metrics
from notifier.notifications.model import ERASED, Notification, State
from notifier.notifications.monitor_store import Monitor
from notifier.planning.commands import TOLD_TEXT

BY_THE_OFFICE = "by the central office"
FINAL = frozenset({State.SENT, State.DELIVERED, State.PERMANENT_FAILURE, State.TECHNICAL_FAILURE, State.CANCELLED})
"""The states after which the system does nothing more. A temporary failure without a next attempt is final, too."""


class DeliveryNotFound(Exception):
    pass


class NotPossible(Exception):
    """The message is not in a state that allows this, or its content was erased."""


class DeliveryCommands:
    def __init__(self, monitor: Monitor, clock: Callable[[], datetime]) -> None:
        self.monitor = monitor
        self.clock = clock

    async def find(self, id: str) -> Notification:
        """Raises DeliveryNotFound."""
        notification = await self.monitor.one(id)
        if notification is None:
            raise DeliveryNotFound(id)
        return notification

    async def resend(
        self, id: str, caller: Caller, why: str, key: CommandKey | None, audit: RequestAudit
    ) -> Notification:
        """Plan a new notification with a Message-ID of its own, because mail servers drop duplicates.

        Whatever stops a mail (erasure, a dead address, an unsubscription) stops this one as well.
        Raises DeliveryNotFound, NotPossible.
        """
        original, now = await self._find_and_audit(id, caller, "resend", why, audit), self.clock()

        async def _resend() -> Document:
            if not can_be_resent(original):
                raise NotPossible(original.state)
            copy = await self._copy(original, key, now)
            if not await self.monitor.resend(original, copy, caller.subject, why, key, now):
                raise NotPossible(original.state)
            return {"id": copy.id}

        return await self._result("resend", await self.monitor.answers.once(key, _resend))

    async def cancel(
        self, id: str, caller: Caller, why: str, key: CommandKey | None, audit: RequestAudit
    ) -> Notification:
        """Raises DeliveryNotFound, and NotPossible once the message is being handed over."""
        original, now = await self._find_and_audit(id, caller, "cancel", why, audit), self.clock()

        async def _cancel() -> Document:
            is_possible = is_waiting(original)
            if not is_possible or not await self.monitor.cancel(id, BY_THE_OFFICE, caller.subject, why, key, now):
                raise NotPossible(original.state)
            return {"id": id}

        return await self._result("cancel", await self.monitor.answers.once(key, _cancel))

    async def _find_and_audit(
        self, id: str, caller: Caller, action: str, why: str, audit: RequestAudit
    ) -> Notification:
        """Audit before acting: the trail may then name a command that failed, but misses none that was carried out."""
        original = await self.find(id)
        right = "central" if caller.has(Role.CENTRAL) else "administrator"
        await audit.record(caller, action, "notification", [id], f"{right}: {why}")
        return original

    async def _result(self, action: str, answer: Document) -> Notification:
        found = await self.monitor.one(answer["id"])
        if found is None:
            raise NotPossible("it was erased")
        metrics.INTERVENTIONS.labels(action).inc()
        return found

    async def _copy(self, original: Notification, key: CommandKey | None, now: datetime) -> Notification:
        params = dict(original.params)
        has_text = original.about in TOLD_TEXT and original.audience != "follower" and original.channel != "push"
        if has_text and "text" not in params:
            text = await self.monitor.text_told(original)
            if text is None:
                raise NotPossible("its text was erased")
            params["text"] = text
        id = str(uuid5(NAMESPACE_URL, f"tawasul:again:{original.id}:{key.key if key else uuid4()}"))
        return original.planned_again(id, now, params=params, resend_of=original.id)


def can_be_resent(notification: Notification) -> bool:
    """Whether the system is done with it and its recipient was not erased.

    A message that combined several cannot be resent as a whole: each of its members can.
    """
    if notification.members or ERASED in (notification.reason, notification.recipient):
        return False
    state = State(notification.state)
    return state in FINAL or (state is State.TEMPORARY_FAILURE and notification.next_at is None)


def is_waiting(notification: Notification) -> bool:
    """Whether it can still be cancelled. Members of a combined message are cancelled one by one, until it is sent."""
    if notification.members:
        return False
    waits = (State.CREATED, State.WITHHELD, State.TEMPORARY_FAILURE)
    state = State(notification.state)
    return state is State.HELD or (state in waits and notification.next_at is not None)
