"""The draft of the wording, its check, and what is published: as a whole, with who and why, never overwritten."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from shared.events.envelope import Cause
from shared.http.commands import CommandKey, SeenVersions, answer_once, differs
from shared.storage.aggregates import Conflict, Decision, Document, StoredAggregate

from notifier.message_templates.checks import EventTypes, Fault, faults_of
from notifier.message_templates.model import Wording, brought_over, differences
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
from notifier.rendering.templates import Words

logger = logging.getLogger(__name__)

EDITS_KEPT = 500
TEMPLATES_AT_MOST = 200
ROWS_AT_MOST = 500


class NothingToPublish(Exception):
    """No draft is begun, or it is what is published already."""


class VersionDiffers(Exception):
    """The draft changed since its author looked."""


class DraftOutdated(Exception):
    """Another wording was published since the draft was begun."""


class NotTheNewest(Exception):
    """Only the newest wording is taken back, and only one that has one before it."""


class WordingTooLarge(Exception):
    """Templates or rows: each process holds them all."""


class FaultyWording(Exception):
    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.code} {fault.where}" for fault in faults))
        self.faults = faults


class WordingCommands:
    def __init__(
        self,
        drafts: Drafts,
        publications: Publications,
        words: Mapping[str, Words],
        event_types: EventTypes,
    ) -> None:
        self.drafts = drafts
        self.publications = publications
        self.words = words
        self.event_types = event_types

    async def current(self) -> tuple[int, Draft]:
        """The draft and its version, for whoever changes it next."""
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

    async def edit(
        self,
        change: Callable[[Wording], Wording],
        edit: Edit,
        seen: SeenVersions,
        key: CommandKey | None,
        cause: Cause,
    ) -> int:
        """Into the draft, which begins with what is published. Answers the draft's version.

        Raises Overtaken where it changed since the version `seen`, TooMany, and what `change` raises.
        """
        published = await self.published()

        def _changed(draft: Draft) -> Draft:
            begun = draft.read()
            after = change(begun or published.wording)
            if len(after.templates) > TEMPLATES_AT_MOST or after.table.size > ROWS_AT_MOST:
                raise WordingTooLarge
            based_on = published.version if begun is None else draft.based_on
            return Draft(based_on=based_on, wording=written(after), edits=(*draft.edits, edit)[-EDITS_KEPT:])

        return await self._change(_changed, seen, key, edit.at, cause)

    async def discard(self, seen: SeenVersions, key: CommandKey | None, now: datetime, cause: Cause) -> int:
        """Raises Overtaken."""
        return await self._change(lambda draft: Draft(), seen, key, now, cause)

    async def bring_up_to_date(
        self, by: str, seen: SeenVersions, key: CommandKey | None, now: datetime, cause: Cause
    ) -> int:
        """The draft's changes done again on what was published since it was begun; where both changed the same, the
        draft's stays. Raises Overtaken."""
        newest = await self.published()
        _, current = await self.current()
        base = await self.publications.read(current.based_on) if current.based_on else newest

        def _again(draft: Draft) -> Draft:
            wording = draft.read()
            if wording is None:
                return draft
            if draft.based_on != current.based_on:
                raise VersionDiffers
            edits = (*draft.edits, Edit(at=now, by=by, what="rebased"))[-EDITS_KEPT:]
            again = brought_over(base.wording, wording, newest.wording)
            return Draft(based_on=newest.version, wording=written(again), edits=edits)

        return await self._change(_again, seen, key, now, cause)

    async def publish(
        self, by: str, why: str, seen: SeenVersions, key: CommandKey | None, now: datetime, cause: Cause
    ) -> Document:
        """Answers its number and what it changed. Raises Faulty, NothingToPublish, Overtaken, Outdated, Conflict."""

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
            answer = await self._add(before, wording, by, why, now, key, edits=draft.edits)
            await self._is_published(version, answer["version"], now, cause)
            return answer

        return await self.publications.answers.once(key, _publish)

    async def once(self, key: CommandKey | None, command: Callable[[], Awaitable[Document]]) -> Document:
        """Of a command that changes neither the draft nor what is published: what it was answered the first time."""

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
        """The draft is done with. What was changed while it was being published is the beginning of the next one."""

        def _ended(aggregate: StoredAggregate[Draft]) -> Decision[Draft] | None:
            state = aggregate.state or Draft()
            if aggregate.version == version:
                return Decision(Draft())
            return Decision(state.model_copy(update={"based_on": publication})) if state.wording else None

        await self.drafts.change(ONE, _ended, now, cause)

    async def take_back(self, version: int, by: str, why: str, key: CommandKey | None, now: datetime) -> Document:
        """The one before it holds again, as a publication of its own. Raises NotTheNewest, Conflict."""

        async def _take_back() -> Document:
            newest = await self.published()
            if newest.version != version or version < 2:
                raise NotTheNewest
            before = await self.publications.read(version - 1)
            if found := await self.faults(before.wording):
                raise FaultyWording(found)
            return await self._add(newest, before.wording, by, why, now, key, takes_back=version)

        return await self.publications.answers.once(key, _take_back)

    async def deliver(self, delivered: Wording, now: datetime) -> None:
        """At start: what this version of the software brings, with all that people changed. Once for each.

        Where somebody publishes at the same moment, upon what that has become.
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
                # Theirs holds on: a draft that is brought up to date shows what must be put right.
                logger.error("what people wrote does not fit this version", extra={"faults": [vars(f) for f in found]})
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
