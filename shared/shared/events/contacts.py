"""How to reach the author of a submission (`tawasul.contacts.v1`, compacted; read by the notifier alone).

A record without a value (tombstone) erases the contact of its key.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.events.model import EventData, Language, SubmissionId


class ContactRegistered(EventData):
    """`sealed` is the encrypted JSON of a `shared.contacts.Contact`; only the shared key ring opens it."""

    type: Literal["ContactRegistered"] = "ContactRegistered"
    submission_id: SubmissionId
    contact_id: str
    language: Language
    sealed: str


class ContactConfirmed(EventData):
    type: Literal["ContactConfirmed"] = "ContactConfirmed"
    submission_id: SubmissionId
    contact_id: str


ContactsEvent = Annotated[ContactRegistered | ContactConfirmed, Field(discriminator="type")]
