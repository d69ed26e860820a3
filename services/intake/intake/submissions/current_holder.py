"""The entity that is responsible for a submission, as citizens and the public see it."""

from shared.reference.directory import Directory

from intake.submissions.life import Status
from intake.submissions.model import Submission

CENTRAL = "central"
"""The central office's kind of entity."""


def holder_of(submission: Submission, directory: Directory) -> str | None:
    """The central office during an appeal, as the entity that answered does nothing then."""
    if submission.status != Status.APPEALED:
        return submission.entity
    central = (each.entity for each in directory.entities.values() if each.kind == CENTRAL and each.active)
    return next(central, submission.entity)
