"""Mail that came back and mail that was reported: remembered, so that nothing more goes to that address."""

import pytest
from notifier.app import create_app
from notifier.settings import NotifierSettings
from pydantic import SecretStr
from shared.events.topics import NOTIFICATIONS

from tests.support import one_notifier
from tests.support.eventually import eventually
from tests.support.imap import PASSWORD, USER, an_imap_server
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.notifier import a_fact, notifier_settings
from tests.support.one_notifier import MARYAM, Client, file, message_of
from tests.support.post_office import PostOffice, answering
from tests.support.provider import Provider
from tests.support.serving import serving
from tests.unit.notifier.test_mail_reports import ID, a_report, undelivered

URL = "/api/notifier/v1/mail/reports"
SECRET = {"Authorization": "Bearer of-our-mail-server"}

office, country, client = one_notifier.office, one_notifier.country, one_notifier.client


@pytest.fixture
def settings(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider, office: PostOffice
) -> NotifierSettings:
    told = {"mail_reports_secret": SecretStr("of-our-mail-server"), "mail_return_path": "bounces@tawasul.example"}
    return notifier_settings(infrastructure, mongo_database.name, topic_prefix, provider.issuer, office.port, **told)


async def report(client: Client, raw: bytes) -> int:
    return (await client.post(URL, content=raw, headers=SECRET)).status_code


async def test_a_mail_that_came_back_is_a_failure_and_its_address_gets_no_more(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    id = await file(neighbours)
    sent = await message_of(mongo_database, id, "sent")
    assert office.mails[0].envelope_sender == "bounces@tawasul.example"
    for _ in range(2):
        assert await report(client, undelivered().replace(ID.encode(), sent["_id"].encode())) == 204
    assert (await message_of(mongo_database, id, "permanent-failure"))["reason"] == "bounced"
    events = await neighbours.hear(NOTIFICATIONS, id, "NotificationSent", "NotificationFailed")
    assert [event.type for event in events] == ["NotificationSent", "NotificationFailed"]

    other = await file(neighbours)
    await neighbours.publish(other, a_fact("InformationRequested", other))
    for template in ("received", "question-asked"):
        assert (await message_of(mongo_database, other, "cancelled", template=template))["reason"] == "bounced"
    kept = await mongo_database["suppressions"].find().to_list()
    assert [each["why"] for each in kept] == ["bounced"]
    assert MARYAM not in str(kept)


async def test_a_full_mailbox_is_a_failure_of_that_mail_alone(
    client: Client, neighbours: Neighbours, mongo_database: Database
) -> None:
    id = await file(neighbours)
    sent = await message_of(mongo_database, id, "sent")
    assert await report(client, undelivered(status="5.2.2").replace(ID.encode(), sent["_id"].encode())) == 204
    await message_of(mongo_database, id, "permanent-failure")
    await message_of(mongo_database, await file(neighbours), "sent")


async def test_who_reports_a_mail_gets_no_more_until_the_central_office_lifts_it(
    client: Client, neighbours: Neighbours, mongo_database: Database, provider: Provider
) -> None:
    id = await file(neighbours)
    sent = await message_of(mongo_database, id, "sent")
    raw = a_report("feedback-report", ("message/feedback-report", "Feedback-Type: abuse\n"))
    assert await report(client, raw.replace(ID.encode(), sent["_id"].encode())) == 204
    assert (await message_of(mongo_database, await file(neighbours), "cancelled"))["reason"] == "complained"
    await message_of(mongo_database, id, "sent")

    url, asked = "/api/notifier/v1/suppressions/lift", {"address": " MARYAM@citizens.example"}
    officer = provider.authorization("officer.one", "officer", entity="works")
    central = provider.authorization("central.triage", "central", entity="central-office")
    assert (await client.post(url, json=asked)).status_code == 401
    assert (await client.post(url, json=asked, headers=officer)).status_code == 403
    for answer in ({"was": "complained", "still": None}, {"was": None, "still": None}):
        assert (await client.post(url, json=asked, headers=central)).json() == answer
    await message_of(mongo_database, await file(neighbours), "sent")
    records = await mongo_database["audit_records"].find({"kind": "suppression"}).to_list()
    assert len(records) == 2
    assert "citizens.example" not in str(records)


async def test_an_address_that_the_server_says_nobody_has_is_remembered_at_once(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    office.verdicts.append(answering("550 5.1.1 no such user"))
    await message_of(mongo_database, await file(neighbours), "permanent-failure")
    assert (await message_of(mongo_database, await file(neighbours), "cancelled"))["reason"] == "bounced"
    await message_of(mongo_database, await file(neighbours, {"email": "yusuf@citizens.example"}), "sent")


async def test_what_anybody_might_write_there_changes_nothing(
    client: Client, neighbours: Neighbours, mongo_database: Database
) -> None:
    id = await file(neighbours)
    sent = await message_of(mongo_database, id, "sent")
    raw = undelivered().replace(b"someone@else.example", MARYAM.encode())
    assert await report(client, raw) == 422, "the address in a report is not believed"
    assert await report(client, b"Subject: hello\n\nI am away.") == 422
    assert await report(client, b"x" * 600_000) == 413
    real = undelivered().replace(ID.encode(), sent["_id"].encode())
    for headers in ({}, {"Authorization": "Bearer guessed"}):
        assert (await client.post(URL, content=real, headers=headers)).status_code == 401
    await message_of(mongo_database, await file(neighbours), "sent")


async def test_a_report_about_a_contact_whose_key_is_gone_still_counts_for_its_mail(
    client: Client, neighbours: Neighbours, mongo_database: Database
) -> None:
    id = await file(neighbours)
    sent = await message_of(mongo_database, id, "sent")
    of_another_key = {"$set": {"sealed": f"00000000.{60 * 'A'}"}}
    await mongo_database["contacts"].update_one({"_id": f"{id}/author"}, of_another_key)
    assert await report(client, undelivered().replace(ID.encode(), sent["_id"].encode())) == 204
    await message_of(mongo_database, id, "permanent-failure")
    assert await mongo_database["suppressions"].count_documents({}) == 0


async def test_without_a_secret_nobody_can_report(settings: NotifierSettings, neighbours: Neighbours) -> None:
    closed = settings.model_copy(update={"mail_reports_secret": SecretStr("")})
    async with serving(create_app(closed)) as client:
        assert (await client.post(URL, content=b"", headers={"Authorization": "Bearer "})).status_code == 404


async def test_reports_are_read_from_a_mailbox_as_well(
    settings: NotifierSettings, country: None, neighbours: Neighbours, mongo_database: Database
) -> None:
    async with an_imap_server() as imap:
        told = {
            "reports_imap_host": "127.0.0.1",
            "reports_imap_port": imap.port,
            "reports_imap_tls": "none",
            "reports_imap_username": USER,
            "reports_imap_password": SecretStr(PASSWORD),
            "reports_imap_every_seconds": 0.05,
        }
        async with serving(create_app(settings.model_copy(update=told))):
            id = await file(neighbours)
            sent = await message_of(mongo_database, id, "sent")
            imap.deliver(undelivered().replace(ID.encode(), sent["_id"].encode()))
            assert (await message_of(mongo_database, id, "permanent-failure"))["reason"] == "bounced"
            await eventually(lambda: not imap.holds("INBOX"))
        assert imap.holds("Not-reports") == []
