"""Records the outcome of every row in the order of the file, however the answers arrive.

So at any moment everything up to one row is decided and counted, and nothing after it: that row's number and these
counts are all that a resumed run needs.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel

from tawasul.importing.rows import Row


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    REPEATED = "repeated"
    REJECTED = "rejected"
    FAILED = "failed"
    """For a technical reason; the same row may be accepted another time."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is `kind of fault: particulars`, for rejected and failed rows."""

    outcome: Outcome
    reason: str = ""
    repeats_line: int | None = None
    """The line of this file that it repeats."""


ACCEPTED = Verdict(Outcome.ACCEPTED)

EXAMPLES_KEPT = 5


class Sums(BaseModel):
    """Counts of all rows up to one."""

    rows: int = 0
    accepted: int = 0
    repeated: int = 0
    rejected: int = 0
    failed: int = 0
    repeated_in_file: int = 0
    examples_in_file: list[tuple[int, int]] = []
    """Lines that repeat another line of the file, and that line."""
    reasons: dict[str, int] = {}

    @property
    def balance(self) -> bool:
        """Every row has one outcome."""
        return self.rows == self.accepted + self.repeated + self.rejected + self.failed


class Rejects(Protocol):
    def write(self, row: Row, reason: str) -> None: ...


class Ledger:
    def __init__(self, sums: Sums, rejects: Rejects) -> None:
        self.sums = sums
        self.moved = asyncio.Event()
        """Set whenever another row is entered; whoever waits clears it."""
        self._rejects = rejects
        self._reasons = Counter(sums.reasons)
        self._early: dict[int, tuple[Row, Verdict]] = {}

    def settle(self, row: Row, verdict: Verdict) -> None:
        self._early[row.number] = (row, verdict)
        while (next_ := self._early.pop(self.sums.rows + 1, None)) is not None:
            self._enter(*next_)
            self.moved.set()

    def _enter(self, row: Row, verdict: Verdict) -> None:
        sums = self.sums
        if verdict.reason:
            self._rejects.write(row, verdict.reason)  # first: what cannot be written must not be counted
            self._reasons[verdict.reason.partition(":")[0]] += 1
            sums.reasons = dict(self._reasons.most_common())
        if verdict.repeats_line is not None:
            sums.repeated_in_file += 1
            if len(sums.examples_in_file) < EXAMPLES_KEPT:
                sums.examples_in_file.append((row.line, verdict.repeats_line))
        setattr(sums, verdict.outcome, getattr(sums, verdict.outcome) + 1)
        sums.rows += 1
