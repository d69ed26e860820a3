"""Decisions on publication: by a moderator, and by the author, who may take the agreement back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from shared.events.envelope import OutgoingEvent
from shared.events.submissions import SubmissionHidden, SubmissionPublished
from shared.reference.directory import Directory
from shared.storage.aggregates import Decision

from intake.followers.commands import Tombstones, tombstones
from intake.publication.model import (
    STEPS,
    Moderation,
    Publication,
    PublicationState,
    PublicPhoto,
    public_point,
    searchable,
)
from intake.similar.model import keys, traits_shown
from intake.submissions.errors import (
    DecidedTooOften,
    NeverPublic,
    NotPossible,
    NotToBePublished,
    PersonForgotten,
    PhotosNotAgreedTo,
)
from intake.submissions.life import Status
from intake.submissions.model import Submission, TimelineEntry

MOST_DECISIONS = 100
BY_AUTHOR = "author"
"""The reason in SubmissionHidden where the author took the agreement back."""


@dataclass(frozen=True)
class ForThePublic:
    """The published version; `area` is the area of the place. Without `text` the author's text is shown."""

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
    data = _published(id, submission, shown)
    changes = _public(submission, shown) | {"published_at": now}
    return _told(_decided(submission, after, done, **changes), data, now, None)


def edit(
    id: str, submission: Submission, by: str, shown: ForThePublic, reason: str, now: datetime
) -> Decision[Submission]:
    """Change the published version. An event is published only if the visibility of the place changes."""
    after, before = _step(submission, "edit"), submission.publication
    done = Moderation(at=now, action="edit", by=by, reason=reason, text=shown.text)
    edited = _decided(submission, after, done, **_public(submission, shown))
    if before is not None and before.shows_place == shown.shows_place:
        return Decision(edited)
    return Decision(edited, [OutgoingEvent(_published(id, submission, shown))])


def _published(id: str, submission: Submission, shown: ForThePublic) -> SubmissionPublished:
    status = submission.status
    return SubmissionPublished(submission_id=id, from_state=status, to_state=status, shows_place=shown.shows_place)


def hide(id: str, submission: Submission, by: str, reason: str, now: datetime) -> Decision[Submission]:
    """Hide a submission from the public, also before it was published. Its author reads the reason."""
    after = _step(submission, "hide")
    done = Moderation(at=now, action="hide", by=by, reason=reason)
    data = SubmissionHidden(submission_id=id, from_state=submission.status, to_state=submission.status, reason=reason)
    return _told(_decided(submission, after, done), data, now, reason, tombstones(id, submission.followers))


def publish_photo(
    submission: Submission, by: str, photo: PublicPhoto, reason: str, now: datetime
) -> Decision[Submission]:
    """Publish a redacted copy of a photo, or replace the published copy."""
    after, before = _step(submission, "publish_photo"), submission.publication
    if before is None or not before.covers_photos:
        raise PhotosNotAgreedTo
    done = Moderation(at=now, action="publish_photo", by=by, reason=reason, photo=photo.of, rectangles=photo.rectangles)
    order = [attachment.id for attachment in submission.attachments]
    photos = sorted([*_others(before, photo.of), photo], key=lambda each: order.index(each.of))
    return Decision(_decided(submission, after, done, photos=photos))


def hide_photo(
    submission: Submission, by: str, attachment: str, reason: str, now: datetime
) -> Decision[Submission] | None:
    """Hide a photo; returns None where it is not published."""
    after, before = _step(submission, "hide_photo"), submission.publication
    if before is None or len(others := _others(before, attachment)) == len(before.photos):
        return None
    done = Moderation(at=now, action="hide_photo", by=by, reason=reason, photo=attachment)
    return Decision(_decided(submission, after, done, photos=others))


def agree(id: str, submission: Submission, publish: bool, now: datetime) -> Decision[Submission] | None:
    """Give the author's agreement, or take it back with immediate effect. A repetition returns None."""
    before = submission.publication
    agreed = before is not None and before.state != PublicationState.REVOKED
    if agreed == publish:
        return None
    action = "agree" if publish else "revoke"
    word = {"covers_photos": True} if publish else {}
    after = _decided(submission, _step(submission, action), Moderation(at=now, action=action), **word)
    if before is None or before.state != PublicationState.PUBLISHED:
        return Decision(after)
    data = SubmissionHidden(
        submission_id=id, from_state=submission.status, to_state=submission.status, reason=BY_AUTHOR
    )
    return _told(after, data, now, None, tombstones(id, submission.followers))


def choose_publication(
    id: str, submission: Submission, publish: bool, directory: Directory, now: datetime
) -> Decision[Submission] | None:
    """The author agrees, or takes the agreement back, which is always possible. Raises NeverPublic."""
    if publish and not directory.is_for_the_public(submission.category):
        raise NeverPublic
    return agree(id, submission, publish, now)


def _public(submission: Submission, shown: ForThePublic) -> dict[str, Any]:
    return {
        "text": shown.text,
        "words": searchable(shown.text or submission.text),
        "like": keys(traits_shown(submission, shown.text, shown.shows_place, {})),
        "shows_place": shown.shows_place,
        "area": shown.area if shown.shows_place else None,
        "point": public_point(submission.location) if shown.shows_place else None,
    }


def _others(publication: Publication, attachment: str) -> list[PublicPhoto]:
    return [photo for photo in publication.photos if photo.of != attachment]


def _step(submission: Submission, action: str) -> PublicationState:
    if submission.erasure is not None:
        raise PersonForgotten
    before = PublicationState(submission.publication.state) if submission.publication else None
    after = STEPS[action].get(before)
    if after is None:
        raise NotToBePublished(before, action)
    return after


def _decided(submission: Submission, after: PublicationState, done: Moderation, **changes: Any) -> Submission:
    before = submission.publication or Publication()
    if len(before.history) >= MOST_DECISIONS and after != PublicationState.REVOKED:
        raise DecidedTooOften
    changed = before.model_copy(update={"state": after, "history": [*before.history, done], **changes})
    # Followers are removed from a hidden submission; SubmissionHidden tells the notifier.
    gone = {} if after == PublicationState.PUBLISHED else {"followers": None, "request_open_since": None}
    return submission.model_copy(update={"publication": changed, **gone})


def _told(
    submission: Submission,
    data: SubmissionPublished | SubmissionHidden,
    now: datetime,
    text: str | None,
    erased: Tombstones | None = None,
) -> Decision[Submission]:
    id, status = str(uuid4()), Status(submission.status)
    entry = TimelineEntry(id=id, at=now, type=data.type, from_status=status, to_status=status, text=text)
    return Decision(submission.with_entry(entry), [OutgoingEvent(data, id=id)], tombstones=erased or [])
