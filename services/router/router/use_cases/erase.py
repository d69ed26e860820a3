"""A person is erased: the assignment loses all words, whatever comes before or after."""

from dataclasses import replace
from datetime import datetime

from shared.aggregates import Decision
from shared.erasures import erasure_record

from router.domain.assignment import Assignment


def erase(id: str, before: Assignment, now: datetime) -> Decision[Assignment]:
    """A fact that comes before its submission leaves a shell that will never hold a word."""
    return Decision(before.without_words(), records=[erasure_record(id, now)])


def stays_erased(decision: Decision[Assignment]) -> Decision[Assignment]:
    """Later facts and commands move an erased assignment as any other, and bring no words back."""
    return replace(decision, state=decision.state.without_words()) if decision.state.erased else decision
