"""Confirm: whoever reads the mail or SMS says whether the address or number that was given is theirs.

Intake owns it, as it issues the code, and the notifier hears of it on the contacts topic. Nothing of it is in the
timeline: it says nothing about the matter.
"""

from datetime import datetime

from shared.events.contacts import ContactConfirmed, confirmation_key, contact_key
from shared.events.envelope import OutgoingEvent
from shared.events.submissions import AuthorConfirmed, ConfirmationRequested
from shared.events.topics import CONTACTS, Topic
from shared.storage.aggregates import Decision

from intake.filing.commands import AUTHOR
from intake.submissions.contact_confirmation import Address, Confirmation, again_from
from intake.submissions.errors import AskedJustNow, AskedOftenEnough, LinkNotUsable, NothingToConfirm
from intake.submissions.model import Submission


def confirm(id: str, submission: Submission, which: Address = Address.MAIL) -> Decision[Submission] | None:
    """Once more changes nothing. Raises LinkNotUsable where the address is gone from the submission."""
    _check(submission, which)
    if submission.confirmation == Confirmation.REFUSED:
        raise LinkNotUsable
    already = confirmed(submission)
    if which in already:
        return None
    is_number = which is Address.NUMBER
    fact = ContactConfirmed(submission_id=id, contact_id=AUTHOR, number=is_number)
    draft = OutgoingEvent(fact, key=confirmation_key(id, AUTHOR, is_number))
    # Where the provider had verified the mail address, there is nothing that could be awaited; where both were asked,
    # the mail address is, whatever is known of the number.
    is_settled = not is_number or Address.MAIL not in submission.asked_of
    known = Confirmation.CONFIRMED if submission.confirmation and is_settled else submission.confirmation
    after = submission.model_copy(update={"confirmation": known, "confirmed": [*already, which]})
    if submission.can_be_asked or not after.can_be_asked:
        return Decision(after, [draft])
    status = submission.status
    can_be_asked = AuthorConfirmed(submission_id=id, from_state=status, to_state=status)
    return Decision(after, [draft, OutgoingEvent(can_be_asked)])


def confirmed(submission: Submission) -> list[Address]:
    """Before numbers were confirmed, it was always the mail address."""
    if submission.confirmation == Confirmation.CONFIRMED and not submission.confirmed:
        return [Address.MAIL]
    return submission.confirmed


def refuse(id: str, submission: Submission, which: Address = Address.MAIL) -> Decision[Submission] | None:
    """ "This was not me": the contact is erased everywhere, so nothing can be sent to it. Also after a confirmation."""
    _check(submission, which)
    if submission.confirmation == Confirmation.REFUSED:
        return None
    refused = submission.model_copy(update={"confirmation": Confirmation.REFUSED})
    return Decision(refused, tombstones=tombstones(id))


def ask_again(id: str, submission: Submission, now: datetime) -> Decision[Submission]:
    """The message once more that asks whether the address is theirs. Raises why not."""
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
    return Decision(asked, [OutgoingEvent(fact)])


def tombstones(id: str) -> list[tuple[Topic, str]]:
    """What erases the author's contact, and that it was confirmed."""
    keys = (contact_key(id, AUTHOR), *(confirmation_key(id, AUTHOR, number) for number in (False, True)))
    return [(CONTACTS, key) for key in keys]


def _check(submission: Submission, which: Address) -> None:
    """The code of a number is known to nobody whose submission has none."""
    if submission.erasure is not None or (which is Address.MAIL and submission.confirmation is None):
        raise LinkNotUsable
