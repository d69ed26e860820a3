"""Who gets no more mail, and why. Pure."""

from collections.abc import Mapping
from enum import StrEnum


class Suppressed(StrEnum):
    """Why nothing goes to an address any more; also the reason of what is cancelled because of it."""

    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


STRENGTH: Mapping[Suppressed, int] = {Suppressed.UNSUBSCRIBED: 0, Suppressed.BOUNCED: 1, Suppressed.COMPLAINED: 2}
"""Of two reasons the stronger one counts."""


def is_stopped(why: Suppressed | None, is_to_author: bool, mandatory: bool) -> bool:
    """Unsubscribing stops what is told for the reader's sake: neither what has consequences where nobody reads it, nor
    what an office has to know. An address that is dead, or whose owner called it spam, gets nothing at all."""
    if why is Suppressed.UNSUBSCRIBED:
        return is_to_author and not mandatory
    return why is not None
