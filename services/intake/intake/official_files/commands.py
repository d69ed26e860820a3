"""Decisions on officials' files: add them for colleagues; an answer shows them to its author."""

from collections.abc import Sequence

from shared.events.assignments import Evidence
from shared.events.envelope import OutgoingEvent
from shared.events.submissions import AttachedFile, OfficialFilesAdded
from shared.storage.aggregates import Decision

from intake.submissions.errors import NotPossible, PersonForgotten, TooManyFiles
from intake.submissions.life import TAKES_OFFICIAL_FILES, Status
from intake.submissions.model import Attachment, OfficialFile, Submission
from intake.submissions.time_limits import Limits


def add_official_files(
    id: str, submission: Submission, files: Sequence[Attachment], entity: str, official: str, limits: Limits
) -> Decision[Submission] | None:
    """Returns None where all of them are there already. The timeline, which the author reads, does not mention them.

    Raises NotPossible, PersonForgotten and TooManyFiles.
    """
    known = {file.id for file in submission.official_files}
    more = [file for file in files if file.id not in known]
    if not more:
        return None
    if submission.erasure is not None:
        raise PersonForgotten
    status = Status(submission.status)
    if status not in TAKES_OFFICIAL_FILES:
        raise NotPossible(status, "put_files")
    if len(known) + len(more) > limits.official_files:
        raise TooManyFiles(limits.official_files)
    put = [OfficialFile(**file.model_dump(), official=official, entity=entity) for file in more]
    told = tuple(AttachedFile(id=file.id, media_type=file.media_type, size=file.size) for file in put)
    event = OfficialFilesAdded(
        submission_id=id, from_state=status, to_state=status, files=told, entity=entity, official=official
    )
    return Decision(
        submission.model_copy(update={"official_files": [*submission.official_files, *put]}), [OutgoingEvent(event)]
    )


def as_evidence(files: Sequence[OfficialFile], evidence: Sequence[Evidence]) -> list[OfficialFile]:
    """Mark the files that an answer names as evidence."""
    named = {each.id: each.is_public for each in evidence}
    return [
        file.model_copy(update={"is_evidence": True, "is_public": named[file.id]}) if file.id in named else file
        for file in files
    ]
