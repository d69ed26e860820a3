"""Decisions on the citizen's commands, one function each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.events.envelope import OutgoingEvent
from shared.events.submissions import (
    AppealFiled,
    AttachedFile,
    AttachmentsAdded,
    InformationAdded,
    SubmissionClosed,
    SubmissionRated,
    SubmissionReopened,
    SubmissionWithdrawn,
)
from shared.ids import new_id
from shared.storage.aggregates import Decision

from intake.submissions.errors import (
    AppealedBefore,
    EnoughAdded,
    NotPossible,
    PersonForgotten,
    QuestionNotOpen,
    ReopenedBefore,
    ReopenFirst,
    TooLateToAppeal,
    TooLateToReopen,
    TooManyFiles,
)
from intake.submissions.life import COMMANDS, Status
from intake.submissions.model import Attachment, Rating, Submission, TimelineEntry
from intake.submissions.time_limits import Limits
from intake.tracking.rating import Reason


def add_information(
    id: str, submission: Submission, text: str, answers: str | None, limits: Limits, now: datetime
) -> Decision[Submission]:
    """Add information; with `answers`, the id of the open question, it is the answer to that question.

    While a question is open, information without the id counts as its answer as well, as an API client may leave it
    out.
    """
    if answers is not None and (submission.question is None or submission.question.id != answers):
        raise QuestionNotOpen
    if submission.question is not None and submission.status == Status.AWAITING_CITIZEN:
        answers = submission.question.id
    before, after = _moved(submission, "answer_question" if answers else "add_information")
    if not answers and submission.additions >= limits.additions:
        raise EnoughAdded
    data = InformationAdded(submission_id=id, from_state=before, to_state=after, text=text, answers=answers)
    draft, entry = _fact(data, before, after, now, text)
    changes = {"question": None} if answers else {}
    return Decision(submission.with_entry(entry, **changes), [draft])


def withdraw(id: str, submission: Submission, reason: str | None, now: datetime) -> Decision[Submission]:
    before, after = _moved(submission, "withdraw")
    data = SubmissionWithdrawn(submission_id=id, from_state=before, to_state=after, reason=reason)
    draft, entry = _fact(data, before, after, now, reason)
    return Decision(submission.with_entry(entry, question=None, close_at=None), [draft])


def rate(
    id: str, submission: Submission, score: int, reasons: Sequence[Reason], comment: str | None, now: datetime
) -> Decision[Submission]:
    """A rating closes the submission, because the citizen has accepted the answer."""
    before, after = _moved(submission, "rate")
    given = list(dict.fromkeys(reasons))
    rated = SubmissionRated(
        submission_id=id, from_state=before, to_state=after, score=score, comment=comment, reasons=tuple(given)
    )
    draft, entry = _fact(rated, before, after, now, comment)
    entry.details |= {"score": score} | ({"reasons": [str(reason) for reason in given]} if given else {})
    closed = SubmissionClosed(submission_id=id, from_state=after, to_state=after, reason="rated")
    rating = Rating(score=score, comment=comment, reasons=given, at=now)
    state = submission.with_entry(entry, rating=rating, close_at=None)
    return Decision(state, [draft, OutgoingEvent(closed)])


def reopen(id: str, submission: Submission, reason: str, limits: Limits, now: datetime) -> Decision[Submission]:
    before, after = _moved(submission, "reopen")
    if submission.reopenings >= limits.reopenings:
        raise ReopenedBefore
    if submission.answered_at is None or now - submission.answered_at > limits.reopen_within:
        raise TooLateToReopen(limits.reopen_within)
    data = SubmissionReopened(submission_id=id, from_state=before, to_state=after, reason=reason)
    draft, entry = _fact(data, before, after, now, reason)
    changes = {"close_at": None, "reopenings": submission.reopenings + 1}
    return Decision(submission.with_entry(entry, **changes), [draft])


def appeal(id: str, submission: Submission, reason: str, limits: Limits, now: datetime) -> Decision[Submission]:
    """Appeal to the central office, once, after the entity has answered a second time."""
    before, after = _moved(submission, "appeal")
    if submission.reopenings < limits.reopenings:
        raise ReopenFirst
    if submission.appealed_at is not None:
        raise AppealedBefore
    if submission.answered_at is None or now - submission.answered_at > limits.appeal_within:
        raise TooLateToAppeal(limits.appeal_within)
    data = AppealFiled(submission_id=id, from_state=before, to_state=after, reason=reason)
    draft, entry = _fact(data, before, after, now, reason)
    # The due time was the entity's; the SLA monitor sets one for the central office.
    over: dict[str, Any] = {"close_at": None, "due_at": None, "windows": []}
    return Decision(submission.with_entry(entry, appealed_at=now, **over), [draft])


def close(id: str, submission: Submission, now: datetime) -> Decision[Submission] | None:
    """Close an answered submission; returns None where its state has changed meanwhile."""
    if submission.status not in COMMANDS["close"] or submission.close_at is None or submission.close_at > now:
        return None
    before, after = _moved(submission, "close")
    data = SubmissionClosed(submission_id=id, from_state=before, to_state=after, reason="time_passed")
    # One id for each due time, so that a repetition after a restore is recognised as the same event.
    fact_id = str(uuid5(NAMESPACE_URL, f"tawasul:{id}:closed:{submission.close_at.isoformat()}"))
    draft, entry = _fact(data, before, after, now, None, fact_id)
    return Decision(submission.with_entry(entry, close_at=None), [draft])


def attach(
    id: str,
    submission: Submission,
    files: Sequence[Attachment],
    limits: Limits,
    now: datetime,
    sent_with_it: bool = False,
) -> Decision[Submission] | None:
    """Attach files; returns None where all are attached already. With `sent_with_it` they came with the submission
    itself, so they are attached in every status."""
    known = {attachment.id for attachment in submission.attachments}
    more = [file for file in files if file.id not in known]
    if not more:
        return None
    if submission.erasure is not None:
        raise PersonForgotten
    if sent_with_it:
        before = after = Status(submission.status)
    else:
        before, after = _moved(submission, "attach")
    if len(known) + len(more) > limits.attachments:
        raise TooManyFiles(limits.attachments)
    told = tuple(AttachedFile(id=file.id, media_type=file.media_type, size=file.size) for file in more)
    data = AttachmentsAdded(submission_id=id, from_state=before, to_state=after, attachments=told)
    draft, entry = _fact(data, before, after, now, None)
    entry.details["attachments"] = [file.id for file in more]
    return Decision(submission.with_entry(entry, attachments=[*submission.attachments, *more]), [draft])


def add_with_files(
    id: str,
    submission: Submission,
    text: str,
    answers: str | None,
    files: Sequence[Attachment],
    limits: Limits,
    now: datetime,
) -> Decision[Submission]:
    """Add information and files in one write, as two events."""
    added = add_information(id, submission, text, answers, limits, now)
    attached = attach(id, added.state, files, limits, now)
    return Decision(attached.state, [*added.events, *attached.events]) if attached else added


def _moved(submission: Submission, command: str) -> tuple[Status, Status]:
    """The status before and after. Raises NotPossible where the state table does not allow the command."""
    if submission.erasure is not None and command != "close":
        raise PersonForgotten
    before = Status(submission.status)
    after = COMMANDS[command].get(before)
    if after is None:
        raise NotPossible(before, command)
    return before, after


Data = (
    InformationAdded
    | AttachmentsAdded
    | SubmissionWithdrawn
    | SubmissionRated
    | SubmissionReopened
    | AppealFiled
    | SubmissionClosed
)


def _fact(
    data: Data, before: Status, after: Status, now: datetime, text: str | None, fact_id: str | None = None
) -> tuple[OutgoingEvent, TimelineEntry]:
    id = fact_id or new_id()
    entry = TimelineEntry(id=id, at=now, type=data.type, from_status=before, to_status=after, text=text, details={})
    return OutgoingEvent(data, id=id), entry
