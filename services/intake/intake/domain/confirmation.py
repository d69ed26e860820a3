"""Whether the mail address that was given with a submission is known to be its author's."""

from enum import StrEnum


class Confirmation(StrEnum):
    """Absent (None) where there is nothing to confirm: no mail address, an import, or a setting that asks for none."""

    AWAITED = "awaited"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
