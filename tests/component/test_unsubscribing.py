"""Mail is stopped from the mail itself: by a mail program's one click, or by a person on a page, signed in or not."""

from urllib.parse import urlsplit

from notifier.contacts.address_marks import AddressMarks
from notifier.contacts.suppression import Suppressed
from notifier.contacts.suppression_lookup import SuppressionList
from notifier.contacts.suppression_store import Suppressions
from notifier.settings import NotifierSettings
from pydantic import SecretStr
from shared.events.topics import CONTACTS
from shared.privacy.contacts import KeyRing, new_key
from shared.reference.working_time import utc_now

from tests.support import one_notifier
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.notifier import a_fact
from tests.support.one_notifier import MARYAM, Client, file, message_of
from tests.support.post_office import PostOffice

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
FROM_OUR_PAGE = {"origin": "https://tawasul.example", "sec-fetch-site": "same-origin"}

office, settings = one_notifier.office, one_notifier.settings
country, client = one_notifier.country, one_notifier.client


async def is_filed(neighbours: Neighbours, office: PostOffice, address: str = MARYAM) -> tuple[str, str]:
    """Its id, and where the mail that acknowledged it is stopped."""
    id = await file(neighbours, {"email": address})
    await eventually(lambda: any(id in str(mail.message["References"]) for mail in office.to(address)))
    mail = next(mail for mail in office.to(address) if id in str(mail.message["References"]))
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = urlsplit(str(mail.message["List-Unsubscribe"]).strip("<>"))
    assert f"{url.scheme}://{url.netloc}" == "https://tawasul.example"
    return id, f"{url.path}?{url.query}"


async def becomes(database: Database, id: str, template: str) -> tuple[str, str | None]:
    """The final state of the author's mail, and the reason."""
    ended = await message_of(database, id, "sent", "cancelled", template=template)
    return ended["state"], ended.get("reason")


async def test_one_click_of_a_mail_program_stops_mail_about_this_submission(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    id, url = await is_filed(neighbours, office)
    other, _ = await is_filed(neighbours, office)
    for _ in range(2):
        clicked = await client.post(url, data=ONE_CLICK)
        assert (clicked.status_code, clicked.headers["cache-control"]) == (200, "private, no-store")

    for each in (id, other):
        await neighbours.publish(each, a_fact("SubmissionAssigned", each), a_fact("InformationRequested", each))
    assert await becomes(mongo_database, id, "assigned") == ("cancelled", "unsubscribed")
    contact = await mongo_database["contacts"].find_one({"_id": f"{id}/author"}) or {}
    assert (contact["unsubscribed"]["by"], "at" in contact["unsubscribed"]) == ("one-click", True)
    assert await becomes(mongo_database, other, "assigned") == ("sent", None)
    assert await becomes(mongo_database, id, "question-asked") == ("sent", None)
    question = next(mail for mail in office.to(MARYAM) if "question" in str(mail.message["Subject"]))
    assert question.message["List-Unsubscribe"] is None
    in_the_inbox = {"submission_id": id, "channel": "inbox", "recipient": "citizen.maryam", "state": "delivered"}
    assert await mongo_database["notifications"].count_documents(in_the_inbox) == 3


async def test_one_click_may_come_as_a_form_with_parts(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    id, url = await is_filed(neighbours, office)
    parts = {name: (None, value.encode()) for name, value in ONE_CLICK.items()}
    assert (await client.post(url, files=parts)).status_code == 200
    await neighbours.publish(id, a_fact("SubmissionAssigned", id))
    assert await becomes(mongo_database, id, "assigned") == ("cancelled", "unsubscribed")


async def test_a_person_stops_all_mail_to_an_address_and_gets_it_again(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    id, url = await is_filed(neighbours, office)
    stopped = await client.post(url, data={"choice": "all"}, headers=FROM_OUR_PAGE)
    assert stopped.status_code == 303
    assert "no more mail from Tawasul" in (await client.get(f"{stopped.headers['location']}&lang=en")).text

    other = await file(neighbours, {"email": " Maryam@Citizens.example"})
    assert await becomes(mongo_database, other, "received") == ("cancelled", "unsubscribed")
    kept = await mongo_database["preferences"].find().to_list()
    assert [each["state"]["stopped"] for each in kept] == [True]
    assert "citizens" not in str(kept)

    await client.post(url, data={"choice": "resume"}, headers=FROM_OUR_PAGE)
    await neighbours.publish(id, a_fact("SubmissionAssigned", id))
    assert await becomes(mongo_database, id, "assigned") == ("sent", None)


async def test_opening_the_page_changes_nothing_and_it_speaks_both_languages(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    id, url = await is_filed(neighbours, office)
    path = url.partition("?")[0]
    for language, said in (("en", "Which mail do you want to stop?"), ("ar", "أي الرسائل تريدون إيقافها؟")):
        page = await client.get(f"{path}?lang={language}")
        assert said in page.text
        assert "7K3MX-QPA42" in page.text
        assert page.headers["referrer-policy"] == "no-referrer"
    await neighbours.publish(id, a_fact("SubmissionAssigned", id))
    assert await becomes(mongo_database, id, "assigned") == ("sent", None)


async def test_another_sites_form_a_wrong_token_and_a_wrong_choice_do_nothing(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    id, url = await is_filed(neighbours, office)
    foreign = await client.post(url, data={"choice": "all"}, headers={"origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert (await client.post(url, data={"choice": "burn"}, headers=FROM_OUR_PAGE)).status_code == 200
    assert (await client.post(url, content=b"\xff" * 100, headers=FROM_OUR_PAGE)).status_code == 200
    assert (await client.post(url)).status_code == 403
    forged = url.replace("/unsubscribe/", "/unsubscribe/A")
    for answer in (await client.get(forged), await client.post(forged, data=ONE_CLICK)):
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:tawasul:problem:link-not-usable")
    await neighbours.publish(id, a_fact("SubmissionAssigned", id))
    assert await becomes(mongo_database, id, "assigned") == ("sent", None)


async def test_an_erased_contact_has_nothing_left_to_stop(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database, settings: NotifierSettings
) -> None:
    id, url = await is_filed(neighbours, office)
    await neighbours._producer.send_and_wait(
        settings.topic_prefix + CONTACTS.name, value=None, key=f"{id}/author".encode()
    )

    async def _erased() -> bool:
        return "sealed" not in (await mongo_database["contacts"].find_one({"_id": f"{id}/author"}) or {"sealed": 1})

    await eventually(_erased)
    assert (await client.post(url, data=ONE_CLICK)).status_code == 200
    page = await client.get(url)
    assert "Nothing more is sent to this address" in page.text
    assert "<form" not in page.text
    kept = await mongo_database["contacts"].find_one({"_id": f"{id}/author"})
    assert kept == {"_id": f"{id}/author", "submission_id": id}


async def test_however_an_address_is_written_it_is_the_one_that_was_stopped(mongo_database: Database) -> None:
    stopped = SuppressionList(Suppressions(mongo_database), AddressMarks(KeyRing(SecretStr(new_key()))))
    await stopped.add(MARYAM, Suppressed.BOUNCED, utc_now())
    written = [MARYAM, " Maryam@Citizens.example", "MARYAM@CITIZENS.EXAMPLE"]
    assert await stopped.among([*written, "yusuf@citizens.example"]) == dict.fromkeys(written, Suppressed.BOUNCED)


async def test_of_reasons_under_several_keys_the_strongest_counts(mongo_database: Database) -> None:
    suppressions, old, new = Suppressions(mongo_database), new_key(), new_key()
    for keys, why in ((old, Suppressed.COMPLAINED), (f"{new},{old}", Suppressed.BOUNCED)):
        stopped = SuppressionList(suppressions, AddressMarks(KeyRing(SecretStr(keys))))
        await stopped.add(MARYAM, why, utc_now())
    for keys in (f"{new},{old}", f"{old},{new}"):
        stopped = SuppressionList(suppressions, AddressMarks(KeyRing(SecretStr(keys))))
        assert await stopped.among([MARYAM]) == {MARYAM: Suppressed.COMPLAINED}
