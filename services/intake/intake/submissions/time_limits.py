"""Time limits a citizen and the government have with each other."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Limits:
    close_after: timedelta = timedelta(days=14)
    reopen_within: timedelta = timedelta(days=30)
    reopenings: int = 1
    """How often; after that the way is an appeal."""

    appeal_within: timedelta = timedelta(days=30)
    """After the answer to what was reopened; once."""

    additions: int = 50
    """To one submission; each is stored with all before it and told to the officials."""

    attachments: int = 5
    """Files of one submission."""

    official_files: int = 20
    """Files that officials put to one submission."""
