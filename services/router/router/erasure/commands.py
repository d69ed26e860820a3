"""A person is erased: the assignment loses all words, whatever comes before or after."""

from dataclasses import replace
from datetime import datetime

from shared.privacy.erasures import erasure_record
from shared.storage.aggregates import Decision

from router.cases.erased import without_words
from router.cases.model import Assignment
from router.sub_cases.decisions import id_of


def erase(id: str, before: Assignment, now: datetime) -> Decision[Assignment]:
    """A fact that comes before its submission leaves a shell that will never hold a word. Its parts follow."""
    after = without_words(before)
    if before.sub_cases:
        after = after.changed(tells_sub_cases=True)
    parts = (id_of(id, number) for number in range(1, before.sub_cases + 1))
    records = [erasure_record(each, now) for each in (id, *parts)]
    return Decision(after, records=records, forgets=True)


def stays_erased(decision: Decision[Assignment]) -> Decision[Assignment]:
    """Later facts and commands move an erased assignment as any other, and bring no words back."""
    return replace(decision, state=without_words(decision.state)) if decision.state.erased else decision
