"""Moderators read the queue and decide what the public sees. Every access is recorded before it takes effect."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.http.auth import Caller
from shared.http.commands import CommandKey, SeenVersions
from shared.http.cursors import read_cursor
from shared.privacy.audit import RequestAudit
from shared.reference.directory import Directory
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, Document, StoredAggregate

from intake.publication import commands as moderate
from intake.publication.commands import ForThePublic
from intake.publication.http_models import EditSent, HideSent, ModeratedPage, PublishSent, moderated_json
from intake.publication.model import PublicationState
from intake.publication.store import Publications
from intake.submissions.errors import ChangedMeanwhile, NeverPublic, NotFound
from intake.submissions.model import Submission
from intake.submissions.store import Submissions
from intake.submissions.use_cases import Change, Decide, change_once, state_of

KIND, RIGHT = "submission", "moderation"


@dataclass(frozen=True)
class Reviewed:
    """The state that a moderator decided on, and the idempotency key of the decision.

    The API names a version (`If-Match`); a page names how many decisions its history had, as a submission's other
    changes do not concern the moderator.
    """

    key: CommandKey | None
    version: SeenVersions = None
    decisions: int | None = None

    def check(self, submission: Submission) -> None:
        """Raises ChangedMeanwhile where somebody else decided since the page was opened."""
        if self.decisions is None:
            return
        if submission.publication is None or len(submission.publication.history) != self.decisions:
            raise ChangedMeanwhile


@dataclass(frozen=True)
class ModerationDesk:
    """One moderator's work on the submissions whose authors agreed to publication."""

    caller: Caller
    submissions: Submissions
    publications: Publications
    directory: Directory
    audit: RequestAudit

    async def queue(self, state: PublicationState, cursor: str | None, limit: int) -> ModeratedPage:
        """List submissions in this state, oldest first."""
        page = await self.publications.queue(state, read_cursor(cursor), limit)
        if page.items:
            await self.audit.record(self.caller, "list", KIND, [aggregate.id for aggregate in page.items], RIGHT)
        items = [moderated_json(state_of(each)) for each in page.items]
        return ModeratedPage(items=items, next_cursor=page.next_cursor, unreadable=page.unreadable)

    async def find(self, reference: str) -> StoredAggregate[Submission]:
        """Raises NotFound for a submission whose author never agreed to publication."""
        found = await self.submissions.by_reference(reference)
        if found is None or state_of(found).publication is None:
            raise NotFound
        await self.audit.record(self.caller, "read", KIND, [found.id], RIGHT)
        return found

    async def publish(self, submission: StoredAggregate[Submission], sent: PublishSent, reviewed: Reviewed) -> Document:
        def _decide(id: str, state: Submission) -> Decision[Submission]:
            shown = self._for_the_public(state, sent.text, sent.shows_place)
            return moderate.publish(id, state, self.caller.subject, shown, sent.reason, utc_now())

        return await self.decide(submission, "publish", _decide, reviewed)

    async def edit(self, submission: StoredAggregate[Submission], sent: EditSent, reviewed: Reviewed) -> Document:
        def _decide(id: str, state: Submission) -> Decision[Submission]:
            shown = self._for_the_public(state, sent.text, sent.shows_place)
            return moderate.edit(id, state, self.caller.subject, shown, sent.reason, utc_now())

        return await self.decide(submission, "edit", _decide, reviewed)

    async def hide(self, submission: StoredAggregate[Submission], sent: HideSent, reviewed: Reviewed) -> Document:
        def _decide(id: str, state: Submission) -> Decision[Submission]:
            return moderate.hide(id, state, self.caller.subject, sent.reason, utc_now())

        return await self.decide(submission, "hide", _decide, reviewed)

    async def decide(
        self,
        submission: StoredAggregate[Submission],
        action: str,
        decide: Decide,
        reviewed: Reviewed,
        around: Callable[[Change], Awaitable[StoredAggregate[Submission]]] | None = None,
    ) -> Document:
        """Store one decision and return the submission as moderators see it. `action` goes into the audit trail."""

        def _decide(id: str, state: Submission) -> Decision[Submission] | None:
            reviewed.check(state)
            return decide(id, state)

        def _answer(aggregate: StoredAggregate[Submission]) -> Document:
            return moderated_json(state_of(aggregate)).model_dump()

        await self.audit.record(self.caller, action, KIND, [submission.id], RIGHT)
        more = {"around": around} if around is not None else {}
        return await change_once(
            self.submissions, submission.id, _decide, _answer, reviewed.key, reviewed.version, **more
        )

    def _for_the_public(self, submission: Submission, text: str | None, shows_place: bool) -> ForThePublic:
        """Raises NeverPublic."""
        if not self.directory.is_for_the_public(submission.category):
            raise NeverPublic
        return ForThePublic(text, shows_place, self.directory.area_of(submission.location))
