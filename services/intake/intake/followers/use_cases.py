"""Follow a published submission, signed in or by mail."""

from dataclasses import dataclass

from shared.http.auth import Caller
from shared.http.commands import CommandKey
from shared.privacy.contacts import KeyRing
from shared.reference.directory import Directory
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, Document, StoredAggregate

from intake.followers import commands as followers
from intake.public_register.json_view import published_json
from intake.public_register.use_cases import find_published
from intake.publication.store import Publications
from intake.submissions.errors import NotFound
from intake.submissions.model import Submission
from intake.submissions.reference import normalised
from intake.submissions.store import Submissions
from intake.submissions.tracking_secrets import TrackingKeys
from intake.submissions.use_cases import change, change_once, state_of


async def change_followers(
    submissions: Submissions,
    publications: Publications,
    directory: Directory,
    reference: str,
    subject: str,
    language: str | None,
    key: CommandKey | None,
) -> Document:
    """Add a follower who reads `language`, or remove them where it is None; returns the published submission.

    Raises NotFound for a submission that is not published.
    """
    await find_published(publications, reference)

    def _decide(id: str, state: Submission) -> Decision[Submission] | None:
        if language is None:
            return followers.unfollow(id, state, subject)
        return followers.follow(id, state, subject, language, utc_now())

    def _answer(aggregate: StoredAggregate[Submission]) -> Document:
        return published_json(state_of(aggregate), directory).model_dump()

    return await change_once(submissions, await _id_of(submissions, reference), _decide, _answer, key)


@dataclass(frozen=True)
class MailFollowing:
    """Following by mail; `must_confirm` is whether this installation asks addresses for a confirmation."""

    submissions: Submissions
    tracking: TrackingKeys
    key_ring: KeyRing
    must_confirm: bool

    async def ask(self, reference: str, email: str, language: str, caller: Caller | None) -> bool:
        """Send the mail that asks for a confirmation, and return True; without a need for one, begin at once.

        None is needed where the identity provider has verified that the caller reads this address.
        """
        id = await _id_of(self.submissions, reference)
        is_verified = caller is not None and caller.reads(email)
        ids = self.tracking.follower_ids(id, email)
        is_to_confirm = self.must_confirm and not is_verified

        def _decide(id: str, state: Submission) -> Decision[Submission] | None:
            known = next((each for each in ids if followers.by_mail(state, each)), ids[0])
            address = followers.ByMail(ids, email, self.tracking.following(id, known), is_to_confirm)
            return followers.ask_by_mail(id, state, address, language, self.key_ring, utc_now())

        await change(self.submissions, id, _decide)
        return is_to_confirm


async def _id_of(submissions: Submissions, reference: str) -> str:
    number = normalised(reference)
    id = await submissions.id_of(number) if number else None
    if id is None:
        raise NotFound
    return id
