"""Decide what a command makes of a case: a function for each. Raises NotPossible where the table of moves says no."""

from datetime import datetime
from typing import Any, Literal

from shared.events.assignments import (
    AppealDecided,
    AssignmentAcknowledged,
    ConfidentialityChanged,
    Evidence,
    InformationRequested,
    InterimReplyGiven,
    OfficialsMentioned,
    PriorityChanged,
    SubmissionAnswered,
    SubmissionDeclined,
    SubmissionRecategorised,
    SubmissionTransferred,
    TriageRequested,
)
from shared.events.envelope import OutgoingEvent
from shared.events.model import Priority
from shared.storage.aggregates import Decision

from router.assigning.commands import assigned
from router.cases.life import Move, State
from router.cases.model import Assignment, Decided, Proposed, Question, Suggested
from router.directory.model import Category
from router.metrics import ASSIGNMENTS, SUGGESTIONS_TAKEN


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
    return Decision(after, [OutgoingEvent(AssignmentAcknowledged(**facts(id, before, after, official)))])


def ask(id: str, before: Assignment, question_id: str, text: str, official: str, now: datetime) -> Decision[Assignment]:
    """The clock pauses until the citizen answers this question, or the policy's patience ends."""
    after = before.moved(Move.ASK, "InformationRequested", official, now, text).changed(
        question=Question(id=question_id, text=text, asked_at=now)
    )
    event = InformationRequested(**facts(id, before, after, official), question_id=question_id, text=text)
    return Decision(after, [OutgoingEvent(event)])


def answer(
    id: str,
    before: Assignment,
    text: str,
    reason_code: str,
    official: str,
    now: datetime,
    evidence: tuple[Evidence, ...] = (),
) -> Decision[Assignment]:
    said = Proposed(text=text, reason_code=reason_code, official=official, at=now, evidence=evidence)
    return answered(id, before, Move.ANSWER, said, official, now)


def answered(
    id: str,
    before: Assignment,
    move: Move,
    said: Proposed,
    official: str,
    now: datetime,
    approved_by: str | None = None,
) -> Decision[Assignment]:
    """The author reads what somebody wrote; `official` lets it go out."""
    files = tuple(each.id for each in said.evidence)
    after = before.moved(move, "SubmissionAnswered", official, now, said.text, code=said.reason_code, files=files)
    after = after.changed(answered_at=now)
    event = SubmissionAnswered(
        **facts(id, before, after, said.official),
        text=said.text,
        reason_code=said.reason_code,
        approved_by=approved_by,
        evidence=said.evidence,
    )
    return Decision(after, [OutgoingEvent(event)])


def decline(
    id: str, before: Assignment, text: str, reason_code: str, official: str, now: datetime
) -> Decision[Assignment]:
    after = before.moved(Move.DECLINE, "SubmissionDeclined", official, now, text, code=reason_code)
    event = SubmissionDeclined(**facts(id, before, after, official), text=text, reason_code=reason_code)
    return Decision(after, [OutgoingEvent(event)])


def interim_reply(
    id: str, before: Assignment, text: str, expected_at: datetime, official: str, now: datetime
) -> Decision[Assignment]:
    """Not the answer yet: what is being done, and by when its author may expect it."""
    after = before.moved(Move.INTERIM, "InterimReplyGiven", official, now, text, until=expected_at).changed(
        expected_at=expected_at
    )
    return Decision(
        after,
        [OutgoingEvent(InterimReplyGiven(**facts(id, before, after, official), text=text, expected_at=expected_at))],
    )


def interim_replies(assignment: Assignment) -> int:
    """How many the entity that has it now has given."""
    since = assignment.custodians[-1].since if assignment.custodians else None
    given = (entry for entry in assignment.history if entry.what == "InterimReplyGiven")
    own = (entry for entry in given if entry.from_state is not State.MERGED)  # then it was another's reply, told on
    return sum(since is None or entry.at >= since for entry in own)


def recategorise(
    id: str, before: Assignment, category: Category, reason: str, official: str, now: datetime
) -> Decision[Assignment]:
    """The category was wrong; whoever has it keeps it."""
    after = before.moved(Move.RECATEGORISE, "SubmissionRecategorised", official, now, reason, code=category.id).changed(
        category=category.id
    )
    event = SubmissionRecategorised(
        **facts(id, before, after, official), from_category=before.category, category=category.id
    )
    return Decision(after, [OutgoingEvent(event)])


def prioritise(
    id: str, before: Assignment, priority: Priority, reason: str, official: str, now: datetime
) -> Decision[Assignment]:
    after = before.moved(Move.PRIORITISE, "PriorityChanged", official, now, reason, code=priority.value).changed(
        priority=priority
    )
    event = PriorityChanged(**facts(id, before, after, official), from_priority=before.priority, priority=priority)
    return Decision(after, [OutgoingEvent(event)])


def note(
    id: str,
    before: Assignment,
    text: str,
    mentions: tuple[str, ...],
    official: str,
    now: datetime,
    files: tuple[str, ...] = (),
) -> Decision[Assignment]:
    """Only the desk shows it; the officials whom it mentions are told that it is there."""
    after = before.moved(Move.NOTE, "NoteWritten", official, now, text, mentions=mentions, files=files)
    told = tuple(each for each in mentions if each != official)
    event = OfficialsMentioned(**facts(id, before, after, official), officials=told)
    return Decision(after, [OutgoingEvent(event)] if told else [])


def confide(
    id: str, before: Assignment, officials: tuple[str, ...], reason: str, official: str, now: datetime
) -> Decision[Assignment]:
    """To these alone, and to who says so; to nobody named: to everybody of the entity again."""
    named = tuple(dict.fromkeys([*officials, official])) if officials else None
    after = before.moved(Move.CONFIDE, "ConfidentialityChanged", official, now, reason, mentions=named or ()).changed(
        named=named
    )
    event = ConfidentialityChanged(**facts(id, before, after, official), officials=named or ())
    return Decision(after, [OutgoingEvent(event)])


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
    return Decision(after, [OutgoingEvent(transferred), assigned(id, passed.state, after, now, official)])


MOST_TRANSFERS = 2
"""Between entities; who would transfer it once more gives it to the central office, which decides whose it is."""


def give_up(
    id: str, before: Assignment, central: str, wished: str, reason: str, official: str, version: int, now: datetime
) -> Decision[Assignment]:
    """In place of a third transfer: a person at the central office places it. `wished`: where it was to go."""
    after = (
        before.moved(Move.GIVE_UP, "TriageRequested", official, now, reason, wished)
        .given_to(central, now)
        .changed(decided=Decided(by="person", reason=reason, directory_version=version))
    )
    ASSIGNMENTS.labels("triage").inc()
    event = TriageRequested(
        submission_id=id, from_state=before.state, to_state=after.state, entity=central, reason=reason
    )
    return Decision(after, [OutgoingEvent(event)])


def decide_appeal(
    id: str, before: Assignment, decision: Literal["upheld", "dismissed"], text: str, official: str, now: datetime
) -> Decision[Assignment]:
    """Upheld, the entity that answered has it again; dismissed, it is closed for good."""
    move = Move.UPHOLD if decision == "upheld" else Move.DISMISS
    after = before.moved(move, "AppealDecided", official, now, text)
    if decision == "upheld":
        after = after.given_to(str(before.entity), now)
    event = AppealDecided(**facts(id, before, after, official), decision=decision, text=text)
    return Decision(after, [OutgoingEvent(event)])


def facts(id: str, before: Assignment, after: Assignment, official: str) -> dict[str, Any]:
    return {
        "submission_id": id,
        "from_state": before.state,
        "to_state": after.state,
        "entity": after.entity,
        "official": official,
    }
