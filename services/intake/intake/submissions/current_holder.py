"""Who has a submission, as its citizen and the public are told."""

from shared.reference.directory import Directory

from intake.submissions.life import Status
from intake.submissions.model import Submission

CENTRAL = "central"
"""The kind of entity that is the central office."""


def holder_of(submission: Submission, directory: Directory) -> str | None:
    """While an appeal runs it is the central office: the entity that answered does nothing with it."""
    if submission.status != Status.APPEALED:
        return submission.entity
    central = (each.entity for each in directory.entities.values() if each.kind == CENTRAL and each.active)
    return next(central, submission.entity)
