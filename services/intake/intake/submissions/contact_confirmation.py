"""Whether a submission's mail address and phone number are confirmed as its author's."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

MOST_AGAIN = 2
"""Repeated confirmation messages; with the first, a stranger whose address was typed gets at most three."""
BETWEEN = timedelta(minutes=15)
"""Messages may be delayed, so none is repeated earlier."""


class Address(StrEnum):
    MAIL = "mail"
    NUMBER = "number"


class Confirmation(StrEnum):
    """The state of the mail address, or of the phone number where there is no mail address.

    None where nothing is to be confirmed: no contact, an import, or confirmations turned off.
    """

    AWAITED = "awaited"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


def repeatable_from(received_at: datetime, again: Sequence[datetime]) -> datetime | None:
    """The time from which the message may be repeated; None where the limit is reached."""
    return max((received_at, *again)) + BETWEEN if len(again) < MOST_AGAIN else None
