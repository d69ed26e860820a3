"""A gateway's receipt for a message. Pure.

Receipts come twice, late and in any order. The receipt that reports more progress counts, whichever comes first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from notifier.notifications.model import State

ReceiptState = Literal["sent", "delivered", "temporary-failure", "permanent-failure", "technical-failure"]
"""As GOV.UK Notify names them: a temporary failure is a phone that was off for too long, and final."""

SAYS_MORE: Mapping[State, int] = {
    State.SENT: 0,
    State.TEMPORARY_FAILURE: 1,
    State.TECHNICAL_FAILURE: 2,
    State.PERMANENT_FAILURE: 3,
    State.DELIVERED: 4,  # a phone that has it has it, whatever was said before
}


@dataclass(frozen=True)
class Receipt:
    """About which of our messages, by its own id, and what it says."""

    id: str
    said: State


def after_receipt(now: State, said: State) -> State | None:
    """The state of a message that a gateway has taken, after a receipt; None where it changes nothing."""
    return said if now in SAYS_MORE and SAYS_MORE[said] > SAYS_MORE[now] else None


def of_two(one: State | None, other: State) -> State:
    return other if one is None or SAYS_MORE[other] > SAYS_MORE[one] else one
