"""How to reach the author of a submission (`tawasul.contacts.v1`, compacted; read by the notifier alone).

A record without a value (tombstone) erases the contact of its key. That a contact is confirmed has a key of its own:
compaction would otherwise keep the confirmation and drop the contact.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.events.model import EventData, Language, SubmissionId


class ContactRegistered(EventData):
    """`sealed` is the encrypted JSON of a `shared.privacy.contacts.Contact`; only the shared key ring opens it."""

    type: Literal["ContactRegistered"] = "ContactRegistered"
    submission_id: SubmissionId
    contact_id: str
    language: Language
    sealed: str


class ContactConfirmed(EventData):
    """Whoever reads the mail of this contact said that the address is theirs; or its SMS, and the `number`."""

    type: Literal["ContactConfirmed"] = "ContactConfirmed"
    submission_id: SubmissionId
    contact_id: str
    number: bool = False


CONFIRMED, NUMBER_CONFIRMED = "confirmed", "number-confirmed"


def contact_key(submission_id: str, contact_id: str) -> str:
    return f"{submission_id}/{contact_id}"


def confirmation_key(submission_id: str, contact_id: str, number: bool = False) -> str:
    return f"{contact_key(submission_id, contact_id)}/{NUMBER_CONFIRMED if number else CONFIRMED}"


ContactsEvent = Annotated[ContactRegistered | ContactConfirmed, Field(discriminator="type")]
