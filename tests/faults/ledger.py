"""The ledger: what was asked, and what the system has acknowledged. All checks measure the system against it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Document = dict[str, Any]


class Fate(StrEnum):
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNRESOLVED = "unresolved"
    """The run ended before an answer came: its effect may be there once, or not."""


@dataclass
class LedgerEntry:
    """One request under one Idempotency-Key, with all its repetitions.

    `mark` is a text of its own in the body, by which its effect is found again; a bare acknowledgement has none.
    """

    key: str
    action: str
    submission: str
    mark: str | None
    fate: Fate = Fate.UNRESOLVED
    attempts: int = 0
    unanswered: int = 0
    """Attempts without an answer, or with one that leaves it open: these may have been carried out."""
    statuses: list[int] = field(default_factory=list)
    answer: Document = field(default_factory=dict)
    other_answers: list[Document] = field(default_factory=list)
    """Different answers to the same key."""

    @property
    def may_have_happened(self) -> bool:
        return self.fate is Fate.UNRESOLVED or (self.fate is Fate.REFUSED and self.unanswered > 0)


@dataclass
class Filed(LedgerEntry):
    """A submission. `submission` is its id once that is known; `author` is the signed-in subject, if any."""

    email: str | None = None
    author: str | None = None

    @property
    def reference(self) -> str:
        return str(self.answer.get("reference", ""))

    @property
    def secret(self) -> str:
        return str(self.answer.get("secret", ""))


@dataclass
class Uploaded(LedgerEntry):
    """Files that were sent to a submission. `pictures` tells each by what can be seen in it, in the order sent."""

    pictures: list[str] = field(default_factory=list)

    @property
    def items(self) -> list[Document]:
        """Acknowledged files: id and size."""
        return list(self.answer.get("items", ())) if self.fate is Fate.ACKNOWLEDGED else []


@dataclass
class Ledger:
    """`turned_away`: how many did not come, as too many stories were under way."""

    filed: list[Filed] = field(default_factory=list)
    commands: list[LedgerEntry] = field(default_factory=list)
    turned_away: int = 0

    @property
    def uploads(self) -> "list[Uploaded]":
        return [asked for asked in self.commands if isinstance(asked, Uploaded)]

    @property
    def acknowledged(self) -> int:
        return self._count(self.filed, Fate.ACKNOWLEDGED)

    @property
    def acknowledged_commands(self) -> int:
        return self._count(self.commands, Fate.ACKNOWLEDGED)

    @staticmethod
    def _count(asked: "list[Filed] | list[LedgerEntry]", fate: Fate) -> int:
        return sum(each.fate is fate for each in asked)
