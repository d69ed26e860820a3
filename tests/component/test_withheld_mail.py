"""A message to an address that is not confirmed is withheld, and sent or forgotten afterwards: the notifier
whole, on real
Kafka, MongoDB and SMTP.
"""

from shared.events.contacts import ContactConfirmed
from shared.events.topics import CONTACTS, NOTIFICATIONS

from tests.support import intake_and_notifier as both
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.intake_and_notifier import MARYAM, Client, become
from tests.support.neighbours import Neighbours
from tests.support.notifier import A_SECRET, a_contact, a_fact, an_id, received
from tests.support.post_office import Posted, PostOffice, answering
from tests.support.provider import Provider

CODE = "1.c0de"

office, notifier = both.office, both.notifier


async def register(neighbours: Neighbours, id: str) -> None:
    """As intake does for an address that is to be confirmed."""
    await neighbours.publish(f"{id}/author", a_contact(id, confirmation=CODE))


async def confirm(neighbours: Neighbours, id: str) -> None:
    await neighbours.publish(f"{id}/author/confirmed", ContactConfirmed(submission_id=id, contact_id="author"))


async def erase(neighbours: Neighbours, key: str) -> None:
    topic = neighbours.settings.topic_prefix + CONTACTS.name
    await neighbours._producer.send_and_wait(topic, value=None, key=key.encode())


async def test_what_comes_before_the_confirmation_is_held_and_then_sent_where_it_still_matters(
    notifier: Client, neighbours: Neighbours, office: PostOffice, provider: Provider, mongo_database: Database
) -> None:
    id = an_id()
    await register(neighbours, id)
    facts = [a_fact(type, id) for type in ("SubmissionAssigned", "InformationRequested", "SubmissionAnswered")]
    await neighbours.publish(id, received(id), *facts)
    await become(
        mongo_database, id, received="sent", assigned="withheld", question_asked="withheld", answered="withheld"
    )

    (asking,) = office.to(MARYAM)
    assert f"/track/7K3MX-QPA42/confirm/{CODE}" in asking.text
    assert A_SECRET not in asking.text + asking.html
    central = provider.authorization("central.triage", "central", entity="central-office")
    told = await notifier.get(f"/api/notifier/v1/submissions/{id}/notifications", headers=central)
    assert {item["state"] for item in told.json()["items"] if item["template"] == "answered"} == {
        "withheld",
        "delivered",
    }
    maryam = provider.authorization("citizen.maryam", "citizen")
    inbox = (await notifier.get("/api/notifier/v1/inbox", headers=maryam)).json()
    assert [item["template"] for item in inbox["items"]].count("answered") == 1, "the inbox is as before"

    await confirm(neighbours, id)
    await become(mongo_database, id, received="sent", assigned="cancelled", question_asked="cancelled", answered="sent")
    _, answer = office.to(MARYAM)
    assert f"/track/7K3MX-QPA42/{A_SECRET}" in answer.text
    assert "Where exactly is it?" in answer.text, "what the official wrote was kept as long as it was withheld"
    left = mongo_database["notifications"].find({"submission_id": id, "channel": "mail", "params.text": {"$ne": None}})
    assert not [each async for each in left], "and is forgotten now"

    await confirm(neighbours, id)
    await neighbours.publish(id, a_fact("SubmissionClosed", id))
    await eventually(lambda: len(office.to(MARYAM)) == 3)
    assert len({mail.message_id for mail in office.to(MARYAM)}) == 3


async def test_a_confirmation_that_is_read_before_its_contact_counts(
    notifier: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    """When everything is read anew: they are in different partitions."""
    id = an_id()
    await neighbours.publish(id, received(id), a_fact("SubmissionAssigned", id))
    await confirm(neighbours, id)

    async def _is_noted() -> bool:
        return bool(await mongo_database["contacts"].find_one({"_id": f"{id}/author", "confirmed": True}))

    await eventually(_is_noted)
    await register(neighbours, id)
    await become(mongo_database, id, received="sent", assigned="sent")
    assert all(f"/track/7K3MX-QPA42/{A_SECRET}" in mail.text for mail in office.to(MARYAM))


async def test_a_confirmation_in_the_very_moment_of_withholding_is_not_missed(
    notifier: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    id = an_id()
    await register(neighbours, id)

    async def _confirms_meanwhile(posted: Posted) -> str:
        """The author is quick, and the mail behind this one was claimed together with it."""
        await confirm(neighbours, id)
        return "250 taken"

    office.verdicts.append(_confirms_meanwhile)
    await neighbours.publish(id, received(id), a_fact("SubmissionAssigned", id))
    await become(mongo_database, id, received="sent", assigned="sent")


async def test_an_erased_contact_stays_erased_and_what_was_held_for_it_is_cancelled(
    notifier: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    id = an_id()
    await register(neighbours, id)
    await neighbours.publish(id, received(id), a_fact("SubmissionAnswered", id))
    await become(mongo_database, id, received="sent", answered="withheld")
    for key in (f"{id}/author", f"{id}/author/confirmed"):
        await erase(neighbours, key)
    await become(mongo_database, id, received="sent", answered="cancelled")
    await confirm(neighbours, id)
    await neighbours.publish(id, a_fact("SubmissionClosed", id))
    await become(mongo_database, id, received="sent", answered="cancelled", closed="cancelled")
    stored = await mongo_database["contacts"].find_one({"_id": f"{id}/author"})
    assert stored == {"_id": f"{id}/author", "submission_id": id}
    assert len(office.to(MARYAM)) == 1


async def test_what_was_handed_over_is_sent_although_its_address_was_refused_before_that_was_noted(
    notifier: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    id = an_id()
    await register(neighbours, id)

    async def _refused_meanwhile(posted: Posted) -> str:
        await erase(neighbours, f"{id}/author")
        await become(mongo_database, id, received="cancelled")
        return "250 taken"

    office.verdicts.append(_refused_meanwhile)
    await neighbours.publish(id, received(id))
    await become(mongo_database, id, received="sent")
    (told,) = await neighbours.hear(NOTIFICATIONS, id, "NotificationSent")
    assert (told.data.template, told.data.audience) == ("received", "author")
    stored = await mongo_database["notifications"].find_one({"_id": told.data.notification_id}) or {}
    assert [step["state"] for step in stored["history"]][-2:] == ["cancelled", "sent"]
    assert not {"reason", "next_at", "claimed_by"} & set(stored)

    await neighbours.publish(id, a_fact("SubmissionAnswered", id))
    await become(mongo_database, id, received="sent", answered="cancelled")
    assert len(office.to(MARYAM)) == 1


async def test_a_first_mail_that_is_refused_for_now_asks_all_the_same(
    notifier: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    office.verdicts.append(answering("451 later"))
    id = an_id()
    await register(neighbours, id)
    await neighbours.publish(id, received(id), a_fact("SubmissionAssigned", id))
    await become(mongo_database, id, received="sent", assigned="withheld")
    assert f"/confirm/{CODE}" in office.to(MARYAM)[0].text
