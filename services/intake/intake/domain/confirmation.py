"""Whether the mail address that was given with a submission is known to be its author's."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

MOST_AGAIN = 2
"""Mails that ask once more: a stranger whose address was typed gets three in all, if somebody keeps pressing."""
BETWEEN = timedelta(minutes=15)
"""Mail may take its time; until then nothing is sent again."""


class Confirmation(StrEnum):
    """Absent (None) where there is nothing to confirm: no mail address, an import, or a setting that asks for none."""

    AWAITED = "awaited"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


def again_from(received_at: datetime, again: Sequence[datetime]) -> datetime | None:
    """When the mail may be sent once more; None: it was sent often enough."""
    return max((received_at, *again)) + BETWEEN if len(again) < MOST_AGAIN else None
