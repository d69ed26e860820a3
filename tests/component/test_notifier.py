"""The notifier whole, on real Kafka, MongoDB and SMTP: events come in, mails and inbox items come out, once."""

from datetime import timedelta

from notifier.app import create_app
from notifier.settings import NotifierSettings
from shared.events.submissions import PersonErased
from shared.events.topics import CONTACTS, NOTIFICATIONS
from shared.reference.working_time import utc_now

from tests.support import one_notifier
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.notifier import A_SECRET, a_contact, a_fact, an_id, received
from tests.support.one_notifier import MARYAM, Client, file, message_of
from tests.support.post_office import PostOffice, answering
from tests.support.provider import Provider
from tests.support.serving import serving

URL = "/api/notifier/v1"

office, settings = one_notifier.office, one_notifier.settings
country, client = one_notifier.country, one_notifier.client


async def states(database: Database, id: str) -> dict[tuple[str, str], str]:
    """The state of each notification of a submission, by recipient and template."""
    found = database["notifications"].find({"submission_id": id, "channel": "mail"})
    return {(each["recipient"].replace(id, "it"), each["template"]): each["state"] async for each in found}


async def test_a_submission_is_told_to_its_author_once_with_a_private_link(
    client: Client, neighbours: Neighbours, office: PostOffice
) -> None:
    id = await file(neighbours)
    await eventually(lambda: office.to(MARYAM))
    events = await neighbours.hear(NOTIFICATIONS, id, "NotificationSent")

    (mail,) = office.to(MARYAM)
    link = f"https://tawasul.example/track/7K3MX-QPA42/{A_SECRET}"
    assert link in mail.text
    assert f'href="{link}"' in mail.html
    assert "Maryam" in mail.text
    assert mail.message["Subject"] == "7K3MX-QPA42: we have received your complaint"
    assert mail.message["References"] == f"<{id}@tawasul.example>"
    (event,) = events
    assert event.sequence == 1
    assert (event.data.audience, event.data.channel, event.data.template) == ("author", "mail", "received")
    assert mail.message_id == f"<{event.data.notification_id}@tawasul.example>"
    assert MARYAM not in str(event.data)


async def test_a_whole_life_is_told_to_everybody_whom_it_concerns_in_their_language(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    id = await file(neighbours, language="ar")
    for type in ("SubmissionAssigned", "InformationRequested", "SubmissionAnswered", "DeadlineBreached"):
        await neighbours.publish(id, a_fact(type, id))
    expected = {
        ("it/author", "received"),
        ("it/author", "assigned"),
        ("it/author", "question-asked"),
        ("it/author", "answered"),
        *((f"officer.{who}", what) for who in ("one", "two") for what in ("assigned-to-you", "deadline-breached")),
        ("head.works", "deadline-breached"),
    }

    async def _all_sent() -> bool:
        return await states(mongo_database, id) == dict.fromkeys(expected, "sent")

    await eventually(_all_sent)
    assert len(office.mails) == len(expected)
    assert all("مرجعي" in mail.text for mail in office.to(MARYAM))
    assert all("Reference number" in mail.text for mail in office.to("officer.one@gov.example"))
    events = await neighbours.hear_until(NOTIFICATIONS, lambda heard: len(heard) == len(expected), id)
    assert [event.sequence for event in events] == list(range(1, len(expected) + 1))
    kept = mongo_database["notifications"].find({"submission_id": id, "channel": "mail"})
    assert not [each async for each in kept if "text" in each["params"]]


async def test_a_mail_waits_for_a_contact_that_comes_later(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    id = an_id()
    await neighbours.publish(id, received(id))

    async def _waits() -> bool:
        return bool(await mongo_database["notifications"].find_one({"waiting_for": f"{id}/author"}))

    await eventually(_waits)
    assert office.mails == []
    await neighbours.publish(f"{id}/author", a_contact(id))
    await eventually(lambda: office.to(MARYAM), patience=4)
    await message_of(mongo_database, id, "sent")


async def test_contacts_are_kept_sealed_and_a_tombstone_erases_them_and_what_waits(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database, settings: NotifierSettings
) -> None:
    office.verdicts.append(answering("451 later"))
    id = await file(neighbours)
    await message_of(mongo_database, id, "sent")
    stored = await mongo_database["contacts"].find_one({"_id": f"{id}/author"})
    assert MARYAM not in str(stored)

    await office.close()
    await neighbours.publish(id, a_fact("SubmissionAnswered", id))
    await message_of(mongo_database, id, "created", template="answered")
    await erase_contact(neighbours, settings, f"{id}/author")
    cancelled = await message_of(mongo_database, id, "cancelled", template="answered")
    assert (cancelled["reason"], "text" in cancelled["params"]) == ("erased", False)
    assert await mongo_database["contacts"].find_one({"_id": f"{id}/author"}) == {
        "_id": f"{id}/author",
        "submission_id": id,
    }
    await neighbours.publish(id, a_fact("SubmissionClosed", id))

    async def _told_nothing_more() -> bool:
        return (await states(mongo_database, id)).get(("it/author", "closed")) == "cancelled"

    await eventually(_told_nothing_more)


async def erase_contact(neighbours: Neighbours, settings: NotifierSettings, key: str) -> None:
    await neighbours._producer.send_and_wait(settings.topic_prefix + CONTACTS.name, value=None, key=key.encode())


async def test_an_erased_person_is_forgotten_and_the_statistics_stay(
    client: Client, neighbours: Neighbours, mongo_database: Database
) -> None:
    id = await file(neighbours)
    await neighbours.publish(id, a_fact("SubmissionAnswered", id))
    await message_of(mongo_database, id, "sent")
    await neighbours.publish(id, PersonErased(submission_id=id))

    async def _forgotten() -> bool:
        theirs = mongo_database["notifications"].find({"submission_id": id, "audience": "author"})
        left = [each async for each in theirs]
        return len(left) == 4 and all(each["recipient"] == "erased" and "text" not in each["params"] for each in left)

    await eventually(_forgotten)
    assert "sealed" not in (await mongo_database["contacts"].find_one({"_id": f"{id}/author"}) or {})


async def test_redelivered_events_tell_nothing_twice(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    id = an_id()
    await neighbours.publish(f"{id}/author", a_contact(id))
    events = [neighbours.event(id, received(id)), neighbours.event(id, a_fact("SubmissionAssigned", id))]
    await neighbours.send(events)
    await message_of(mongo_database, id, "sent")
    await neighbours.send(events + events)
    await neighbours.publish(id, a_fact("SubmissionAnswered", id))
    await eventually(lambda: len(office.to(MARYAM)) == 3)
    assert len({mail.message_id for mail in office.mails}) == len(office.mails) == 5


async def test_a_rebuild_from_the_topics_sends_nothing_again(
    settings: NotifierSettings, country: None, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    id = an_id()
    await neighbours.publish(f"{id}/author", a_contact(id))
    events = [neighbours.event(id, received(id)), neighbours.event(id, a_fact("SubmissionAssigned", id))]
    async with serving(create_app(settings)):
        await neighbours.send(events)
        await eventually(lambda: len(office.mails) == 4)
        await neighbours.hear_until(NOTIFICATIONS, lambda heard: len(heard) == 4, id)
    for name in ("cases", "inbox"):
        await mongo_database.drop_collection(name)
    async with serving(create_app(settings)):
        await neighbours.send(events)
        await neighbours.publish(id, a_fact("SubmissionClosed", id))
        await eventually(lambda: len(office.mails) == 5)
        assert await mongo_database["dead_letters"].count_documents({}) == 0
    assert len({mail.message_id for mail in office.mails}) == 5


async def test_what_happened_long_ago_is_cancelled_and_an_import_tells_nobody(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    old, imported = an_id(), an_id()
    yesterday = utc_now() - timedelta(hours=25)
    await neighbours.send([neighbours.event(old, received(old), time=yesterday)])
    assert (await message_of(mongo_database, old, "cancelled"))["reason"] == "too old"
    await neighbours.publish(imported, received(imported, channel="import"), a_fact("SubmissionAssigned", imported))

    async def _taken() -> bool:
        return bool(await mongo_database["cases"].find_one({"_id": imported, "state.entity": "works"}))

    await eventually(_taken)
    assert await mongo_database["notifications"].count_documents({"submission_id": imported}) == 0
    assert office.mails == []


async def test_the_inbox_is_its_owners_alone(client: Client, neighbours: Neighbours, provider: Provider) -> None:
    id = await file(neighbours, language="en")
    await neighbours.publish(id, a_fact("SubmissionAssigned", id))
    maryam = provider.authorization("citizen.maryam", "citizen")
    officer = provider.authorization("officer.one", "officer", entity="works")

    async def _both() -> bool:
        return bool((await client.get(f"{URL}/inbox", headers=maryam)).json()["unread"] == 2)

    await eventually(_both)
    first = (await client.get(f"{URL}/inbox?limit=1", headers=maryam)).json()
    second = (await client.get(f"{URL}/inbox?limit=1&cursor={first['next_cursor']}", headers=maryam)).json()
    assert {page["items"][0]["template"] for page in (first, second)} == {"received", "assigned"}
    assert second["next_cursor"] is None
    (item,) = (await client.get(f"{URL}/inbox", headers=officer)).json()["items"]
    assert (item["title"], item["reference"]) == ("A new complaint for your entity", "7K3MX-QPA42")

    foreign = await client.post(f"{URL}/inbox/{item['id']}/read", headers=maryam)
    assert foreign.status_code == 404
    for _ in range(2):
        read = await client.post(f"{URL}/inbox/{item['id']}/read", headers=officer)
        assert read.status_code == 200
        assert read.json()["read_at"] is not None
    assert (await client.get(f"{URL}/inbox", headers=officer)).json()["unread"] == 0
    assert (await client.get(f"{URL}/inbox")).status_code == 401
    assert (await client.get(f"{URL}/inbox?cursor=x", headers=maryam)).status_code == 422


async def test_central_office_sees_what_was_told_and_no_addresses(
    client: Client, neighbours: Neighbours, provider: Provider, mongo_database: Database
) -> None:
    id = await file(neighbours)
    await message_of(mongo_database, id, "sent")
    central = provider.authorization("central.triage", "central", entity="central-office")
    officer = provider.authorization("officer.one", "officer", entity="works")
    told = await client.get(f"{URL}/submissions/{id}/notifications", headers=central)
    assert {(item["channel"], item["state"]) for item in told.json()["items"]} == {
        ("mail", "sent"),
        ("inbox", "delivered"),
    }
    assert "@" not in told.text
    assert (await client.get(f"{URL}/submissions/{id}/notifications", headers=officer)).status_code == 403


async def test_facts_before_their_submission_are_told_when_it_comes(
    client: Client, neighbours: Neighbours, office: PostOffice
) -> None:
    id = an_id()
    await neighbours.publish(id, a_fact("SubmissionAssigned", id))
    await neighbours.publish(f"{id}/author", a_contact(id))
    await neighbours.publish(id, received(id))
    await eventually(lambda: len(office.mails) == 4)
