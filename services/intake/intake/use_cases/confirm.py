"""Confirm: whoever reads the mail says whether the address that was given is theirs.

Intake owns it, as it issues the code, and the notifier hears of it on the contacts topic. Nothing of it is in the
timeline: it says nothing about the matter.
"""

from datetime import datetime

from shared.aggregates import Decision
from shared.events.contacts import ContactConfirmed, confirmation_key, contact_key
from shared.events.envelope import Draft
from shared.events.submissions import ConfirmationRequested
from shared.topics import CONTACTS, Topic

from intake.domain.confirmation import Confirmation, again_from
from intake.domain.refusals import AskedJustNow, AskedOftenEnough, LinkNotUsable, NothingToConfirm
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


def ask_again(id: str, submission: Submission, now: datetime) -> Decision[Submission]:
    """The mail once more that asks whether the address is theirs. Raises why not."""
    if submission.erasure is not None or submission.confirmation != Confirmation.AWAITED:
        raise NothingToConfirm
    possible = again_from(submission.received_at, submission.asked_again)
    if possible is None:
        raise AskedOftenEnough
    if now < possible:
        raise AskedJustNow(possible - now)
    status = submission.status
    fact = ConfirmationRequested(submission_id=id, from_state=status, to_state=status, contact_id=AUTHOR)
    asked = submission.model_copy(update={"asked_again": [*submission.asked_again, now]})
    return Decision(asked, [Draft(fact)])


def tombstones(id: str) -> list[tuple[Topic, str]]:
    """What erases the author's contact, and that it was confirmed."""
    return [(CONTACTS, contact_key(id, AUTHOR)), (CONTACTS, confirmation_key(id, AUTHOR))]


def _check(submission: Submission) -> None:
    if submission.erasure is not None or submission.confirmation is None:
        raise LinkNotUsable
