"""Decisions on confirming a citizen's mail address or phone number.

Intake decides because it issues the codes; the notifier learns of it from the contacts topic. The timeline does not
show it, as it says nothing about the case.
"""

from datetime import datetime

from shared.events.contacts import ContactConfirmed, confirmation_key, contact_key
from shared.events.envelope import OutgoingEvent
from shared.events.submissions import AuthorConfirmed, ConfirmationRequested
from shared.events.topics import CONTACTS, Topic
from shared.storage.aggregates import Decision

from intake.filing.commands import AUTHOR
from intake.submissions.contact_confirmation import Address, Confirmation, repeatable_from
from intake.submissions.errors import AskedJustNow, AskedOftenEnough, LinkNotUsable, NothingToConfirm
from intake.submissions.model import Submission


def confirm(id: str, submission: Submission, which: Address = Address.MAIL) -> Decision[Submission] | None:
    """Confirm an address; repeating it changes nothing. Raises LinkNotUsable where the submission no longer has it."""
    _check(submission, which)
    if submission.confirmation == Confirmation.REFUSED:
        raise LinkNotUsable
    already = confirmed(submission)
    if which in already:
        return None
    is_number = which is Address.NUMBER
    fact = ContactConfirmed(submission_id=id, contact_id=AUTHOR, number=is_number)
    draft = OutgoingEvent(fact, key=confirmation_key(id, AUTHOR, is_number))
    # `confirmation` describes the mail address if that one is to be confirmed, and the phone number otherwise.
    is_settled = not is_number or Address.MAIL not in submission.asked_of
    known = Confirmation.CONFIRMED if submission.confirmation and is_settled else submission.confirmation
    after = submission.model_copy(update={"confirmation": known, "confirmed": [*already, which]})
    if submission.can_be_asked or not after.can_be_asked:
        return Decision(after, [draft])
    status = submission.status
    can_be_asked = AuthorConfirmed(submission_id=id, from_state=status, to_state=status)
    return Decision(after, [draft, OutgoingEvent(can_be_asked)])


def confirmed(submission: Submission) -> list[Address]:
    """The confirmed kinds of address. Submissions from before numbers were confirmed imply the mail address."""
    if submission.confirmation == Confirmation.CONFIRMED and not submission.confirmed:
        return [Address.MAIL]
    return submission.confirmed


def refuse(id: str, submission: Submission, which: Address = Address.MAIL) -> Decision[Submission] | None:
    """Handles "this was not me": erases the contact in every service. Possible after a confirmation, too."""
    _check(submission, which)
    if submission.confirmation == Confirmation.REFUSED:
        return None
    refused = submission.model_copy(update={"confirmation": Confirmation.REFUSED})
    return Decision(refused, tombstones=tombstones(id))


def ask_again(id: str, submission: Submission, now: datetime) -> Decision[Submission]:
    """Send the confirmation message once more. Raises the reason where that is not possible."""
    if submission.erasure is not None or submission.confirmation != Confirmation.AWAITED:
        raise NothingToConfirm
    possible = repeatable_from(submission.received_at, submission.asked_again)
    if possible is None:
        raise AskedOftenEnough
    if now < possible:
        raise AskedJustNow(possible - now)
    status = submission.status
    fact = ConfirmationRequested(submission_id=id, from_state=status, to_state=status, contact_id=AUTHOR)
    asked = submission.model_copy(update={"asked_again": [*submission.asked_again, now]})
    return Decision(asked, [OutgoingEvent(fact)])


def tombstones(id: str) -> list[tuple[Topic, str]]:
    """Tombstones that erase the author's contact and its confirmation."""
    keys = (contact_key(id, AUTHOR), *(confirmation_key(id, AUTHOR, number) for number in (False, True)))
    return [(CONTACTS, key) for key in keys]


def _check(submission: Submission, which: Address) -> None:
    """Raises LinkNotUsable where the address is gone. A number needs no check, as only its owner gets the code."""
    if submission.erasure is not None or (which is Address.MAIL and submission.confirmation is None):
        raise LinkNotUsable
