"""Decisions on held submissions: the abuse list holds them, a moderator releases or rejects them."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.events.envelope import OutgoingEvent
from shared.events.topics import BY_NAME
from shared.ids import new_id
from shared.privacy.contacts import Contact
from shared.storage.aggregates import Decision

from intake.abuse.hold import Hold
from intake.abuse.model import Watch
from intake.submissions.errors import NotHeld, NotPossible
from intake.submissions.life import COMMANDS, Status
from intake.submissions.model import Submission, TimelineEntry


def held_where_watched(
    decision: Decision[Submission], watch: Watch, contact: Contact | None, now: datetime
) -> Decision[Submission]:
    """Hold a new submission that matches entries of the abuse list; leave the decision as it is otherwise."""
    submission = decision.state
    email, phone = (contact.email, contact.phone) if contact else (None, None)
    entries = watch.matches(submission.text, email, phone)
    if not entries:
        return decision
    hold = Hold(at=now, entries=entries).with_waiting(decision.events)
    return replace(decision, state=submission.model_copy(update={"hold": hold}), events=[])


def release(id: str, submission: Submission, by: str, reason: str, now: datetime) -> Decision[Submission]:
    """Publish the waiting events, as if the submission had never been held. Its due time counts from its receipt."""
    hold = _open(submission)
    drafts = [_draft(stored) for stored in hold.waiting]
    return Decision(submission.model_copy(update={"hold": hold.decided("released", by, reason, now)}), drafts)


def reject(id: str, submission: Submission, by: str, reason: str, now: datetime) -> Decision[Submission]:
    """End the submission without publishing anything. Its citizen reads the reason."""
    hold = _open(submission)
    before = Status(submission.status)
    after = COMMANDS["reject"].get(before)
    if after is None:
        raise NotPossible(before, "reject")
    entry = TimelineEntry(
        id=new_id(), at=now, type="SubmissionRejected", from_status=before, to_status=after, text=reason
    )
    return Decision(submission.with_entry(entry, hold=hold.decided("rejected", by, reason, now)))


def _open(submission: Submission) -> Hold:
    if submission.hold is None or not submission.hold.is_open:
        raise NotHeld
    return submission.hold


def _draft(stored: dict[str, Any]) -> OutgoingEvent:
    return OutgoingEvent(BY_NAME[stored["topic"]].adapter.validate_python(stored["data"]), stored["key"], stored["id"])
