"""Whichever way it came: who may file by which channel, whose it is then, and what is made of what was said."""

from typing import Any, cast

import pytest
from intake.abuse.model import Watch
from intake.catalogue.category_answers import NotAnswered
from intake.catalogue.places import Places
from intake.filing.channels import FOR_SOMEBODY_ELSE, NOT_FOR_EVERYBODY, OF_ITS_AUTHOR
from intake.filing.commands import Filed, Secrets, filed_of, submit
from intake.http.models import SubmissionSent
from intake.submissions.errors import NotYourChannel
from intake.submissions.model import Submission
from intake.submissions.store import Submissions
from pydantic import SecretStr
from shared.events.contacts import ContactRegistered, contact_key
from shared.events.envelope import Cause
from shared.events.model import Channel, Kind, Location, Role
from shared.events.submissions import SubmissionReceived
from shared.http.auth import Caller
from shared.http.session_cookie import mail_mark
from shared.privacy.contacts import Contact, KeyRing, new_key
from shared.reference.directory import Directory
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate

from tests.support.catalogue import a_catalogue

MAIL = "mariam@citizens.example"
CITIZEN = Caller("mariam", "Mariam", frozenset({Role.CITIZEN}), None, mail_mark(MAIL))
OFFICIALS = {Role.OFFICER, Role.SUPERVISOR, Role.HEAD, Role.CENTRAL}
MAY = {
    Channel.COUNTER: OFFICIALS,
    Channel.PHONE: OFFICIALS,
    Channel.PORTAL: OFFICIALS,
    Channel.IMPORT: {Role.CENTRAL, Role.ADMINISTRATOR},
}


def filed(caller: Caller | None, is_own: bool = True, **said: Any) -> Filed:
    directory = Directory()
    for _, event in a_catalogue():
        directory.apply(event)
    sent = SubmissionSent.model_validate({"kind": "complaint", "text": "the lamp is out", "language": "en"} | said)
    return filed_of(sent, caller, "key", "fingerprint", directory, Places(directory), is_own)


def an_official(role: Role) -> Caller:
    return Caller(f"{role}.works", "Ali", frozenset({role}), "works")


@pytest.mark.parametrize("channel", Channel)
def test_channels_that_speak_for_others_are_for_their_officials_alone(channel: Channel) -> None:
    for caller in (None, *(an_official(role) for role in Role)):
        may = channel not in MAY or (caller is not None and not caller.roles.isdisjoint(MAY[channel]))
        if may:
            assert filed(caller, channel=channel).channel is channel
        else:
            with pytest.raises(NotYourChannel):
                filed(caller, channel=channel)
    assert set(NOT_FOR_EVERYBODY) == set(MAY)


@pytest.mark.parametrize("channel", sorted(OF_ITS_AUTHOR))
def test_who_is_signed_in_files_for_themselves_unless_they_choose_not_to(channel: Channel) -> None:
    own = filed(CITIZEN, channel=channel)
    assert (own.author, own.filed_by) == ("mariam", None)
    assert filed(CITIZEN, channel=channel, is_own=False).author is None
    assert filed(None, channel=channel).author is None


@pytest.mark.parametrize("channel", sorted(FOR_SOMEBODY_ELSE))
def test_what_an_official_files_for_a_citizen_is_not_the_officials_own(channel: Channel) -> None:
    for_a_citizen = filed(an_official(Role.OFFICER), channel=channel)
    assert (for_a_citizen.author, for_a_citizen.filed_by) == (None, "officer.works")


def test_an_imported_one_has_neither_author_nor_clerk() -> None:
    imported = filed(an_official(Role.CENTRAL), channel="import")
    assert (imported.author, imported.filed_by) == (None, None)


def test_an_address_is_verified_where_the_provider_says_so_of_who_files() -> None:
    assert filed(CITIZEN, contact={"email": MAIL}).is_verified
    assert filed(CITIZEN, contact={"email": MAIL}, is_own=False).is_verified
    assert not filed(CITIZEN, contact={"email": "another@citizens.example"}).is_verified
    assert not filed(CITIZEN, contact={"phone": "17000000"}).is_verified
    assert not filed(None, contact={"email": MAIL}).is_verified


def test_answers_are_checked_where_there_are_any() -> None:
    assert filed(None, category="roads.lighting").answers is None
    with pytest.raises(NotAnswered):
        filed(None, category="roads.lighting", answers={"unheard-of": "yes"})


def test_what_was_said_is_taken_over_whole() -> None:
    said: dict[str, Any] = {
        "text": "النور مطفأ في شارع مدينة حمد الطويل جدًا",
        "language": "ar",
        "category": "roads.lighting",
        "publish": True,
        "location": {"block": "428", "address": "Road 2825"},
        "contact": {"name": "مريم بنت عبدالرحمن بن عبدالله آل خليفة", "phone": "17000000"},
    }
    whole = filed(None, **said)
    assert (whole.text, whole.language, whole.category, whole.publish) == (*list(said.values())[:4],)
    assert whole.location is not None
    assert (whole.location.block, whole.location.address) == ("428", "Road 2825")
    assert whole.contact is not None
    assert (whole.contact.name, whole.contact.phone) == (said["contact"]["name"], "17000000")
    assert (whole.key, whole.fingerprint) == ("key", "fingerprint")


class StoreInMemory:
    """Keeps what is added, as the database would."""

    source = "/tawasul/intake"
    watch = Watch()

    def __init__(self) -> None:
        self.stored: list[StoredAggregate[Submission]] = []

    async def add(self, aggregate: StoredAggregate[Submission]) -> bool:
        self.stored.append(aggregate)
        return True


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("kind", Kind)
async def test_the_others_are_told_what_was_filed(kind: Kind, channel: Channel, language: str) -> None:
    whole = Filed(
        kind=kind,
        text="the lamp is out",
        language=language,
        channel=channel,
        fingerprint="fingerprint",
        category="roads.lighting",
        location=Location(block="428", address="Road 2825"),
        contact=Contact(name="Mariam", email=MAIL, phone="17000000"),
        author="mariam",
        filed_by="officer.works",
        answers={"size": "wheel", "seen": ["today", "before"]},
    )
    kept, ring = StoreInMemory(), KeyRing(SecretStr(new_key()))
    secrets = Secrets(tracking=str, confirmation=str, number=str)
    receipt = await submit(whole, cast(Submissions, kept), ring, secrets, utc_now(), Cause("c"))
    (aggregate,) = kept.stored
    stored = aggregate.document()
    entries = {entry["type"]: entry for entry in stored["outbox"]}
    received = SubmissionReceived.model_validate_json(entries["SubmissionReceived"]["value"])
    assert received.submission_id == receipt.id == entries["SubmissionReceived"]["key"]
    for source in (whole, aggregate.state):
        same = {field: getattr(source, field) for field in SubmissionReceived.model_fields if hasattr(source, field)}
        assert {"text", "language", "category", "answers", "location", "author", "filed_by"} <= same.keys()
        assert SubmissionReceived.model_validate(received.model_dump() | same) == received
    registered = ContactRegistered.model_validate_json(entries["ContactRegistered"]["value"])
    assert entries["ContactRegistered"]["key"] == contact_key(receipt.id, str(received.contact_id))
    assert (registered.language, registered.contact_id) == (language, received.contact_id)
