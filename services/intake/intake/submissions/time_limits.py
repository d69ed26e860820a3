"""Time limits and quotas for citizens and officials."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Limits:
    close_after: timedelta = timedelta(days=14)
    reopen_within: timedelta = timedelta(days=30)
    reopenings: int = 1
    """Reopenings of one submission; after that an appeal is possible."""

    appeal_within: timedelta = timedelta(days=30)
    """The period for an appeal after the second answer; one appeal is possible."""

    additions: int = 50
    """Additions to one submission, as each is stored with all earlier ones and sent to officials."""

    attachments: int = 5
    """Citizens' files of one submission."""

    official_files: int = 20
    """Officials' files of one submission."""
