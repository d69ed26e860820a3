"""The central office and administrators keep the abuse list and decide on what it holds. Every access is recorded."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.http.auth import Caller
from shared.http.commands import CommandKey, SeenVersions, answer_once, cause_of_request, differs
from shared.http.cursors import read_cursor
from shared.privacy.audit import RequestAudit
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict, Decision, Document, StoredAggregate

from intake.abuse import commands as hold
from intake.abuse.entries import stop_watching, watch_for
from intake.abuse.http_models import EntrySent, HeldPage, WatchedShown, held_json
from intake.abuse.model import AbuseList
from intake.abuse.store import ID, AbuseLists
from intake.submissions.errors import ChangedMeanwhile, NotFound, VersionDiffers
from intake.submissions.model import Submission
from intake.submissions.store import Submissions
from intake.submissions.use_cases import change_once, state_of

KIND, RIGHT = "submission", "abuse list"
DECISIONS = {"release": hold.release, "reject": hold.reject}


@dataclass(frozen=True)
class AbuseDesk:
    """One moderator's work with the abuse list."""

    caller: Caller
    submissions: Submissions
    lists: AbuseLists
    audit: RequestAudit

    async def add_entry(self, sent: EntrySent, key: CommandKey | None, seen: SeenVersions = None) -> Document:
        """Raises NothingOfThisKind and ListIsFull. An entry that is on the list already is not added twice."""
        return await self._change_list(
            "watch",
            lambda current: watch_for(current, sent.sign, sent.value, sent.reason, self.caller.subject, utc_now()),
            key,
            seen,
        )

    async def remove_entry(self, id: str, key: CommandKey | None, seen: SeenVersions = None) -> Document:
        return await self._change_list("unwatch", lambda current: stop_watching(current, id), key, seen)

    async def held(self, cursor: str | None, limit: int) -> HeldPage:
        """List the submissions that wait for a decision, oldest first."""
        page = await self.submissions.held(read_cursor(cursor), limit)
        if page.items:
            await self.audit.record(self.caller, "list", KIND, [aggregate.id for aggregate in page.items], RIGHT)
        current, _ = await self.lists.current()
        items = [held_json(state_of(each), current) for each in page.items]
        return HeldPage(items=items, next_cursor=page.next_cursor, unreadable=page.unreadable)

    async def find_held(self, reference: str) -> StoredAggregate[Submission]:
        """Raises NotFound for a submission that was never held."""
        found = await self.submissions.by_reference(reference)
        if found is None or found.state is None or found.state.hold is None:
            raise NotFound
        await self.audit.record(self.caller, "read", KIND, [found.id], RIGHT)
        return found

    async def decide(
        self,
        held: StoredAggregate[Submission],
        action: str,
        reason: str,
        key: CommandKey | None,
        seen: SeenVersions = None,
    ) -> Document:
        """Release or reject a held submission; `action` is a key of DECISIONS."""

        def _decide(id: str, state: Submission) -> Decision[Submission]:
            return DECISIONS[action](id, state, self.caller.subject, reason, utc_now())

        def _answer(aggregate: StoredAggregate[Submission]) -> Document:
            return held_json(state_of(aggregate), AbuseList()).model_dump()

        await self.audit.record(self.caller, action, KIND, [held.id], RIGHT)
        return await change_once(self.submissions, held.id, _decide, _answer, key, seen)

    async def _change_list(
        self,
        action: str,
        decide: Callable[[AbuseList], Decision[AbuseList] | None],
        key: CommandKey | None,
        seen: SeenVersions,
    ) -> Document:
        """Change the list once. This process uses the new list at once, the others within seconds."""

        def _decide(aggregate: StoredAggregate[AbuseList]) -> Decision[AbuseList] | None:
            if differs(seen, aggregate.version):
                raise VersionDiffers
            return decide(aggregate.state or AbuseList())

        def _entries(aggregate: StoredAggregate[AbuseList]) -> Document:
            return WatchedShown(entries=(aggregate.state or AbuseList()).entries).model_dump()

        once, remember, answer = answer_once(key, _decide, _entries)
        await self.audit.record(self.caller, action, "abuse list", [ID], RIGHT)
        try:
            changed = await self.lists.change(ID, once, utc_now(), cause_of_request(), remember)
        except Conflict as error:
            raise ChangedMeanwhile from error
        await self.lists.refresh()
        return answer(changed)
