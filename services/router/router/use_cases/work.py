"""What officials do with an assignment, one function per command. Raises NotPossible where the table says no."""

from datetime import datetime
from typing import Any, Literal

from shared.aggregates import Decision
from shared.events.assignments import (
    AppealDecided,
    AssignmentAcknowledged,
    InformationRequested,
    SubmissionAnswered,
    SubmissionDeclined,
    SubmissionTransferred,
)
from shared.events.envelope import Draft

from router.domain.assignment import Assignment, Decided, Question, Suggested
from router.domain.country import Category
from router.domain.life import Move
from router.metrics import ASSIGNMENTS, SUGGESTIONS_TAKEN
from router.use_cases.assign import assigned


def triage(
    id: str,
    before: Assignment,
    entity: str,
    category: Category | None,
    reason: str,
    official: str,
    version: int,
    now: datetime,
) -> Decision[Assignment]:
    """A person at the central office names the entity, and the category where the citizen's is wrong or missing."""
    after = (
        before.moved(Move.TRIAGE, "SubmissionAssigned", official, now, reason, entity)
        .given_to(entity, now)
        .changed(
            category=category.id if category else before.category,
            priority=category.priority if category else before.priority,
            decided=Decided(by="person", reason=reason, directory_version=version),
        )
    )
    ASSIGNMENTS.labels("person").inc()
    if before.suggested is not None:
        SUGGESTIONS_TAKEN.labels(_which_was_taken(before.suggested, entity, category)).inc()
    return Decision(after, [assigned(id, before.state, after, now, official)])


def _which_was_taken(suggested: Suggested, entity: str, category: Category | None) -> str:
    """Where no category is named, the first suggestion of the entity."""
    for place, suggestion in zip(("first", "second", "third"), suggested.items, strict=False):
        if suggestion.category == category.id if category is not None else suggestion.entity == entity:
            return place
    return "none"


def acknowledge(id: str, before: Assignment, official: str, now: datetime) -> Decision[Assignment]:
    after = before.moved(Move.ACKNOWLEDGE, "AssignmentAcknowledged", official, now)
    return Decision(after, [Draft(AssignmentAcknowledged(**_facts(id, before, after, official)))])


def ask(id: str, before: Assignment, question_id: str, text: str, official: str, now: datetime) -> Decision[Assignment]:
    """The clock pauses until the citizen answers this question, or the policy's patience ends."""
    after = before.moved(Move.ASK, "InformationRequested", official, now, text).changed(
        question=Question(id=question_id, text=text, asked_at=now)
    )
    event = InformationRequested(**_facts(id, before, after, official), question_id=question_id, text=text)
    return Decision(after, [Draft(event)])


def answer(
    id: str, before: Assignment, text: str, reason_code: str, official: str, now: datetime
) -> Decision[Assignment]:
    after = before.moved(Move.ANSWER, "SubmissionAnswered", official, now, text, code=reason_code).changed(
        answered_at=now
    )
    event = SubmissionAnswered(**_facts(id, before, after, official), text=text, reason_code=reason_code)
    return Decision(after, [Draft(event)])


def decline(
    id: str, before: Assignment, text: str, reason_code: str, official: str, now: datetime
) -> Decision[Assignment]:
    after = before.moved(Move.DECLINE, "SubmissionDeclined", official, now, text, code=reason_code)
    event = SubmissionDeclined(**_facts(id, before, after, official), text=text, reason_code=reason_code)
    return Decision(after, [Draft(event)])


def note(before: Assignment, text: str, official: str, now: datetime) -> Decision[Assignment]:
    """Told to nobody: only the desk shows it."""
    return Decision(before.moved(Move.NOTE, "NoteWritten", official, now, text))


def transfer(
    id: str, before: Assignment, entity: str, reason: str, official: str, version: int, now: datetime
) -> Decision[Assignment]:
    """This custodian's part ends and the next one's begins: two events of one write."""
    passed = before.moved(Move.TRANSFER, "SubmissionTransferred", official, now, reason, entity)
    after = (
        passed.moved(Move.ASSIGN, "SubmissionAssigned", official, now, reason, entity)
        .given_to(entity, now)
        .changed(decided=Decided(by="person", reason=reason, directory_version=version))
    )
    ASSIGNMENTS.labels("person").inc()
    transferred = SubmissionTransferred(
        submission_id=id,
        from_state=before.state,
        to_state=passed.state,
        from_entity=str(before.entity),
        entity=entity,
        reason=reason,
        official=official,
    )
    return Decision(after, [Draft(transferred), assigned(id, passed.state, after, now, official)])


def decide_appeal(
    id: str, before: Assignment, decision: Literal["upheld", "dismissed"], text: str, official: str, now: datetime
) -> Decision[Assignment]:
    """Upheld, the entity that answered has it again; dismissed, it is closed for good."""
    move = Move.UPHOLD if decision == "upheld" else Move.DISMISS
    after = before.moved(move, "AppealDecided", official, now, text)
    if decision == "upheld":
        after = after.given_to(str(before.entity), now)
    event = AppealDecided(**_facts(id, before, after, official), decision=decision, text=text)
    return Decision(after, [Draft(event)])


def _facts(id: str, before: Assignment, after: Assignment, official: str) -> dict[str, Any]:
    return {
        "submission_id": id,
        "from_state": before.state,
        "to_state": after.state,
        "entity": after.entity,
        "official": official,
    }
