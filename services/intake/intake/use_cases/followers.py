"""Follow: a signed-in person hears what becomes of a published submission of somebody else."""

from datetime import datetime

from shared.aggregates import Decision
from shared.events.envelope import Draft
from shared.events.submissions import FollowerAdded, FollowerRemoved

from intake.domain.publication import Shown
from intake.domain.refusals import EnoughFollowers, NotToBePublished
from intake.domain.submission import Follower, Submission

MOST_FOLLOWERS = 1_000


def follow(id: str, submission: Submission, subject: str, language: str, now: datetime) -> Decision[Submission] | None:
    """Nothing where the person follows it already."""
    if submission.publication is None or submission.publication.state != Shown.PUBLISHED:
        raise NotToBePublished(submission.publication.state if submission.publication else None, "follow")
    before = submission.followers or []
    if any(follower.subject == subject for follower in before):
        return None
    if len(before) >= MOST_FOLLOWERS:
        raise EnoughFollowers
    status = submission.status
    added = FollowerAdded(submission_id=id, from_state=status, to_state=status, follower=subject, language=language)
    followers = [*before, Follower(subject=subject, language=language, at=now)]
    return Decision(submission.model_copy(update={"followers": followers}), [Draft(added)])


def unfollow(id: str, submission: Submission, subject: str) -> Decision[Submission] | None:
    left = [follower for follower in submission.followers or [] if follower.subject != subject]
    if len(left) == len(submission.followers or []):
        return None
    status = submission.status
    removed = FollowerRemoved(submission_id=id, from_state=status, to_state=status, follower=subject)
    return Decision(submission.model_copy(update={"followers": left or None}), [Draft(removed)])
