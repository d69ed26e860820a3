"""Read the files of a submission, and add files to it, as far as the caller may."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.events.model import Role
from shared.http.auth import Caller
from shared.http.commands import CommandKey
from shared.privacy.audit import RequestAudit
from shared.reference.directory import Directory
from shared.reference.work_areas import works_in
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, Document, StoredAggregate

from intake.attachments.commands import Upload, attach_staged, stage_uploads
from intake.attachments.store import Attachments, StoredFile
from intake.media.file_sanitiser import Cleaner
from intake.submissions.errors import FilesRefused, NoFile, NotAllowed, NotFound
from intake.submissions.model import Attachment, Submission
from intake.submissions.store import Submissions
from intake.submissions.use_cases import Change, change_once, state_of
from intake.tracking.json_view import attachments_json

UNSENT_FOR = timedelta(hours=1)
CONTRIBUTOR = "part"
"""The audit trail's word for the right of officials whose entity was asked for a part of the submission."""

PutFiles = Callable[[str, Submission, Sequence[Attachment]], Decision[Submission] | None]
"""Decides, from the id and the state of a submission, what these files change in it."""

KeyOfContent = Callable[[bytes], CommandKey | None]
"""Makes the command's idempotency key from a digest of what was sent."""


@dataclass(frozen=True)
class ReadableFiles:
    """A submission whose files the caller may read. `right` is set for officials, whose reading is audited."""

    submission: StoredAggregate[Submission]
    caller: Caller | None
    right: str | None

    @property
    def files(self) -> list[Attachment]:
        """The author's files, then the officials'.

        The author sees only those of the officials' files that an answer names. Contributors see none of them, as they
        are for colleagues of the entity that is responsible.
        """
        state = state_of(self.submission)
        of_officials = {None: state.evidence, CONTRIBUTOR: []}.get(self.right, state.official_files)
        return [*state.attachments, *of_officials]

    async def stored(self, attachments: Attachments, id: str) -> StoredFile:
        """Raises NotFound for a file that this caller may not read."""
        if not any(file.id == id for file in self.files):
            raise NotFound
        stored = await attachments.find(self.submission.id, id)
        if stored is None:
            raise NotFound
        return stored

    async def record(self, audit: RequestAudit, action: str, ids: Sequence[str]) -> None:
        """Writes an official's reading into the audit trail; citizens read their own files without a record."""
        if self.right is not None and self.caller is not None:
            await audit.record(self.caller, action, "attachment", ids, self.right)


def is_official(caller: Caller | None) -> bool:
    return caller is not None and not caller.roles <= {Role.CITIZEN}


async def open_for_official(
    submissions: Submissions, directory: Directory, reference: str, caller: Caller, now: datetime
) -> ReadableFiles:
    """Open it for the responsible entity, for the entities that contribute to it, and for the central office.

    Raises NotFound for an unknown or confidential submission, NotAllowed for one of another entity or area.
    """
    aggregate = await submissions.by_reference(reference)
    if aggregate is None or aggregate.state is None:
        raise NotFound
    submission = aggregate.state
    is_central, is_responsible = caller.has(Role.CENTRAL), caller.acts_for(submission.entity)
    contributes = any(caller.acts_for(entity) for entity in submission.taking_part)
    if not (is_central or is_responsible or contributes):
        raise NotAllowed("entity")
    only_contributes = not (is_central or is_responsible)
    entity = caller.entity if only_contributes else submission.entity
    check_visible(caller, submission, entity, directory, now)
    right = CONTRIBUTOR if only_contributes else "central office" if is_central else "custodian"
    return ReadableFiles(aggregate, caller, right)


def check_visible(
    caller: Caller, submission: Submission, entity: str | None, directory: Directory, now: datetime
) -> None:
    """Apply the rules of the router's desk: raises NotFound for what is confidential, NotAllowed for another area.

    `entity` is responsible or contributes; its head, and the officials that the head named, read what is confidential.
    """
    names = directory.stands_for(caller.subject, now)
    if not directory.may_read(names, submission.confided_at(entity), entity):
        raise NotFound
    area = submission.area or directory.area_of(submission.location)
    if not caller.has(Role.CENTRAL) and not works_in(directory.areas_of(names), area):
        raise NotAllowed("area")


@dataclass(frozen=True)
class FileStores:
    """Everything that files go through on their way to a submission."""

    submissions: Submissions
    attachments: Attachments
    cleaner: Cleaner


async def add_files(
    stores: FileStores,
    uploads: Sequence[Upload],
    submission_id: str,
    room: int,
    put: PutFiles,
    key_of: KeyOfContent,
    official: str | None = None,
    before: Callable[[list[str]], Awaitable[None]] | None = None,
) -> Document:
    """Add all of the files, or none. `before` gets their ids before anything is stored, for the audit trail.

    Raises NoFile, FilesRefused, and whatever `put` raises.
    """
    if not uploads:
        raise NoFile
    attachments, now = stores.attachments, utc_now()
    taken, faults = await stage_uploads(
        uploads, room, None, attachments, stores.cleaner, now + UNSENT_FOR, now, official=official
    )
    if faults:
        await attachments.discard([stored.id for stored in taken])
        raise FilesRefused(faults)
    key = key_of(",".join(stored.digest for stored in taken).encode())
    files = [stored.attachment() for stored in taken]
    if before is not None:
        await before([file.id for file in files])

    def _answer(aggregate: StoredAggregate[Submission]) -> Document:
        items = attachments_json(state_of(aggregate).reference, files)
        return {"items": [item.model_dump() for item in items]}

    async def _with_files(change: Change) -> StoredAggregate[Submission]:
        return await attach_staged(taken, submission_id, attachments, now, change)

    return await change_once(
        stores.submissions,
        submission_id,
        lambda id, state: put(id, state, files),
        _answer,
        key,
        around=_with_files,
    )
