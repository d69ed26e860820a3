"""Refusals of commands and queries. `http/problems.py` gives each a status and a text in both languages."""


class Refusal(Exception):
    """Nothing was done or shown."""


class NotAllowed(Refusal):
    """The caller lacks a right. `reason` is one of the fixed words that the metric of refusals counts by."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotFound(Refusal):
    """It does not exist, or it is confidential and does not exist for this caller."""


class TryAgain(Refusal):
    """This process does not know the newest rulebook yet, and will within seconds."""


class VersionDiffers(Refusal):
    """The caller has seen an older version than the one that is stored."""


class ChangedMeanwhile(Refusal):
    """Somebody else changed it at the same time."""
