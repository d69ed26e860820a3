"""Contacts, generated from their models and sealed as intake seals them, taken by the notifier's own taker.

It is no consumer of batches that ends in one document: it runs here over a real database.
"""

import os
from collections.abc import Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from notifier.contacts.store import StoredContact
from notifier.deferral.withholding import OVERTAKEN
from shared.events.contacts import ContactConfirmed, ContactRegistered, confirmation_key, contact_key
from shared.events.model import EventData
from shared.events.topics import CONTACTS
from shared.messaging.consumer import Record
from shared.privacy.contacts import Contact

from tests.support.events.contacts import ContactsUnderTest, contact_record, tombstone
from tests.support.events.generated import events, limits_of, strategy_of, values_of
from tests.support.infrastructure import Database
from tests.support.notifier import A_SUBMISSION, a_contact, the_book

IS_THOROUGH = bool(os.environ.get("TAWASUL_TEST_THOROUGH"))
EXAMPLES = 300 if IS_THOROUGH else 25
FIRST = 0x0B8F6F0E3A3D4C529C1E000000000000
STATES = (None, "received", "awaiting_citizen", "withdrawn")
"""States of the contact's case; None: it is unknown, and nothing waits."""

generated = settings(
    max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None, derandomize=not IS_THOROUGH
)


@pytest.fixture
def notifier(mongo_database: Database) -> ContactsUnderTest:
    return ContactsUnderTest(mongo_database)


def _submission(number: int) -> str:
    return str(UUID(int=FIRST + number))


def _each_of_its_own(data: Sequence[EventData]) -> list[Any]:
    """Each about a submission of its own."""
    return [each.model_copy(update={"submission_id": _submission(number)}) for number, each in enumerate(data)]


def _is_kept(data: Any, stored: StoredContact | None) -> bool:
    """Whether what it says stands in the database."""
    match data:
        case ContactRegistered():
            return stored is not None and stored.sealed == data.sealed and not stored.is_confirmed
        case ContactConfirmed(number=True):
            return stored is not None and stored.has_number_confirmed and not stored.is_confirmed
    return stored is not None and stored.is_confirmed and not stored.has_number_confirmed


def _expected(data: EventData, state: str) -> tuple[str, str]:
    """States of the notification that waited for the contact, and of the one for its confirmation."""
    if isinstance(data, ContactRegistered):
        return "due", "withheld"
    return "created", OVERTAKEN if state == "withdrawn" else "due"


async def _is_taken(notifier: ContactsUnderTest, facts: list[EventData], state: str | None) -> None:
    await notifier.forget_all()
    placed = _each_of_its_own(facts)
    if state is not None:
        for each in placed:
            await notifier.expect(each.submission_id, each.contact_id, state)
    records = [contact_record(each) for each in placed]
    assert await notifier.take(*records) == []
    assert await notifier.take(*records) == [], "taken again"
    for each in placed:
        assert _is_kept(each, await notifier.found(each.submission_id, each.contact_id)), each
        if state is not None:
            assert await notifier.became(each.submission_id, each.contact_id) == _expected(each, state), each
    assert bool(notifier.woken) is (state is not None and "due" in _expected(facts[0], state))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("event", CONTACTS.events.values(), ids=lambda event: event.__name__)
async def test_each_limit_of_each_field_is_taken(
    notifier: ContactsUnderTest, event: type[EventData], state: str | None
) -> None:
    await _is_taken(notifier, [data for _, data in limits_of(event, {"submission_id": A_SUBMISSION})], state)


@generated
@given(
    st.sampled_from(sorted(CONTACTS.events.values(), key=str)).flatmap(
        lambda event: st.lists(events(event, ("submission_id", A_SUBMISSION)), min_size=1, max_size=5)
    ),
    st.sampled_from(STATES),
)
async def test_whatever_its_model_allows_is_taken(
    mongo_database: Database, facts: list[EventData], state: str | None
) -> None:
    await _is_taken(ContactsUnderTest(mongo_database), facts, state)


CONTACT_FIELDS = {each.name: values_of(str | None) for each in fields(Contact)}
FULL = {name: next(value for value in values if value) for name, values in CONTACT_FIELDS.items()}
LIMITS = [
    Contact(),
    Contact(**FULL),
    *(Contact(**{name: value}) for name, values in CONTACT_FIELDS.items() for value in values),
    *(Contact(**FULL | {name: None}) for name in CONTACT_FIELDS),
    Contact(**{name: values[-1] for name, values in CONTACT_FIELDS.items()}),
]
"""Each field absent, there and at its limits."""
ANY = st.builds(Contact, **{name: strategy_of(str | None) for name in CONTACT_FIELDS})


async def _is_opened(notifier: ContactsUnderTest, contacts: list[Contact]) -> None:
    await notifier.forget_all()
    sent = {_submission(number): contact for number, contact in enumerate(contacts)}
    records = [
        contact_record(a_contact(id).model_copy(update={"sealed": notifier.ring.seal(contact, f"{id}/author")}))
        for id, contact in sent.items()
    ]
    assert await notifier.take(*records) == []
    stored = await notifier.contacts.find([contact_key(id, "author") for id in sent])
    assert the_book().opened(stored) == {contact_key(id, "author"): contact for id, contact in sent.items()}


async def test_each_limit_of_a_sealed_contact_is_opened_as_it_was_sealed(notifier: ContactsUnderTest) -> None:
    await _is_opened(notifier, LIMITS)


@generated
@given(st.lists(ANY, min_size=1, max_size=5))
async def test_whatever_is_sealed_is_opened_as_it_was_sealed(mongo_database: Database, contacts: list[Contact]) -> None:
    await _is_opened(ContactsUnderTest(mongo_database), contacts)


async def test_what_no_key_of_the_ring_opens_holds_up_no_other(notifier: ContactsUnderTest) -> None:
    strange = [each for _, each in limits_of(ContactRegistered, {"submission_id": A_SUBMISSION})]
    placed = [*_each_of_its_own(strange), a_contact(_submission(len(strange)))]
    assert await notifier.take(*map(contact_record, placed)) == []
    stored = await notifier.contacts.find([contact_key(each.submission_id, each.contact_id) for each in placed])
    assert len(stored) == len(placed)
    assert list(the_book().opened(stored)) == [contact_key(placed[-1].submission_id, "author")]


@pytest.mark.parametrize("state", STATES[1:])
async def test_each_contact_can_be_erased(notifier: ContactsUnderTest, state: str) -> None:
    """With its confirmations before it, as an author who is erased leaves them all."""
    placed = _each_of_its_own([data for _, data in limits_of(ContactRegistered, {"submission_id": A_SUBMISSION})])
    for each in placed:
        await notifier.expect(each.submission_id, each.contact_id, state)
    assert await notifier.take(*(record for each in placed for record in _history(each))) == []
    assert await notifier.contacts.collection.count_documents({}) == len(placed), "and nothing is left beside them"
    for each in placed:
        stored = await notifier.found(each.submission_id, each.contact_id)
        assert stored == StoredContact(contact_key(each.submission_id, each.contact_id), None), each
        assert await notifier.became(each.submission_id, each.contact_id) == ("erased", "erased"), each


def _history(registered: ContactRegistered) -> list[Record]:
    about = (registered.submission_id, registered.contact_id)
    return [
        contact_record(registered),
        contact_record(ContactConfirmed(submission_id=about[0], contact_id=about[1])),
        *(tombstone(confirmation_key(*about, number)) for number in (False, True)),
        tombstone(contact_key(*about)),
    ]


async def test_the_erasure_of_a_contact_that_never_came_is_taken(notifier: ContactsUnderTest) -> None:
    key = contact_key(A_SUBMISSION, "author")
    assert await notifier.take(tombstone(key), tombstone(f"{key}/confirmed")) == []
    assert await notifier.found(A_SUBMISSION, "author") == StoredContact(key, None)


REGISTERED, MAIL, NUMBER, ERASED = "registered", "mail confirmed", "number confirmed", "erased"
OF_ONE_KEY = st.sampled_from([(), (REGISTERED,), (REGISTERED, REGISTERED), (REGISTERED, ERASED)])
CONFIRMATIONS = st.lists(st.sampled_from([MAIL, NUMBER]), max_size=4)


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[str]]:
    """Records of one contact in some batches: each key in its order, the keys in any, as their partitions
    are read."""
    left = [list(draw(OF_ONE_KEY)), draw(CONFIRMATIONS)]
    batches: list[list[str]] = [[]]
    while any(left):
        batches[-1].append(draw(st.sampled_from([each for each in left if each])).pop(0))
        if draw(st.booleans()):
            batches.append([])
    return batches


@settings(generated, max_examples=EXAMPLES * 2)
@given(deliveries())
@example([[MAIL], [NUMBER], [REGISTERED]])
@example([[REGISTERED, ERASED], [MAIL, NUMBER]])
async def test_what_is_known_at_the_end_does_not_depend_on_the_order_of_the_partitions(
    mongo_database: Database, batches: list[list[str]]
) -> None:
    notifier = ContactsUnderTest(mongo_database)
    await notifier.forget_all()
    registered = a_contact()
    records = {
        REGISTERED: contact_record(registered),
        MAIL: contact_record(ContactConfirmed(submission_id=A_SUBMISSION, contact_id="author")),
        NUMBER: contact_record(ContactConfirmed(submission_id=A_SUBMISSION, contact_id="author", number=True)),
        ERASED: tombstone(contact_key(A_SUBMISSION, "author")),
    }
    for batch in batches:
        assert await notifier.take(*(records[each] for each in batch)) == []
    said = {each for batch in batches for each in batch}
    stored = await notifier.found(A_SUBMISSION, "author")
    key = contact_key(A_SUBMISSION, "author")
    if ERASED in said:
        assert stored == StoredContact(key, None)
    elif said:
        sealed = registered.sealed if REGISTERED in said else None
        expected = StoredContact(key, sealed, is_confirmed=MAIL in said, has_number_confirmed=NUMBER in said)
        assert stored == expected
