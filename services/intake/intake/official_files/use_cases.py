"""Officials add files to a submission, for colleagues or as evidence of an answer."""

from collections.abc import Sequence

from shared.http.auth import Caller
from shared.privacy.audit import RequestAudit
from shared.storage.aggregates import Decision, Document

from intake.attachments.commands import Upload
from intake.attachments.store import Attachments, StoredFile
from intake.attachments.use_cases import CONTRIBUTOR, FileStores, KeyOfContent, ReadableFiles, add_files
from intake.official_files.commands import add_official_files
from intake.submissions.errors import NotAllowed, NotFound
from intake.submissions.model import Attachment, Submission
from intake.submissions.time_limits import Limits
from intake.submissions.use_cases import state_of


class OfficialFiles:
    """One submission, for an official who may add files to it.

    Officials of the responsible entity and of the central office may. Contributors may not: their files belong to their
    part. In triage, before an entity is responsible, only callers of some entity may.
    """

    def __init__(self, readable: ReadableFiles) -> None:
        """Raises NotAllowed for everybody else."""
        if readable.right is None or readable.caller is None:
            raise NotAllowed("role")
        submission = state_of(readable.submission)
        entity = readable.caller.entity or submission.entity
        if readable.right == CONTRIBUTOR or entity is None:
            raise NotAllowed("entity")
        self.caller: Caller = readable.caller
        self.right = readable.right
        self.id = readable.submission.id
        self.submission = submission
        self.entity = entity

    async def add(
        self,
        stores: FileStores,
        uploads: Sequence[Upload],
        limits: Limits,
        key_of: KeyOfContent,
        audit: RequestAudit,
    ) -> Document:
        """Raises NoFile, FilesRefused, NotPossible, TooManyFiles and PersonForgotten."""

        def _put(id: str, state: Submission, files: Sequence[Attachment]) -> Decision[Submission] | None:
            return add_official_files(id, state, files, self.entity, self.caller.subject, limits)

        async def _record(ids: list[str]) -> None:
            await audit.record(self.caller, "add", "attachment", ids, self.right)

        return await add_files(stores, uploads, self.id, limits.attachments, _put, key_of, self.caller.subject, _record)


async def find_published_evidence(attachments: Attachments, submission: Submission, id: str) -> StoredFile:
    """Find a file that an answer shows to everybody. Raises NotFound.

    It must be named by the answer and be sent by an official: either check alone could show a citizen's file.
    """
    if not any(file.id == id and file.is_public for file in submission.evidence):
        raise NotFound
    stored = await attachments.find_of_official(id)
    if stored is None:
        raise NotFound
    return stored
