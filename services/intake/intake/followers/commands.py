"""Follow a published submission of somebody else, signed in or by mail.

Intake knows a follower by mail only by a contact id: a keyed hash of the address, different for each submission. The
address itself goes to the notifier, sealed, and is confirmed by one mail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.events.contacts import ContactConfirmed, ContactRegistered, confirmation_key, contact_key
from shared.events.envelope import OutgoingEvent
from shared.events.submissions import FollowerAdded, FollowerRemoved
from shared.events.topics import CONTACTS, Topic
from shared.privacy.contacts import Contact, KeyRing
from shared.storage.aggregates import Decision

from intake.publication.model import PublicationState
from intake.submissions.contact_confirmation import Confirmation
from intake.submissions.errors import EnoughFollowers, LinkNotUsable, NotToBePublished
from intake.submissions.model import Follower, Submission

MOST_FOLLOWERS = 1_000
MOST_REQUESTS = 200
"""Limits unconfirmed and refused requests, so that nobody can enter strangers' addresses without end."""
LAPSES_AFTER = timedelta(days=7)
"""An unconfirmed request expires, and its address is erased."""

Tombstones = list[tuple[Topic, str]]


@dataclass(frozen=True)
class ByMail:
    """`ids` are the contact ids of this address, the newest key first; only mails to the address contain `code`."""

    ids: Sequence[str]
    email: str
    code: str
    is_to_confirm: bool


def follow(id: str, submission: Submission, subject: str, language: str, now: datetime) -> Decision[Submission] | None:
    """Returns None where the person follows it already."""
    before = _of_published(submission)
    if any(follower.subject == subject for follower in before):
        return None
    _check_room(submission)
    added = _added(id, submission, subject, language)
    follower = Follower(subject=subject, language=language, at=now)
    return Decision(_with(submission, [*before, follower]), [OutgoingEvent(added)])


def unfollow(id: str, submission: Submission, subject: str) -> Decision[Submission] | None:
    left = [follower for follower in submission.followers or [] if follower.subject != subject]
    if len(left) == len(submission.followers or []):
        return None
    return Decision(_with(submission, left), [OutgoingEvent(_removed(id, submission, subject))])


def ask_by_mail(
    id: str, submission: Submission, who: ByMail, language: str, ring: KeyRing, now: datetime
) -> Decision[Submission] | None:
    """Send the confirmation mail, or begin at once where no confirmation is needed.

    Returns None where this address was asked before, so that nobody can send a stranger repeated mails.
    """
    before = _of_published(submission)
    if who.is_to_confirm:  # checked before the search, so that the error does not reveal whether the address follows
        _check_room(submission, _requests(before))
    known = next((follower for follower in before if follower.subject in who.ids), None)
    if known is not None and (known.follows or who.is_to_confirm):
        return None
    if (
        known is not None and known.confirmation == Confirmation.AWAITED
    ):  # the caller has signed in with this address meanwhile
        return _confirmed(id, submission, known)
    others = [follower for follower in before if follower is not known]
    _check_room(submission, _requests(others))
    contact_id = known.subject if known else who.ids[0]
    awaited = Confirmation.AWAITED if who.is_to_confirm else None
    follower = Follower(subject=contact_id, language=language, at=now, by_mail=True, confirmation=awaited)
    key = contact_key(id, contact_id)
    contact = Contact(email=who.email, secret=who.code, confirmation=who.code if who.is_to_confirm else None)
    registered = ContactRegistered(
        submission_id=id, contact_id=contact_id, language=language, sealed=ring.seal(contact, key)
    )
    added = _added(id, submission, contact_id, language, contact_id)
    return Decision(_with(submission, [*others, follower]), [OutgoingEvent(added), OutgoingEvent(registered, key=key)])


def confirm(id: str, submission: Submission, contact_id: str) -> Decision[Submission] | None:
    """Confirm that the reader of the mail wants to follow. Raises LinkNotUsable where the request no longer exists."""
    follower = by_mail(submission, contact_id)
    if follower is None or follower.confirmation == Confirmation.REFUSED:
        raise LinkNotUsable
    return None if follower.follows else _confirmed(id, submission, follower)


def stop(id: str, submission: Submission, contact_id: str) -> Decision[Submission] | None:
    """Stop the mails and erase the address. A refusal is remembered, so that the address is not asked again."""
    follower = by_mail(submission, contact_id)
    if follower is None or follower.confirmation == Confirmation.REFUSED:
        return None
    left = [each for each in submission.followers or [] if each is not follower]
    if not follower.follows:
        left.append(follower.model_copy(update={"confirmation": Confirmation.REFUSED}))
    removed = _removed(id, submission, contact_id)
    return Decision(_with(submission, left), [OutgoingEvent(removed)], tombstones=tombstones(id, [follower]))


def lapse(id: str, submission: Submission, now: datetime) -> Decision[Submission] | None:
    """End requests that were not confirmed in time, and erase their addresses."""
    followers = submission.followers or []
    old = [each for each in followers if _is_open(each) and each.at <= now - LAPSES_AFTER]
    if not old:
        return None
    left = [each for each in followers if each not in old]
    drafts = [OutgoingEvent(_removed(id, submission, follower.subject)) for follower in old]
    return Decision(_with(submission, left), drafts, tombstones=tombstones(id, old))


def by_mail(submission: Submission, contact_id: str) -> Follower | None:
    found = (each for each in submission.followers or [] if each.by_mail and each.subject == contact_id)
    return next(found, None)


def tombstones(id: str, followers: Sequence[Follower] | None) -> Tombstones:
    """Tombstones that erase the addresses of followers by mail."""
    ids = [follower.subject for follower in followers or [] if follower.by_mail]
    return [(CONTACTS, key(id, contact)) for contact in ids for key in (contact_key, confirmation_key)]


def _of_published(submission: Submission) -> list[Follower]:
    if submission.publication is None or submission.publication.state != PublicationState.PUBLISHED:
        raise NotToBePublished(submission.publication.state if submission.publication else None, "follow")
    return submission.followers or []


def _requests(followers: Sequence[Follower]) -> int:
    return sum(not follower.follows for follower in followers)


def _check_room(submission: Submission, requests: int = 0) -> None:
    if submission.follower_count >= MOST_FOLLOWERS or requests >= MOST_REQUESTS:
        raise EnoughFollowers


def _confirmed(id: str, submission: Submission, follower: Follower) -> Decision[Submission]:
    confirmed = follower.model_copy(update={"confirmation": Confirmation.CONFIRMED})
    followers = [confirmed if each is follower else each for each in submission.followers or []]
    fact = ContactConfirmed(submission_id=id, contact_id=follower.subject)
    return Decision(_with(submission, followers), [OutgoingEvent(fact, key=confirmation_key(id, follower.subject))])


def _is_open(follower: Follower) -> bool:
    return follower.confirmation == Confirmation.AWAITED


def _with(submission: Submission, followers: list[Follower]) -> Submission:
    since = min((follower.at for follower in followers if _is_open(follower)), default=None)
    return submission.model_copy(update={"followers": followers or None, "request_open_since": since})


def _added(
    id: str, submission: Submission, follower: str, language: str, contact_id: str | None = None
) -> FollowerAdded:
    status = submission.status
    return FollowerAdded.model_validate(
        {
            "submission_id": id,
            "from_state": status,
            "to_state": status,
            "follower": follower,
            "language": language,
            "contact_id": contact_id,
        }
    )


def _removed(id: str, submission: Submission, follower: str) -> FollowerRemoved:
    return FollowerRemoved(
        submission_id=id, from_state=submission.status, to_state=submission.status, follower=follower
    )
