"""Files of officials, as commands name them: evidence of an answer, or what a note is about."""

from collections.abc import Collection, Iterable

from shared.events.assignments import Evidence

from router.cases.model import Assignment
from router.casework.command_models import EvidenceSent
from router.directory.snapshot import Directory
from router.http.problems import evidence_needed, file_not_usable


def evidence_of(sent: Iterable[EvidenceSent]) -> tuple[Evidence, ...]:
    """Each file once."""
    return tuple({each.id: Evidence(id=each.id, is_public=each.is_public) for each in sent}.values())


def check_evidence(directory: Directory, before: Assignment, evidence: Collection[Evidence]) -> None:
    """Raises Problem 422 where the category needs some and there is none, or a file may not be shown."""
    if not evidence and needs_evidence(directory, before):
        raise evidence_needed()
    if {each.id for each in evidence} - {file.id for file in before.showable}:
        raise file_not_usable("evidence")


def check_files(before: Assignment, files: Iterable[str]) -> None:
    """Raises Problem 422 for what no official put to it."""
    if set(files) - {file.id for file in before.official_files}:
        raise file_not_usable("files")


def needs_evidence(directory: Directory | None, assignment: Assignment) -> bool:
    """What officials answer one another needs none: evidence is the author's to see."""
    if assignment.parent is not None:
        return False
    category = directory.categories.get(assignment.category or "") if directory is not None else None
    return category is not None and category.needs_evidence
