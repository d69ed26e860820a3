"""Ways to reach a person outside: one file each, behind one small protocol.

The in-app inbox is none of them: what stands in it is delivered when it is planned.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from notifier.notifications.outcomes import Handover


@dataclass(frozen=True, slots=True)
class Message:
    """Ready to be handed over: a mail with all its parts, an SMS with its `text` alone.

    `id` is stable: the same telling handed over twice can be recognised by it.
    """

    id: str
    thread: str
    address: str
    name: str | None
    language: str
    subject: str
    text: str
    html: str
    created_at: datetime
    unsubscribe: str | None = None
    """Where a reader stops such messages with one click; absent where there is nothing to stop."""
    otherwise: bool = False
    """Whether another channel reaches the recipient, where this address turns out to be dead."""


class RetryLater(Exception):
    """This message was not taken now; it may be later. The attempt counts."""


class GiveUp(Exception):
    """This message will never be taken; `is_dead`: none to this address will."""

    def __init__(self, why: str, is_dead: bool = False) -> None:
        super().__init__(why)
        self.is_dead = is_dead


class Unavailable(Exception):
    """Nothing can be handed over now, whatever it is: no attempt of this message."""


class NotTried(Exception):
    """This message was not tried, as its own provider is left alone or takes no more; others may go. No attempt."""

    def __init__(self, why: str, seconds: float) -> None:
        """`seconds`: until it is worth a try."""
        super().__init__(why)
        self.seconds = seconds


class Channel(Protocol):
    name: str
    at_once: int
    """How many messages may be on their way together."""

    async def send(self, message: Message) -> Handover:
        """Returns when the other side has taken the message. Raises RetryLater, GiveUp, NotNow or Unavailable."""

    async def close(self) -> None: ...
