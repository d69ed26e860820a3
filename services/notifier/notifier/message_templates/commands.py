"""Edit the draft of the wording, check it, publish it as a whole, and take a publication back.

Publications are never overwritten; each names its author and the reason.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from shared.events.envelope import Cause
from shared.http.auth import Caller
from shared.http.commands import CommandKey, SeenVersions, answer_once, differs
from shared.privacy.audit import RequestAudit
from shared.storage.aggregates import Conflict, Decision, Document, StoredAggregate

from notifier.message_templates.checks import EventTypes, Fault, FaultyWording, faults_of
from notifier.message_templates.model import Texts, Wording, brought_over, differences
from notifier.message_templates.store import (
    BY_THE_SOFTWARE,
    ONE,
    Draft,
    Drafts,
    Edit,
    Publication,
    Publications,
    written,
)
from notifier.planning.table import Table
from notifier.rendering.templates import Words

logger = logging.getLogger(__name__)

EDITS_KEPT = 500
TEMPLATES_AT_MOST = 200
ROWS_AT_MOST = 500


class NothingToPublish(Exception):
    """There is no draft, or it equals the published wording."""


class VersionDiffers(Exception):
    """The draft changed since the caller read it."""


class DraftOutdated(Exception):
    """Another wording was published since the draft was begun."""


class NotTheNewest(Exception):
    """Only the newest wording can be taken back, and the first one cannot."""


class WordingTooLarge(Exception):
    """There are too many templates or rows: each process holds them all in memory."""


class WordingCommands:
    def __init__(
        self,
        drafts: Drafts,
        publications: Publications,
        words: Mapping[str, Words],
        event_types: EventTypes,
        clock: Callable[[], datetime],
    ) -> None:
        self.drafts = drafts
        self.publications = publications
        self.words = words
        self.event_types = event_types
        self.clock = clock

    async def current(self) -> tuple[int, Draft]:
        """The version of the draft, and the draft."""
        found = await self.drafts.find(ONE)
        return (found.version, found.state or Draft()) if found else (0, Draft())

    async def published(self) -> Publication:
        """Raises LookupError before the software has published its own."""
        newest = await self.publications.newest()
        if newest is None:
            raise LookupError("no wording")
        return newest

    async def faults(self, wording: Wording) -> list[Fault]:
        return await asyncio.to_thread(faults_of, wording, self.words, self.event_types)

    async def write_template(
        self, name: str, texts: Texts, caller: Caller, seen: SeenVersions, key: CommandKey | None, cause: Cause
    ) -> int:
        """Write a template into the draft, faulty or not, and return the draft's version. Raises as `_edit` does."""

        def _change(wording: Wording) -> Wording:
            return wording.model_copy(update={"templates": wording.templates | {name: texts}})

        return await self._edit(_change, self._entry(caller, "template", name), seen, key, cause)

    async def write_table(
        self,
        change: Callable[[Table], Table],
        caller: Caller,
        seen: SeenVersions,
        key: CommandKey | None,
        cause: Cause,
        what: str = "table",
    ) -> int:
        """Change the table in the draft and return the draft's version. Raises as `_edit` does."""

        def _change(wording: Wording) -> Wording:
            return wording.model_copy(update={"table": change(wording.table)})

        return await self._edit(_change, self._entry(caller, what), seen, key, cause)

    async def _edit(
        self,
        change: Callable[[Wording], Wording],
        entry: Edit,
        seen: SeenVersions,
        key: CommandKey | None,
        cause: Cause,
    ) -> int:
        """Change the draft, which begins as a copy of the published wording.

        Raises VersionDiffers if the draft changed since the version `seen`, WordingTooLarge, and what `change` raises.
        """
        published = await self.published()

        def _changed(draft: Draft) -> Draft:
            begun = draft.read()
            after = change(begun or published.wording)
            if len(after.templates) > TEMPLATES_AT_MOST or after.table.size > ROWS_AT_MOST:
                raise WordingTooLarge
            based_on = published.version if begun is None else draft.based_on
            return Draft(based_on=based_on, wording=written(after), edits=(*draft.edits, entry)[-EDITS_KEPT:])

        return await self._change(_changed, seen, key, entry.at, cause)

    def _entry(self, caller: Caller, what: str, name: str = "") -> Edit:
        return Edit(at=self.clock(), by=caller.subject, what=what, name=name)

    async def discard(self, seen: SeenVersions, key: CommandKey | None, cause: Cause) -> int:
        """Raises VersionDiffers."""
        return await self._change(lambda draft: Draft(), seen, key, self.clock(), cause)

    async def bring_up_to_date(self, caller: Caller, seen: SeenVersions, key: CommandKey | None, cause: Cause) -> int:
        """Apply the draft's changes again to the newest publication; where both changed the same text or event, the
        draft's change stays. Raises VersionDiffers."""
        newest = await self.published()
        _, current = await self.current()
        base = await self.publications.read(current.based_on) if current.based_on else newest
        entry = self._entry(caller, "rebased")

        def _again(draft: Draft) -> Draft:
            wording = draft.read()
            if wording is None:
                return draft
            if draft.based_on != current.based_on:
                raise VersionDiffers
            again = brought_over(base.wording, wording, newest.wording)
            return Draft(based_on=newest.version, wording=written(again), edits=(*draft.edits, entry)[-EDITS_KEPT:])

        return await self._change(_again, seen, key, entry.at, cause)

    async def publish(
        self,
        caller: Caller,
        why: str,
        seen: SeenVersions,
        key: CommandKey | None,
        cause: Cause,
        audit: RequestAudit,
    ) -> Document:
        """Publish the draft; the answer holds the version and what it changed.

        Raises FaultyWording, NothingToPublish, VersionDiffers, DraftOutdated, Conflict.
        """
        await audit.record(caller, "publish", "wording", ["draft"], f"administrator: {why}")
        now = self.clock()

        async def _publish() -> Document:
            version, draft = await self.current()
            if differs(seen, version):
                raise VersionDiffers
            wording, before = draft.read(), await self.published()
            if wording is None:
                raise NothingToPublish
            if draft.based_on != before.version:
                raise DraftOutdated
            if not differences(before.wording, wording):
                raise NothingToPublish
            if found := await self.faults(wording):
                raise FaultyWording(found)
            answer = await self._add(before, wording, caller.subject, why, now, key, edits=draft.edits)
            await self._is_published(version, answer["version"], now, cause)
            return answer

        return await self.publications.answers.once(key, _publish)

    async def once(self, key: CommandKey | None, command: Callable[[], Awaitable[Document]]) -> Document:
        """Make a command idempotent that changes neither the draft nor the publications: repeat its first answer."""

        async def _kept() -> Document:
            answer = await command()
            await self.publications.answers.keep(await self.publications.newest_version(), key, answer)
            return answer

        return await self.publications.answers.once(key, _kept)

    async def _change(
        self, change: Callable[[Draft], Draft], seen: SeenVersions, key: CommandKey | None, now: datetime, cause: Cause
    ) -> int:
        def _decide(aggregate: StoredAggregate[Draft]) -> Decision[Draft]:
            if differs(seen, aggregate.version):
                raise VersionDiffers
            return Decision(change(aggregate.state or Draft()))

        once, remember, _ = answer_once(key, _decide, lambda before: {"version": before.version + 1})
        after = await self.drafts.change(ONE, once, now, cause, remember)
        kept = after.commands.get(key.key) if key else None
        return int(kept["answer"]["version"]) if kept else after.version

    async def _is_published(self, version: int, publication: int, now: datetime, cause: Cause) -> None:
        """End the draft. Changes made while it was being published become the beginning of the next draft."""

        def _ended(aggregate: StoredAggregate[Draft]) -> Decision[Draft] | None:
            state = aggregate.state or Draft()
            if aggregate.version == version:
                return Decision(Draft())
            return Decision(state.model_copy(update={"based_on": publication})) if state.wording else None

        await self.drafts.change(ONE, _ended, now, cause)

    async def take_back(
        self, version: int, caller: Caller, why: str, key: CommandKey | None, audit: RequestAudit
    ) -> Document:
        """Publish the wording before this version again, as a new publication. Raises NotTheNewest, Conflict."""
        await audit.record(caller, "take-back", "wording", [str(version)], f"administrator: {why}")
        now = self.clock()

        async def _take_back() -> Document:
            newest = await self.published()
            if newest.version != version or version < 2:
                raise NotTheNewest
            before = await self.publications.read(version - 1)
            if found := await self.faults(before.wording):
                raise FaultyWording(found)
            return await self._add(newest, before.wording, caller.subject, why, now, key, takes_back=version)

        return await self.publications.answers.once(key, _take_back)

    async def deliver(self, delivered: Wording, now: datetime) -> None:
        """Publish the wording that this version of the software delivers, once, with all that people have changed.

        If somebody publishes at the same moment, it is merged again with that publication.
        """
        digest = hashlib.sha256(written(delivered).encode()).hexdigest()
        while not await self.publications.was_delivered(digest):
            await self._deliver(delivered, digest, now)

    async def _deliver(self, delivered: Wording, digest: str, now: datetime) -> None:
        newest, before = await self.publications.newest(), await self.publications.newest_delivered()
        wording = delivered
        if newest is not None and before is not None and before.delivered is not None:
            wording = brought_over(before.delivered, newest.wording, delivered)
            if found := await self.faults(wording):
                # The published wording stays in use: a draft that is brought up to date shows what must be corrected.
                logger.error("published wording does not fit this version", extra={"faults": [vars(f) for f in found]})
                wording = newest.wording
        publication = Publication(
            version=(newest.version if newest else 0) + 1,
            at=now,
            by=BY_THE_SOFTWARE,
            why="",
            changed=tuple(differences(newest.wording, wording)) if newest else (),
            wording=wording,
            delivered=delivered,
        )
        await self.publications.add(publication, digest=digest)

    async def _add(
        self,
        before: Publication,
        wording: Wording,
        by: str,
        why: str,
        now: datetime,
        key: CommandKey | None,
        edits: tuple[Edit, ...] = (),
        takes_back: int | None = None,
    ) -> Document:
        changed = differences(before.wording, wording)
        number = before.version + 1
        answer: Document = {"version": number, "changed": changed}
        publication = Publication(number, now, by, why, tuple(changed), edits, takes_back, wording=wording)
        if not await self.publications.add(publication, key, answer):
            raise Conflict("another wording was published at the same moment")
        return answer
