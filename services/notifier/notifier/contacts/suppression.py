"""Which addresses are dead or called our mail unwanted. What their owners chose is preferences. Pure."""

from collections.abc import Mapping
from enum import StrEnum


class Suppressed(StrEnum):
    """Why nothing at all goes to an address any more; also the reason of what is cancelled because of it."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"


STRENGTH: Mapping[Suppressed, int] = {Suppressed.BOUNCED: 0, Suppressed.COMPLAINED: 1}
"""The strength of the reasons: the stronger of two counts."""
