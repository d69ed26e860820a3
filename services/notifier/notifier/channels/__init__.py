"""Ways to reach a person outside: one file each, behind one small protocol.

The in-app inbox is none of them: what stands in it is delivered when it is planned.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """Ready to be handed over. `id` is stable: the same telling handed over twice can be recognised by it."""

    id: str
    thread: str
    address: str
    name: str | None
    language: str
    subject: str
    text: str
    html: str
    created_at: datetime


class RetryLater(Exception):
    """This message was not taken now; it may be later. The attempt counts."""


class GiveUp(Exception):
    """This message will never be taken."""


class Unavailable(Exception):
    """Nothing can be handed over now, whatever it is: no attempt of this message."""


class Channel(Protocol):
    name: str
    at_once: int
    """How many messages may be on their way together."""

    async def send(self, message: Message) -> None:
        """Returns when the other side has taken the message. Raises RetryLater, GiveUp or Unavailable."""

    async def close(self) -> None: ...
