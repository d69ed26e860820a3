"""Erase the person of a submission and keep the rest for statistics."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from shared.events.envelope import OutgoingEvent
from shared.events.submissions import PersonErased
from shared.events.topics import Topic
from shared.storage.aggregates import Decision

from intake.confirmation.commands import tombstones
from intake.followers import commands as followers
from intake.publication.commands import agree
from intake.submissions.life import COMMANDS
from intake.submissions.model import Erasure, Submission, TimelineEntry
from intake.tracking.commands import withdraw


def erase(id: str, submission: Submission, erasure: Erasure, now: datetime) -> Decision[Submission]:
    """Remove the author and all texts. A repetition publishes PersonErased again, so that services can erase again.

    An open submission is withdrawn first, as nobody can answer deleted words, and a published one is hidden. Events
    that still wait in the outbox are published before PersonErased, in order: a gap in the sequence would raise an
    alarm.
    """
    if submission.erasure is not None:
        return _announced(id, submission, [])
    drafts: list[OutgoingEvent] = []
    addresses = followers.tombstones(id, submission.followers)
    if submission.publication is not None and (hidden := agree(id, submission, False, now)) is not None:
        submission, drafts = hidden.state, [*hidden.events]
    by = {"by": erasure.by}
    if submission.status in COMMANDS["withdraw"]:
        withdrawn = withdraw(id, submission, None, now)
        withdrawn.state.timeline[-1].details |= by  # the erasure withdrew it, not its author
        submission, drafts = withdrawn.state, [*drafts, *withdrawn.events]
    said, status = str(uuid4()), submission.status
    entry = TimelineEntry(id=said, at=now, type="PersonErased", from_status=status, to_status=status, details=by)
    erased = submission.with_entry(entry, erasure=erasure, question=None).without_person()
    return _announced(id, erased, drafts, said, addresses)


def complete(submission: Submission) -> Decision[Submission] | None:
    """Mark the erasure as complete, after everything beside the submission was deleted."""
    if submission.erasure is None or submission.erasure.is_complete:
        return None
    erasure = submission.erasure.model_copy(update={"is_complete": True})
    return Decision(submission.model_copy(update={"erasure": erasure}))


def _announced(
    id: str,
    erased: Submission,
    before: Sequence[OutgoingEvent],
    event_id: str | None = None,
    addresses: Sequence[tuple[Topic, str]] = (),
) -> Decision[Submission]:
    """`addresses` are the contact keys of followers."""
    fact = OutgoingEvent(PersonErased(submission_id=id), id=event_id)
    return Decision(erased, [*before, fact], tombstones=[*tombstones(id), *addresses], forgets=True)
