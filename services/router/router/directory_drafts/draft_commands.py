"""Commands of an administrator on the draft of the directory and on what was published.

Each runs once for its key, on the version that the caller has seen, and raises errors of the domain.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from shared.events.envelope import Cause
from shared.http.auth import Caller
from shared.http.commands import CommandKey, SeenVersions, differs
from shared.storage.aggregates import Document

from router.cases.store import Assignments
from router.casework.case_command import Record
from router.directory.commands import Faulty, Overtaken, Reason
from router.directory.model import Country, Item, items_in
from router.directory.snapshot import Directory, DirectoryInUse
from router.directory.store import Draft, Edit, Taken
from router.directory_drafts.api_models import ImportFile, faults_shown
from router.directory_drafts.checks import faults_of
from router.directory_drafts.commands import Drafting, NoDirectory, NoDraft
from router.directory_drafts.exchange import read_file
from router.directory_drafts.model import AlreadyThere, with_item, without_item
from router.directory_drafts.trial import Trial, trial

TRIED = 2_000
"""How many of the newest submissions a trial takes where the caller names no number."""


@dataclass(frozen=True)
class DraftResult:
    """The answer of a command, which is stored under its key, and the version that it made."""

    answer: Document
    version: int


@dataclass(frozen=True)
class DirectoryCommand:
    """One command of one administrator. `seen`: the version that the caller has seen of what the command changes."""

    drafting: Drafting
    directory: DirectoryInUse
    assignments: Assignments
    caller: Caller
    seen: SeenVersions
    key: CommandKey | None
    record: Record
    cause: Cause
    now: datetime

    def edit(self, what: str, name: str | None = None, id: str | None = None) -> Edit:
        return Edit(at=self.now, by=self.caller.subject, what=what, list=name, id=id)


async def import_file(at: DirectoryCommand, sent: ImportFile) -> DraftResult:
    """Take a file into the draft whole. The faults that the check finds afterwards stand in the answer."""
    file = await asyncio.to_thread(read_file, sent.format, sent.list, sent.text)
    current, latest = await at.drafting.current(), await at.drafting.latest()
    before = (current.state or Draft()).read() or (latest.country if latest else None)
    found = await asyncio.to_thread(faults_of, file.put_into(before))
    extra = {"faults": [fault.model_dump() for fault in faults_shown(found, file.lines_of(found))]}
    edit = at.edit("imported", file.name)
    version, answer = await at.drafting.change(file.put_into, edit, at.cause, at.key, at.seen, extra)
    return DraftResult(answer, version)


async def put_item(
    at: DirectoryCommand, name: str, item: Item, before: str | None, is_new: bool = False
) -> DraftResult:
    """Put an item into the draft, in front of `before`. Raises AlreadyThere where it shall be new and is not."""

    def change(country: Country | None) -> Country:
        if country is None:
            raise NoDirectory
        if is_new and any(each.id == item.id for each in items_in(country, name)):
            raise AlreadyThere(item.id)
        return with_item(country, name, item, before)

    version, answer = await at.drafting.change(change, at.edit("put", name, item.id), at.cause, at.key, at.seen)
    return DraftResult(answer, version)


async def remove_item(at: DirectoryCommand, name: str, id: str) -> DraftResult:
    """Raises LookupError where the draft has no such item."""

    def change(country: Country | None) -> Country:
        if country is None or id not in {item.id for item in items_in(country, name)}:
            raise LookupError(id)
        return without_item(country, name, id)

    version, answer = await at.drafting.change(change, at.edit("removed", name, id), at.cause, at.key, at.seen)
    return DraftResult(answer, version)


async def rebase(at: DirectoryCommand) -> DraftResult:
    version, answer = await at.drafting.rebase(at.caller.subject, at.now, at.cause, at.key, at.seen)
    return DraftResult(answer, version)


async def discard(at: DirectoryCommand) -> DraftResult:
    version, answer = await at.drafting.discard(at.now, at.cause, at.key, at.seen)
    return DraftResult(answer, version)


async def publish(at: DirectoryCommand, reason: Reason) -> DraftResult:
    """Publish the draft and use it in this process at once."""
    answer = await at.drafting.publications.answers.once(
        at.key, lambda: at.drafting.publish(reason, at.caller.subject, at.now, at.cause, at.key, at.seen)
    )
    await at.record("publish", "directory", [f"publication-{answer['version']}"], "administrator")
    await at.directory.refresh()
    return DraftResult(answer, (await at.drafting.current()).version)


async def take_back(at: DirectoryCommand, version: int, why: str) -> DraftResult:
    """Take a publication back before it holds. `seen` is the number of the publication."""
    if differs(at.seen, version):
        raise Overtaken
    taken = Taken(at.now, at.caller.subject, why)
    answer = await at.drafting.publications.answers.once(
        at.key, lambda: at.drafting.take_back(version, taken, at.cause, at.key)
    )
    await at.record("take-back", "directory", [f"publication-{version}"], "administrator")
    return DraftResult(answer, version)


async def try_rules(at: DirectoryCommand, most: int) -> Trial:
    """Say where the draft's rules would send the newest submissions. Raises NoDraft and Faulty."""
    in_force = at.directory.current
    country = ((await at.drafting.current()).state or Draft()).read()
    if country is None or in_force is None:
        raise NoDraft
    found = await asyncio.to_thread(faults_of, country)
    if found:
        raise Faulty(found)
    past = await at.assignments.past(most)
    return await asyncio.to_thread(
        lambda: trial(past, in_force, Directory.of(in_force.version, country, in_force.zone))
    )
