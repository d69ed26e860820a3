"""Moderate: what the public may read of a submission, decided by a person, undone by its author."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from shared.aggregates import Decision
from shared.events.envelope import Draft
from shared.events.submissions import SubmissionHidden, SubmissionPublished

from intake.domain.life import Status
from intake.domain.publication import STEPS, Moderation, Publication, Shown, public_point, searchable
from intake.domain.refusals import DecidedTooOften, NotPossible, NotToBePublished, PersonForgotten
from intake.domain.submission import Submission, TimelineEntry

MOST_DECISIONS = 100
BY_AUTHOR = "author"
"""The reason of a SubmissionHidden that its author asked for."""


@dataclass(frozen=True)
class ForThePublic:
    """What a moderator lets the public see; `area` is where the place lies. Without a `text` it is the author's."""

    text: str | None
    shows_place: bool
    area: str | None


def publish(
    id: str, submission: Submission, by: str, shown: ForThePublic, reason: str | None, now: datetime
) -> Decision[Submission]:
    after = _step(submission, "publish")
    if submission.is_held:
        raise NotPossible(Status(submission.status), "publish")
    done = Moderation(at=now, action="publish", by=by, reason=reason, text=shown.text)
    data = SubmissionPublished(submission_id=id, from_state=submission.status, to_state=submission.status)
    changes = _public(submission, shown) | {"published_at": now}
    return _told(_decided(submission, after, done, **changes), data, now, None)


def edit(
    id: str, submission: Submission, by: str, shown: ForThePublic, reason: str, now: datetime
) -> Decision[Submission]:
    """Change what is published already; nobody else needs to hear of it."""
    after = _step(submission, "edit")
    done = Moderation(at=now, action="edit", by=by, reason=reason, text=shown.text)
    return Decision(_decided(submission, after, done, **_public(submission, shown)))


def hide(id: str, submission: Submission, by: str, reason: str, now: datetime) -> Decision[Submission]:
    """Take it from the public, or never show it. Its author reads why."""
    after = _step(submission, "hide")
    done = Moderation(at=now, action="hide", by=by, reason=reason)
    data = SubmissionHidden(submission_id=id, from_state=submission.status, to_state=submission.status, reason=reason)
    return _told(_decided(submission, after, done), data, now, reason)


def agree(id: str, submission: Submission, publish: bool, now: datetime) -> Decision[Submission] | None:
    """The author's word, which counts at once where it is taken back. The same word again changes nothing."""
    before = submission.publication
    agreed = before is not None and before.state != Shown.REVOKED
    if agreed == publish:
        return None
    action = "agree" if publish else "revoke"
    after = _decided(submission, _step(submission, action), Moderation(at=now, action=action))
    if before is None or before.state != Shown.PUBLISHED:
        return Decision(after)
    data = SubmissionHidden(
        submission_id=id, from_state=submission.status, to_state=submission.status, reason=BY_AUTHOR
    )
    return _told(after, data, now, None)


def _public(submission: Submission, shown: ForThePublic) -> dict[str, Any]:
    return {
        "text": shown.text,
        "words": searchable(shown.text or submission.text),
        "shows_place": shown.shows_place,
        "area": shown.area if shown.shows_place else None,
        "point": public_point(submission.location) if shown.shows_place else None,
    }


def _step(submission: Submission, action: str) -> Shown:
    if submission.erasure is not None:
        raise PersonForgotten
    before = Shown(submission.publication.state) if submission.publication else None
    after = STEPS[action].get(before)
    if after is None:
        raise NotToBePublished(before, action)
    return after


def _decided(submission: Submission, after: Shown, done: Moderation, **changes: Any) -> Submission:
    before = submission.publication or Publication()
    if len(before.history) >= MOST_DECISIONS and after != Shown.REVOKED:
        raise DecidedTooOften
    changed = before.model_copy(update={"state": after, "history": [*before.history, done], **changes})
    # Who followed what is not public any more hears of it no more: SubmissionHidden says so to the notifier.
    followers = submission.followers if after == Shown.PUBLISHED else None
    return submission.model_copy(update={"publication": changed, "followers": followers})


def _told(
    submission: Submission, data: SubmissionPublished | SubmissionHidden, now: datetime, text: str | None
) -> Decision[Submission]:
    id, status = str(uuid4()), Status(submission.status)
    entry = TimelineEntry(id=id, at=now, type=data.type, from_status=status, to_status=status, text=text)
    return Decision(submission.with_entry(entry), [Draft(data, id=id)])
