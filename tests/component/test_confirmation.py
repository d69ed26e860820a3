"""The reader of a mail or an SMS says by its link whether the address or the number is theirs.

Intake and the notifier, whole and side by side, on real Kafka, MongoDB and SMTP. What becomes of the mail that comes
before they say so: `test_withheld_mail.py`.
"""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from shared.events.deadlines import DeadlineMoved, DeadlineUnknown
from shared.events.topics import CONTACTS, SUBMISSIONS
from shared.reference.working_time import utc_now

from tests.support import intake_and_notifier as both
from tests.support.browser import PUBLIC_URL, Browser
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.intake import a_filing
from tests.support.intake_and_notifier import MARYAM, Client, become
from tests.support.neighbours import Neighbours
from tests.support.notifier import a_fact
from tests.support.post_office import Posted, PostOffice
from tests.support.provider import Provider

KEY = str(uuid4())
OURS = {"Sec-Fetch-Site": "same-origin"}
PERSON = {"Accept": "text/html"}

office, notifier, intake, browser = both.office, both.notifier, both.intake, both.browser


async def file(browser: Browser, language: str = "en", headers: dict[str, str] | None = None) -> dict[str, Any]:
    sent = a_filing(language=language, contact={"name": "Maryam", "email": MARYAM})
    receipt: dict[str, Any] = (await browser.post("/api/intake/v1/submissions", json=sent, headers=headers)).json()
    return receipt


async def link_of_the_mail(office: PostOffice) -> str:
    """The path of the one link to the case that the only mail has; another stops all mail."""
    await eventually(lambda: office.to(MARYAM))
    (mail,) = office.to(MARYAM)
    return link_in(mail)


def link_in(mail: Posted) -> str:
    (link,) = set(re.findall(rf"{PUBLIC_URL}(/track/\S+)", mail.text))
    return str(link)


@pytest.mark.parametrize(
    ("language", "asked", "said"),
    [
        ("en", "Is this your address?", "Your address is confirmed."),
        ("ar", "هل هذا عنوانك؟", "تأكّد عنوانك."),
    ],
)
async def test_the_author_confirms_by_the_link_of_the_mail_and_a_button(
    notifier: Client,
    intake: FastAPI,
    browser: Browser,
    neighbours: Neighbours,
    office: PostOffice,
    mongo_database: Database,
    language: str,
    asked: str,
    said: str,
) -> None:
    receipt = await file(browser, language)
    link = await link_of_the_mail(office)
    assert receipt["secret"] not in office.mails[0].text
    await neighbours.publish(receipt["id"], a_fact("SubmissionAssigned", receipt["id"]))
    await become(mongo_database, receipt["id"], received="sent", assigned="withheld")

    for _ in range(2):  # a program that looks at mail, and then the person
        page = await browser.get(f"{link}?lang={language}", headers=PERSON)
        assert (page.status_code, asked in page.text) == (200, True)
        assert (page.headers["cache-control"], page.headers["referrer-policy"]) == (
            "private, no-store",
            "no-referrer",
        )
    assert (await state(intake, receipt), len(office.to(MARYAM))) == ("awaited", 1)

    for _ in range(2):  # and a second click
        pressed = await browser.post(link, data={"choice": "mine"}, headers=OURS)
        assert (pressed.status_code, pressed.headers["location"]) == (
            303,
            f"/track/{receipt['reference']}?did=confirmed",
        )
    opened = await browser.get(pressed.headers["location"], headers=PERSON)
    assert (opened.status_code, said in opened.text, "The lamp at Road 2825" in opened.text) == (200, True, True)
    assert await state(intake, receipt) == "confirmed"
    await become(mongo_database, receipt["id"], received="sent", assigned="sent")
    assert f"/track/{receipt['reference']}/{receipt['secret']}" in office.to(MARYAM)[1].text
    confirmed = await neighbours.hear(CONTACTS, f"{receipt['id']}/author/confirmed", "ContactConfirmed")
    assert MARYAM not in str(confirmed[0].data)


async def state(intake: FastAPI, receipt: dict[str, Any]) -> str | None:
    found = await intake.state.submissions.find(receipt["id"])
    assert found is not None
    return found.state.confirmation if found.state else None


async def test_a_number_is_confirmed_by_the_link_of_the_sms_and_says_nothing_of_an_address(
    intake: FastAPI, browser: Browser, neighbours: Neighbours
) -> None:
    sent = a_filing(language="en", contact={"phone": "36001234"})
    receipt = (await browser.post("/api/intake/v1/submissions", json=sent)).json()
    assert await state(intake, receipt) == "awaited"
    (registered,) = await neighbours.hear(CONTACTS, f"{receipt['id']}/author", "ContactRegistered")
    contact = intake.state.key_ring.open(registered.data.sealed, f"{receipt['id']}/author")
    link = f"/track/{receipt['reference']}/confirm/{contact.number_confirmation}"
    assert contact.confirmation is None
    for lang, asked in (("en", "Is this your number?"), ("ar", "هل هذا رقمك؟")):
        assert asked in (await browser.get(f"{link}?lang={lang}", headers=PERSON)).text
    for _ in range(2):
        pressed = await browser.post(link, data={"choice": "mine"}, headers=OURS)
        assert pressed.headers["location"] == f"/track/{receipt['reference']}?did=number"
    opened = await browser.get(f"{pressed.headers['location']}&lang=en", headers=PERSON)
    assert "Your number is confirmed." in opened.text
    (confirmed,) = await neighbours.hear(CONTACTS, f"{receipt['id']}/author/number-confirmed", "ContactConfirmed")
    assert confirmed.data.number
    assert await state(intake, receipt) == "confirmed"
    refused = await browser.post(link, data={"choice": "not-mine"}, headers=OURS)
    assert refused.headers["location"] == link
    assert "This number gets no more messages" in (await browser.get(f"{link}?lang=en", headers=PERSON)).text


async def test_the_time_stands_still_for_a_question_only_once_it_reaches_its_author(
    notifier: Client,
    intake: FastAPI,
    browser: Browser,
    neighbours: Neighbours,
    office: PostOffice,
    mongo_database: Database,
) -> None:
    receipt = await file(browser)
    id, private = receipt["id"], f"/track/{receipt['reference']}"
    await browser.get(f"{private}/{receipt['secret']}")

    async def page_says(*words: str) -> None:
        async def _says() -> bool:
            page = (await browser.get(f"{private}?lang=en", headers=PERSON)).text
            return all(each in page for each in words)

        await eventually(_says)

    clock: dict[str, Any] = {"submission_id": id, "target": "answer", "entity": "works"}
    [received] = await neighbours.hear(SUBMISSIONS, id, "SubmissionReceived")
    assert received.data.needs_confirmation
    await neighbours.publish(id, a_fact("SubmissionAssigned", id), a_fact("InformationRequested", id))
    due_at = utc_now() + timedelta(days=3)
    moved = DeadlineMoved(**clock, to_state="running", due_at=due_at, reason="assigned", windows=((utc_now(), due_at),))
    await neighbours.publish(id, moved)
    await page_says("The entity has a question for you", "Left: ")

    await browser.post(await link_of_the_mail(office), data={"choice": "mine"}, headers=OURS)
    await neighbours.hear(SUBMISSIONS, id, "AuthorConfirmed")
    await page_says("The time stands still until your answer")

    await neighbours.publish(id, DeadlineUnknown(**clock, to_state="unknown", since=utc_now()))
    await page_says("Cannot be stated for now", "is being dealt with all the same")
    await neighbours.publish(id, moved)
    await page_says("The time stands still until your answer")


async def test_this_was_not_me_stops_all_mail_and_the_tracking_page_says_so(
    notifier: Client,
    intake: FastAPI,
    browser: Browser,
    neighbours: Neighbours,
    office: PostOffice,
    mongo_database: Database,
) -> None:
    receipt = await file(browser)
    private = f"/track/{receipt['reference']}"
    await browser.get(f"{private}/{receipt['secret']}")
    waiting = await browser.get(f"{private}?lang=en", headers=PERSON)
    assert "We sent a message to the address or number that was given." in waiting.text
    link = await link_of_the_mail(office)

    async with Browser(intake) as stranger:
        pressed = await stranger.post(link, data={"choice": "not-mine"}, headers=OURS)
        assert (pressed.status_code, pressed.headers["location"], stranger.cookie) == (303, link, "")
        page = await stranger.get(f"{link}?lang=en", headers=PERSON)
        assert "This address gets no more mail" in page.text
        refused = await stranger.post(link, data={"choice": "mine"}, headers=OURS | PERSON)
        assert (refused.status_code, "This link does not work" in refused.text) == (404, True)

    await neighbours.publish(receipt["id"], a_fact("SubmissionAnswered", receipt["id"]))
    await become(mongo_database, receipt["id"], received="sent", answered="cancelled")
    stored = await mongo_database["contacts"].find_one({"_id": f"{receipt['id']}/author"}) or {}
    assert "sealed" not in stored

    async def _says_so() -> bool:
        told = (await browser.get(f"{private}?lang=en", headers=PERSON)).text
        return "Whoever reads messages at the address or number that was given says that this is not theirs." in told

    await eventually(_says_so)
    assert len(office.to(MARYAM)) == 1


async def test_the_mail_that_asks_is_sent_again_where_it_was_lost_but_not_without_end(
    notifier: Client, intake: FastAPI, browser: Browser, office: PostOffice, mongo_database: Database
) -> None:
    receipt = await file(browser)
    at, secret = f"/track/{receipt['reference']}", {"Tawasul-Secret": receipt["secret"]}
    api = f"/api/intake/v1/submissions/{receipt['reference']}/confirmation"
    await link_of_the_mail(office)
    too_soon = await browser.post(api, headers=secret)
    assert (too_soon.status_code, too_soon.json()["type"]) == (429, "urn:tawasul:problem:asked-just-now")
    assert int(too_soon.headers["retry-after"]) > 800
    await browser.get(f"{at}/{receipt['secret']}")
    assert "Send the message again" not in (await browser.get(f"{at}?lang=en", headers=PERSON)).text

    filed_before = {"$set": {"state.received_at": utc_now() - timedelta(hours=1)}}
    await intake.state.submissions.collection.update_one({"_id": receipt["id"]}, filed_before)
    assert "Send the message again" in (await browser.get(f"{at}?lang=en", headers=PERSON)).text
    token = browser.form_token
    for _ in range(2):  # pressed twice
        pressed = await browser.post(f"{at}/confirmation", data={"key": KEY, "form_token": token}, headers=OURS)
        assert (pressed.status_code, pressed.headers["location"]) == (303, f"{at}?did=confirmation")
    await become(mongo_database, receipt["id"], received="sent", confirm_again="sent")
    first, again = office.to(MARYAM)
    assert first.message_id != again.message_id
    assert link_in(first) == link_in(again)
    assert receipt["secret"] not in again.text
    assert "Send the message again" not in (await browser.get(f"{at}?lang=en", headers=PERSON)).text

    async def _has_heard_of_both() -> bool:  # or it would write over what is changed behind its back
        there = await intake.state.submissions.collection.find_one({"_id": receipt["id"]}, {"seen": 1})
        return bool(there and there["seen"].get("notifications", 0) >= 2)

    await eventually(_has_heard_of_both)
    long_before = {"$set": {"state.asked_again": [utc_now() - timedelta(hours=1)] * 2}}
    await intake.state.submissions.collection.update_one({"_id": receipt["id"]}, long_before)
    often = await browser.post(api, headers=secret | browser.own_script())
    assert (often.status_code, often.json()["type"]) == (409, "urn:tawasul:problem:asked-often-enough")
    await browser.post(link_in(first), data={"choice": "mine", "form_token": token}, headers=OURS)
    confirmed = await browser.post(api, headers=secret | browser.own_script())
    assert confirmed.json()["type"] == "urn:tawasul:problem:nothing-to-confirm"


async def test_wrong_and_old_links_are_refused_alike_in_both_languages(intake: FastAPI, browser: Browser) -> None:
    receipt = await file(browser)
    at = f"/track/{receipt['reference']}/confirm"
    code = intake.state.tracking.confirmation(receipt["id"])
    wrong = [f"{at}/{code[:-1]}", f"{at}/{receipt['secret']}", f"/track/00000-00000/confirm/{code}", f"{at}/لا"]
    for link in wrong:
        for said, lang in (("This link does not work", "en"), ("هذا الرابط لا يعمل", "ar")):
            page = await browser.get(f"{link}?lang={lang}", headers=PERSON)
            assert (page.status_code, said in page.text) == (404, True)
        assert (await browser.post(link, data={"choice": "mine"}, headers=OURS)).status_code == 404
    assert (await browser.post(f"{at}/{code}", data={"choice": "mine"})).status_code == 403, "from another site"
    assert await state(intake, receipt) == "awaited"

    secret = {"Tawasul-Secret": receipt["secret"]}
    await browser.post(f"/api/intake/v1/submissions/{receipt['reference']}/erasure", headers=secret)
    for method in (browser.get(f"{at}/{code}"), browser.post(f"{at}/{code}", data={"choice": "mine"}, headers=OURS)):
        assert (await method).status_code == 404


async def test_an_address_that_the_provider_has_verified_is_told_at_once(
    notifier: Client,
    intake: FastAPI,
    browser: Browser,
    neighbours: Neighbours,
    office: PostOffice,
    provider: Provider,
    mongo_database: Database,
) -> None:
    own = provider.authorization("citizen.maryam", "citizen", email=MARYAM.upper(), email_verified=True)
    receipt = await file(browser, headers=own)
    await neighbours.publish(receipt["id"], a_fact("SubmissionAssigned", receipt["id"]))
    await become(mongo_database, receipt["id"], received="sent", assigned="sent")
    assert await state(intake, receipt) is None
    another = await file(browser, headers=provider.authorization("citizen.eve", "citizen", email="eve@x.example"))
    assert await state(intake, another) == "awaited"
