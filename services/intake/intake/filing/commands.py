"""File a submission: store it durably, then return its receipt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID, uuid5

from shared.events.contacts import ContactRegistered, contact_key
from shared.events.envelope import Cause, OutgoingEvent
from shared.events.model import Channel, Kind, Location
from shared.events.submissions import SubmissionReceived
from shared.http.auth import Caller
from shared.ids import new_id
from shared.privacy.contacts import Contact, KeyRing
from shared.reference.directory import Directory
from shared.storage.aggregates import Decision, StoredAggregate

from intake.abuse.commands import held_where_watched
from intake.catalogue.category_answers import Answer, Given
from intake.catalogue.places import Places
from intake.catalogue.questions import answers_for
from intake.filing.channels import FOR_SOMEBODY_ELSE, OF_ITS_AUTHOR, SEEN_BY_AN_OFFICIAL, may_use
from intake.publication.model import Publication
from intake.submissions.contact_confirmation import Address, Confirmation
from intake.submissions.errors import NotYourChannel, SendAgain, TryAgain, UseAnotherKey
from intake.submissions.life import Status
from intake.submissions.model import Submission, TimelineEntry
from intake.submissions.reference import reference_number
from intake.submissions.store import NumberTaken, Submissions

BY_KEY = UUID("6f2f0a52-9f0e-5a5b-8f43-1c1f4f6f2b11")
"""The UUID namespace for submission ids that derive from an Idempotency-Key."""

AUTHOR = "author"
"""The contact id of the author."""

REFERENCE_ATTEMPTS = 3

CodeOf = Callable[[str], str]
"""Derives a code from a submission's id."""


@dataclass(frozen=True)
class Secrets:
    """`confirmation` and `number` are None where this installation does not ask for confirmations."""

    tracking: CodeOf
    confirmation: CodeOf | None = None
    number: CodeOf | None = None


class Dumpable(Protocol):
    def model_dump(self) -> dict[str, Any]: ...


class SubmissionInput(Protocol):
    """The validated fields of a submission, from any channel (`SubmissionSent` in the API)."""

    kind: Kind
    text: str
    language: Literal["ar", "en"]
    channel: Channel
    category: str | None
    publish: bool

    @property
    def answers(self) -> Mapping[str, Given] | None: ...

    @property
    def contact(self) -> Dumpable | None: ...

    @property
    def location(self) -> Dumpable | None: ...


@dataclass(frozen=True)
class Filed:
    """A validated request. `key` is the Idempotency-Key of its caller, `fingerprint` the hash of the body."""

    kind: Kind
    text: str
    language: str
    channel: Channel
    fingerprint: str
    category: str | None = None
    location: Location | None = None
    contact: Contact | None = None
    author: str | None = None
    filed_by: str | None = None
    key: str | None = None
    publish: bool = False
    """The author agrees to publication after a moderator's review."""
    answers: dict[str, Answer] | None = None
    is_verified: bool = False
    """The identity provider has verified that the contact's mail address belongs to the caller."""


def filed_of(
    said: SubmissionInput,
    caller: Caller | None,
    key: str | None,
    fingerprint: str,
    directory: Directory,
    places: Places,
    is_own: bool = True,
) -> Filed:
    """Set `is_own` to False where a signed-in person chose not to be the author.

    Raises NotYourChannel, NotForThisSystem, and NotAnswered with every fault.
    """
    if not may_use(said.channel, caller.roles if caller else frozenset()):
        raise NotYourChannel(said.channel)
    contact = Contact(**said.contact.model_dump()) if said.contact else None
    return Filed(
        kind=said.kind,
        text=said.text,
        language=said.language,
        channel=said.channel,
        fingerprint=fingerprint,
        category=said.category,
        location=places.located(said.location.model_dump()) if said.location else None,
        contact=contact,
        is_verified=caller is not None and contact is not None and caller.reads(contact.email),
        author=caller.subject if caller and is_own and said.channel in OF_ITS_AUTHOR else None,
        filed_by=caller.subject if caller and said.channel in FOR_SOMEBODY_ELSE else None,
        key=key,
        publish=said.publish and directory.is_for_the_public(said.category),
        answers=answers_for(directory, said.category, said.answers),
    )


@dataclass(frozen=True)
class Receipt:
    """`is_repeated` says that this is the stored receipt of an earlier request with the same key and body."""

    id: str
    reference: str
    secret: str
    received_at: datetime
    is_repeated: bool = False


async def submit(
    filed: Filed, submissions: Submissions, ring: KeyRing, secrets: Secrets, now: datetime, cause: Cause
) -> Receipt:
    """Store the submission with its events and return its receipt; a repeated key returns the same receipt.

    Raises UseAnotherKey where the key was used with another body; TryAgain or SendAgain where storing failed.
    """
    id = str(uuid5(BY_KEY, filed.key)) if filed.key else new_id()
    secret = secrets.tracking(id)
    code = secrets.confirmation(id) if secrets.confirmation and is_to_confirm(filed) else None
    number = secrets.number(id) if secrets.number and has_number_to_confirm(filed) else None
    is_awaited = code is not None or (number is not None and not _has_mail(filed))
    asked_of = [which for which, given in ((Address.MAIL, code), (Address.NUMBER, number)) if given is not None]
    for attempt in range(REFERENCE_ATTEMPTS):
        reference = reference_number(id, attempt)
        submission = _submission(filed, reference, now, Confirmation.AWAITED if is_awaited else None, asked_of)
        aggregate: StoredAggregate[Submission] = StoredAggregate(id)
        contact = _sealed(filed, id, ring, secret, code, number)
        decision = Decision(submission, _events(id, submission, filed, contact))
        if not submissions.watch.is_empty and filed.channel not in SEEN_BY_AN_OFFICIAL:
            decision = held_where_watched(decision, submissions.watch, filed.contact, now)
        aggregate.apply(decision, submissions.source, now, cause)
        try:
            added = await submissions.add(aggregate)
        except NumberTaken:
            continue
        return Receipt(id, reference, secret, now) if added else await _of_earlier(id, secret, filed, submissions)
    raise TryAgain


def is_to_confirm(filed: Filed) -> bool:
    """Whether the mail address needs a confirmation, whether its author, a program or an official typed it.

    An address that the provider has verified needs none, nor does an imported submission, whose author gets no
    messages.
    """
    return _has_mail(filed) and not filed.is_verified and filed.channel is not Channel.IMPORT


def has_number_to_confirm(filed: Filed) -> bool:
    """Whether the phone number needs a confirmation, also for a signed-in person, as no provider verifies numbers."""
    return filed.contact is not None and bool(filed.contact.phone) and filed.channel is not Channel.IMPORT


def _has_mail(filed: Filed) -> bool:
    return filed.contact is not None and bool(filed.contact.email)


async def _of_earlier(id: str, secret: str, filed: Filed, submissions: Submissions) -> Receipt:
    earlier = await submissions.stored_before(id)
    if earlier is None or earlier.state is None:
        raise SendAgain  # stored, but not by a majority yet: a retry with the same key will find it
    if earlier.state.fingerprint != filed.fingerprint:
        raise UseAnotherKey
    return Receipt(id, earlier.state.reference, secret, earlier.state.received_at, is_repeated=True)


def _submission(
    filed: Filed, reference: str, now: datetime, confirmation: Confirmation | None, asked_of: list[Address]
) -> Submission:
    return Submission(
        reference=reference,
        kind=filed.kind,
        text=filed.text,
        language=filed.language,
        channel=filed.channel,
        category=filed.category,
        answers=filed.answers,
        location=filed.location,
        received_at=now,
        author=filed.author,
        filed_by=filed.filed_by,
        contact_id=AUTHOR if filed.contact else None,
        confirmation=confirmation,
        asked_of=asked_of,
        fingerprint=filed.fingerprint,
        publication=Publication(covers_photos=True) if filed.publish else None,
        timeline=[],
    )


def _events(id: str, submission: Submission, filed: Filed, contact: OutgoingEvent | None) -> list[OutgoingEvent]:
    received_id = new_id()
    received = SubmissionReceived(
        submission_id=id,
        to_state="received",
        reference=submission.reference,
        kind=filed.kind,
        text=filed.text,
        language=filed.language,
        channel=filed.channel,
        category=filed.category,
        answers=filed.answers,
        location=filed.location,
        received_at=submission.received_at,
        contact_expected=contact is not None,
        contact_id=submission.contact_id,
        author=filed.author,
        filed_by=filed.filed_by,
        needs_confirmation=not submission.can_be_asked,
    )
    submission.timeline.append(
        TimelineEntry(
            id=received_id,
            at=submission.received_at,
            type="SubmissionReceived",
            from_status=Status.RECEIVED,
            to_status=Status.RECEIVED,
        )
    )
    drafts = [OutgoingEvent(received, id=received_id)]
    if contact:
        drafts.append(contact)
    return drafts


def _sealed(
    filed: Filed, id: str, ring: KeyRing, secret: str, confirmation: str | None, number: str | None
) -> OutgoingEvent | None:
    if filed.contact is None:
        return None
    contact = replace(filed.contact, secret=secret, confirmation=confirmation, number_confirmation=number)
    key = contact_key(id, AUTHOR)
    registered = ContactRegistered(
        submission_id=id, contact_id=AUTHOR, language=filed.language, sealed=ring.seal(contact, key)
    )
    return OutgoingEvent(registered, key=key)
