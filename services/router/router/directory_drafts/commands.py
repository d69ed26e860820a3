"""The draft of the next directory: begun with the first change, shared by all administrators, published as a whole."""

from collections.abc import Callable
from datetime import datetime

from shared.events.envelope import Cause
from shared.http.commands import CommandKey, SeenVersions, answer_once, differs
from shared.storage.aggregates import Decision, Document, StoredAggregate

from router.cases.store import DirectoryItems
from router.directory.commands import Overtaken, Reason, publish
from router.directory.differences import differences
from router.directory.model import Country
from router.directory.store import Draft, Drafts, Edit, Publication, Publications, Taken, written
from router.directory_drafts.model import merged

MOST_EDITS = 1_000
LARGEST = 12 * 2**20
"""Bytes: a document of the database has to hold it."""


class NoDirectory(Exception):
    """Nothing is published that a draft could begin with: the first one is a whole directory."""


class NoDraft(Exception):
    """None is begun."""


class Outdated(Exception):
    """Something was published since the draft was begun: it is done again on that first."""


class NothingChanged(Exception):
    """The draft is what is published already."""


class TooLarge(Exception):
    """The directory would be larger than can be stored."""


class HoldsAlready(Exception):
    """The publication holds, is about to, or was taken back before."""


Change = Callable[[Country | None], Country]
"""From what the draft has, or what is published, or nothing, to what it shall have."""


class Drafting:
    """Commands on the draft. Each is refused with Overtaken where the draft is another than the caller has seen."""

    def __init__(self, drafts: Drafts, publications: Publications, items: DirectoryItems) -> None:
        self.drafts = drafts
        self.publications = publications
        self.items = items

    async def current(self) -> StoredAggregate[Draft]:
        return await self.drafts.find(Drafts.DIRECTORY) or StoredAggregate(Drafts.DIRECTORY, state=Draft())

    async def latest(self) -> Publication | None:
        """Read the publication that the draft will follow."""
        version = await self.publications.latest_version()
        return await self.publications.read(version) if version else None

    async def change(
        self,
        change: Change,
        edit: Edit,
        cause: Cause,
        key: CommandKey | None,
        seen: SeenVersions,
        extra: Document | None = None,
    ) -> tuple[int, Document]:
        """The draft's version and the answer, with `extra`. Raises TooLarge, Overtaken, and what `change` raises."""
        latest = await self.latest()

        def changed(draft: Draft) -> Draft:
            has = draft.read()
            before = has or (latest.country if latest else None)
            based_on = draft.based_on if has else (latest.version if latest else 0)
            country = written(change(before))
            if len(country) > LARGEST:
                raise TooLarge
            return Draft(based_on=based_on, country=country, edits=(*draft.edits, edit)[-MOST_EDITS:])

        return await self._decide(changed, edit.at, cause, key, seen, extra)

    async def discard(
        self, now: datetime, cause: Cause, key: CommandKey | None, seen: SeenVersions
    ) -> tuple[int, Document]:
        """Raises NoDraft and Overtaken."""

        def emptied(draft: Draft) -> Draft:
            if draft.country is None:
                raise NoDraft
            return Draft()

        return await self._decide(emptied, now, cause, key, seen, None)

    async def rebase(
        self, by: str, now: datetime, cause: Cause, key: CommandKey | None, seen: SeenVersions
    ) -> tuple[int, Document]:
        """The draft's changes done again on what was published since it was begun. The answer names what both
        changed (`clashes`): there the draft's stays. Raises NoDraft and Overtaken."""
        latest = await self.latest()
        current = (await self.current()).state or Draft()
        base = await self.publications.read(current.based_on) if current.based_on else None
        clashes: list[str] = []

        def rebased(draft: Draft) -> Draft:
            country = draft.read()
            if country is None or draft.based_on != current.based_on:
                raise NoDraft if country is None else Overtaken
            if latest is None or latest.version == draft.based_on:
                return draft
            clashes.clear()
            if base is not None:
                country, both = merged(base.country, country, latest.country)
                clashes.extend(both)
            edits = (*draft.edits, Edit(at=now, by=by, what="rebased"))[-MOST_EDITS:]
            return Draft(based_on=latest.version, country=written(country), edits=edits)

        return await self._decide(rebased, now, cause, key, seen, {"clashes": clashes})

    async def publish(
        self, reason: Reason, by: str, now: datetime, cause: Cause, key: CommandKey | None, seen: SeenVersions
    ) -> Document:
        """Raises NoDraft, NothingChanged, Outdated, and what `publish` raises."""
        current = await self.current()
        draft = current.state or Draft()
        country = draft.read()
        if country is None:
            raise NoDraft
        latest = await self.latest()
        if differs(seen, current.version):
            raise Overtaken
        if draft.based_on != (latest.version if latest else 0):
            raise Outdated
        if latest is not None and not any(differences(latest.country, country)):
            raise NothingChanged
        reason = Reason(reason.why, reason.valid_from, draft.edits)
        answer = await publish(self.publications, self.items, country, by, now, cause, key, draft.based_on, reason)
        await self._published(current.version, answer["version"], now, cause)
        return answer

    async def take_back(self, version: int, taken: Taken, cause: Cause, key: CommandKey | None) -> Document:
        """A publication that does not hold yet; what it had becomes the draft again, where there is none. The answer is
        kept under `key`.

        Raises LookupError and HoldsAlready.
        """
        publication = await self.publications.read(version)
        answer: Document = {"version": version, "at": taken.at, "by": taken.by, "why": taken.why}
        if not await self.publications.take_back(version, taken, key, answer):
            raise HoldsAlready
        before = await self.publications.latest_version()
        edit = Edit(at=taken.at, by=taken.by, what="taken back")

        def again(aggregate: StoredAggregate[Draft]) -> Decision[Draft] | None:
            if aggregate.state is not None and aggregate.state.country is not None:
                return None
            edits = (*publication.edits, edit)[-MOST_EDITS:]
            return Decision(Draft(based_on=before or 0, country=written(publication.country), edits=edits))

        await self.drafts.change(Drafts.DIRECTORY, again, taken.at, cause)
        return answer

    async def _published(self, version: int, publication: int, now: datetime, cause: Cause) -> None:
        """The draft is done with. What was changed while it was being published is the beginning of the next one."""

        def ended(aggregate: StoredAggregate[Draft]) -> Decision[Draft] | None:
            if aggregate.version == version:
                return Decision(Draft())
            state = aggregate.state or Draft()
            return Decision(state.model_copy(update={"based_on": publication})) if state.country else None

        await self.drafts.change(Drafts.DIRECTORY, ended, now, cause)

    async def _decide(
        self,
        change: Callable[[Draft], Draft],
        now: datetime,
        cause: Cause,
        key: CommandKey | None,
        seen: SeenVersions,
        extra: Document | None,
    ) -> tuple[int, Document]:
        def decide(aggregate: StoredAggregate[Draft]) -> Decision[Draft]:
            if differs(seen, aggregate.version):
                raise Overtaken
            return Decision(change(aggregate.state or Draft()))

        def answer(aggregate: StoredAggregate[Draft]) -> Document:
            state = aggregate.state or Draft()
            return {"is_begun": state.country is not None, "based_on": state.based_on, **(extra or {})}

        once, remember, answered = answer_once(key, decide, answer)
        aggregate = await self.drafts.change(Drafts.DIRECTORY, once, now, cause, remember)
        return aggregate.version, answered(aggregate)
