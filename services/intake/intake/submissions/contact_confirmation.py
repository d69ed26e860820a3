"""Whether the mail address and the phone number that were given with a submission are known to be its author's."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

MOST_AGAIN = 2
"""Messages that ask once more: a stranger whose address was typed gets three in all, if somebody keeps pressing."""
BETWEEN = timedelta(minutes=15)
"""A message may take its time; until then nothing is sent again."""


class Address(StrEnum):
    MAIL = "mail"
    NUMBER = "number"


class Confirmation(StrEnum):
    """Of the mail address, or of the number where there is no other.

    Absent (None) where there is nothing to confirm: neither of them, an import, or a setting that asks for none.
    """

    AWAITED = "awaited"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


def again_from(received_at: datetime, again: Sequence[datetime]) -> datetime | None:
    """When the mail may be sent once more; None: it was sent often enough."""
    return max((received_at, *again)) + BETWEEN if len(again) < MOST_AGAIN else None
