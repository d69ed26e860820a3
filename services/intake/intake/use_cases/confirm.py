"""Confirm: whoever reads the mail says whether the address that was given is theirs.

Intake owns it, as it issues the code, and the notifier hears of it on the contacts topic. Nothing of it is in the
timeline: it says nothing about the matter.
"""

from shared.aggregates import Decision
from shared.events.contacts import ContactConfirmed, confirmation_key, contact_key
from shared.events.envelope import Draft
from shared.topics import CONTACTS, Topic

from intake.domain.confirmation import Confirmation
from intake.domain.refusals import LinkNotUsable
from intake.domain.submission import Submission
from intake.use_cases.submit import AUTHOR


def confirm(id: str, submission: Submission) -> Decision[Submission] | None:
    """Once more changes nothing. Raises LinkNotUsable where the address is gone from the submission."""
    _check(submission)
    if submission.confirmation == Confirmation.CONFIRMED:
        return None
    if submission.confirmation == Confirmation.REFUSED:
        raise LinkNotUsable
    fact = ContactConfirmed(submission_id=id, contact_id=AUTHOR)
    draft = Draft(fact, key=confirmation_key(id, AUTHOR))
    return Decision(submission.model_copy(update={"confirmation": Confirmation.CONFIRMED}), [draft])


def refuse(id: str, submission: Submission) -> Decision[Submission] | None:
    """ "This was not me": the address is erased everywhere, so nothing can be sent to it. Also after a confirmation."""
    _check(submission)
    if submission.confirmation == Confirmation.REFUSED:
        return None
    refused = submission.model_copy(update={"confirmation": Confirmation.REFUSED})
    return Decision(refused, tombstones=tombstones(id))


def tombstones(id: str) -> list[tuple[Topic, str]]:
    """What erases the author's contact, and that it was confirmed."""
    return [(CONTACTS, contact_key(id, AUTHOR)), (CONTACTS, confirmation_key(id, AUTHOR))]


def _check(submission: Submission) -> None:
    if submission.erasure is not None or submission.confirmation is None:
        raise LinkNotUsable
