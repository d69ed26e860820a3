"""What a fact of intake or of the SLA monitor does to an assignment. A fact is never refused: it is noted, or moves."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from shared.events.deadlines import (
    DeadlineApproaching,
    DeadlineMoved,
    DeadlineResumed,
    DeadlineSet,
    DeadlineUnknown,
)
from shared.events.submissions import (
    AppealFiled,
    AttachmentsAdded,
    AuthorConfirmed,
    InformationAdded,
    OfficialFilesAdded,
    SubmissionClosed,
    SubmissionHidden,
    SubmissionPublished,
    SubmissionRated,
    SubmissionReceived,
    SubmissionReopened,
    SubmissionWithdrawn,
)
from shared.storage.aggregates import Decision

from router.assigning.commands import CITIZEN, assign_again
from router.cases.life import Move, State
from router.cases.model import Assignment, Due, File, NotPossible, OfficialFile, Public
from router.directory.snapshot import Directory
from router.metrics import REFUSED

INTAKE = "intake"
SLA_MONITOR = "sla-monitor"


def received_again(before: Assignment, data: SubmissionReceived, at: datetime) -> Decision[Assignment]:
    """A submission is received, and assigned, once."""
    return _without_effect(before, Move.ASSIGN, data.type, CITIZEN, at, None)


def information_added(before: Assignment, data: InformationAdded, at: datetime) -> Decision[Assignment]:
    """Only the answer to the open question ends the waiting. Who does a part is told, too."""
    return _told_to_parts(_added(before, data, at))


def _added(before: Assignment, data: InformationAdded, at: datetime) -> Decision[Assignment]:
    if data.answers is None:
        return Decision(before.noted(data.type, CITIZEN, at, data.text))
    question, merged = before.question, before.merged
    if merged is not None and merged.question is not None and merged.question.id == data.answers:
        # It crossed with the merging: undone, it has been answered.
        merged = merged.model_copy(update={"state": State.ACKNOWLEDGED, "question": None})
        return Decision(before.noted(data.type, CITIZEN, at, data.text).changed(merged=merged))
    if question is None or question.id != data.answers:
        return _without_effect(before, Move.RESUME, data.type, CITIZEN, at, data.text)
    return _moved(before, Move.RESUME, data.type, CITIZEN, at, data.text)


def files_added(before: Assignment, data: AttachmentsAdded, at: datetime) -> Decision[Assignment]:
    known = {file.id for file in before.files}
    new = tuple(File.model_validate(file.model_dump()) for file in data.attachments if file.id not in known)
    return _told_to_parts(Decision(before.noted(data.type, CITIZEN, at).changed(files=(*before.files, *new))))


def _told_to_parts(decision: Decision[Assignment]) -> Decision[Assignment]:
    if not decision.state.open_sub_cases:
        return decision
    return replace(decision, state=decision.state.changed(tells_sub_cases=True))


def official_files_added(before: Assignment, data: OfficialFilesAdded, at: datetime) -> Decision[Assignment]:
    """They are with the submission before anything says what they are for."""
    known = {file.id for file in before.official_files}
    new = tuple(
        OfficialFile(**file.model_dump(), official=data.official, entity=data.entity, at=at)
        for file in data.files
        if file.id not in known
    )
    return Decision(
        before.noted(data.type, data.official, at, files=tuple(file.id for file in new)).changed(
            official_files=(*before.official_files, *new)
        )
    )


def withdrawn(before: Assignment, data: SubmissionWithdrawn, at: datetime) -> Decision[Assignment]:
    return _moved(before, Move.WITHDRAW, data.type, CITIZEN, at, data.reason)


def closed(before: Assignment, data: SubmissionClosed, at: datetime) -> Decision[Assignment]:
    if data.reason == "appeal_dismissed":  # what was decided here comes back
        return Decision(before.noted(data.type, INTAKE, at, data.reason))
    return _moved(before, Move.CLOSE, data.type, INTAKE, at, data.reason)


def reopened(
    before: Assignment, data: SubmissionReopened, directory: Callable[[], Directory], at: datetime, now: datetime
) -> Decision[Assignment]:
    """Through `reopened` straight back to the entity that answered."""
    decision = _moved(before, Move.REOPEN, data.type, CITIZEN, at, data.reason)
    if decision.state.state is not State.REOPENED:
        return decision
    return assign_again(data.submission_id, decision.state, directory(), now)


def rated(before: Assignment, data: SubmissionRated, at: datetime) -> Decision[Assignment]:
    said = f"{data.score}/5" if data.comment is None else f"{data.score}/5 {data.comment}"
    return Decision(before.noted(data.type, CITIZEN, at, said))


def author_confirmed(before: Assignment, data: AuthorConfirmed, at: datetime) -> Decision[Assignment] | None:
    if before.submission is None:
        return None
    return Decision(before.changed(submission=before.submission.model_copy(update={"needs_confirmation": False})))


def appealed(before: Assignment, data: AppealFiled, at: datetime) -> Decision[Assignment]:
    """The entity that answered keeps it on its record; the central office decides."""
    decision = _moved(before, Move.APPEAL, data.type, CITIZEN, at, data.reason)
    if decision.state.state is not State.APPEALED:
        return decision
    # The due time was the entity's; the central office's is told by the SLA monitor.
    return replace(decision, state=decision.state.changed(due=None, list_at=at))


def published(before: Assignment, data: SubmissionPublished, at: datetime) -> Decision[Assignment]:
    return Decision(before.changed(public=Public()))


def hidden(before: Assignment, data: SubmissionHidden, at: datetime) -> Decision[Assignment] | None:
    return Decision(before.changed(public=None)) if before.public is not None else None


def due_changed(before: Assignment, data: DeadlineSet | DeadlineMoved, at: datetime) -> Decision[Assignment]:
    return Decision(before.due_at(Due(at=data.due_at, target=data.target, windows=data.windows)))


def due_unknown(before: Assignment, data: DeadlineUnknown, at: datetime) -> Decision[Assignment]:
    return Decision(before.due_unknown(data.since))


def approaching(before: Assignment, data: DeadlineApproaching, at: datetime) -> Decision[Assignment] | None:
    """Said of the due time that stands; one that has moved since is not at risk because of it."""
    due = before.due
    if due is None or (due.at, due.target) != (data.due_at, data.target):
        return None
    return Decision(before.changed(due=due.model_copy(update={"at_risk": True})))


def clock_resumed(before: Assignment, data: DeadlineResumed, at: datetime) -> Decision[Assignment]:
    """A new due time; where the citizen did not answer in time, also the end of waiting for this question."""
    after = before.due_at(Due(at=data.due_at, target=data.target, windows=data.windows))
    if data.reason != "limit":
        return Decision(after)
    question = before.question
    if question is None or data.question_id not in (None, question.id):
        return _without_effect(after, Move.RESUME, data.type, SLA_MONITOR, at, data.reason)
    return _moved(after, Move.RESUME, data.type, SLA_MONITOR, at, data.reason)


def _moved(before: Assignment, move: Move, what: str, who: str, at: datetime, why: str | None) -> Decision[Assignment]:
    try:
        return Decision(before.moved(move, what, who, at, why))
    except NotPossible:
        return _without_effect(before, move, what, who, at, why)


def _without_effect(
    before: Assignment, move: Move, what: str, who: str, at: datetime, why: str | None
) -> Decision[Assignment]:
    REFUSED.labels(move, before.state).inc()
    return Decision(before.noted(what, who, at, why))
