"""Files of officials, as commands name them: evidence of an answer, or what a note is about."""

from collections.abc import Collection, Iterable

from shared.events.assignments import Evidence

from router.cases.model import Assignment
from router.casework.command_models import EvidenceSent
from router.casework.errors import EvidenceMissing, FileNotUsable
from router.directory.snapshot import Directory


def evidence_of(sent: Iterable[EvidenceSent]) -> tuple[Evidence, ...]:
    """Each file once."""
    return tuple({each.id: Evidence(id=each.id, is_public=each.is_public) for each in sent}.values())


def check_evidence(directory: Directory, before: Assignment, evidence: Collection[Evidence]) -> None:
    """Raise EvidenceMissing where the category needs some, and FileNotUsable for a file that may not be shown."""
    if not evidence and needs_evidence(directory, before):
        raise EvidenceMissing
    if {each.id for each in evidence} - {file.id for file in before.showable}:
        raise FileNotUsable("evidence")


def check_files(before: Assignment, files: Iterable[str]) -> None:
    """Raise FileNotUsable for a file that no official added to the case."""
    if set(files) - {file.id for file in before.official_files}:
        raise FileNotUsable("files")


def needs_evidence(directory: Directory | None, assignment: Assignment) -> bool:
    """Tell whether an answer needs evidence. A sub-case needs none: evidence is for the author to see."""
    if assignment.parent is not None:
        return False
    category = directory.categories.get(assignment.category or "") if directory is not None else None
    return category is not None and category.needs_evidence
