"""Following what is published by mail, from the form to the last mail: intake, notifier and mail server, whole."""

import re
from typing import Any
from uuid import uuid4

import httpx2
from fastapi import FastAPI
from intake.followers.commands import LAPSES_AFTER
from intake.tracking.auto_close import lapse_due
from shared.events.topics import CONTACTS
from shared.reference.working_time import utc_now
from shared.storage.item_isolation import SkippedItems

from tests.support import intake_and_notifier as both
from tests.support.browser import PUBLIC_URL, Browser
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.intake import a_filing
from tests.support.neighbours import Neighbours
from tests.support.notifier import a_fact
from tests.support.post_office import Posted, PostOffice
from tests.support.provider import Provider

YUSUF = "yusuf@citizens.example"
API = "/api/intake/v1"
OURS = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html", "Accept-Language": "en"}
Client = httpx2.AsyncClient

office, notifier, intake, browser = both.office, both.notifier, both.intake, both.browser


async def published(browser: Browser, provider: Provider, **changed: Any) -> dict[str, Any]:
    """Filed anonymously, with its author's word, and published by a moderator."""
    filed = await browser.post(f"{API}/submissions", json=a_filing(publish=True, **changed))
    receipt: dict[str, Any] = filed.json()
    moderator = provider.authorization("mod", "central")
    done = await browser.post(f"{API}/moderation/{receipt['reference']}/publish", json={}, headers=moderator)
    assert done.status_code == 200, done.text
    return receipt


async def asks(browser: Browser, receipt: dict[str, Any], email: str = YUSUF) -> httpx2.Response:
    return await browser.post(
        f"/submissions/{receipt['reference']}/follow-by-mail", data={"email": email}, headers=OURS
    )


async def mails(office: PostOffice, count: int) -> list[Posted]:
    async def _came() -> bool:
        return len(office.to(YUSUF)) >= count

    await eventually(_came)
    assert len(office.to(YUSUF)) == count
    return office.to(YUSUF)


def link_in(mail: Posted) -> str:
    found = re.search(rf"{re.escape(PUBLIC_URL)}(/track/[^/\s]+/following/[^/\s]+/[^/\s]+)", mail.text)
    assert found is not None, mail.text
    return found[1]


def contact_in(link: str) -> str:
    return link.split("/")[4]


async def is_answered(neighbours: Neighbours, receipt: dict[str, Any]) -> None:
    await neighbours.publish(receipt["id"], a_fact("SubmissionAnswered", receipt["id"]))


async def become(database: Database, id: str, **expected: str) -> None:
    """Wait until the mails of followers are in these states, by template (with _ for -)."""
    wanted = {template.replace("_", "-"): state for template, state in expected.items()}

    async def _are() -> bool:
        theirs = {"submission_id": id, "audience": "follower"}
        return {each["template"]: each["state"] async for each in database["notifications"].find(theirs)} == wanted

    await eventually(_are)


async def test_a_visitor_follows_by_mail_confirms_hears_of_the_answer_and_stops(
    notifier: Client,
    intake: FastAPI,
    browser: Browser,
    neighbours: Neighbours,
    provider: Provider,
    office: PostOffice,
    mongo_database: Database,
) -> None:
    receipt = await published(browser, provider)
    page = f"/submissions/{receipt['reference']}"
    taken = await asks(browser, receipt)
    assert (taken.status_code, taken.headers["location"]) == (303, f"{page}?did=asked")
    assert "we have sent a mail to it" in (await browser.get(taken.headers["location"], headers=OURS)).text
    (asked,) = await mails(office, 1)
    link = link_in(asked)
    assert "do you want to follow it?" in str(asked.message["Subject"])

    for _ in range(2):  # a program that looks at mail, and then the person
        opened = await browser.get(link, headers=OURS)
        assert (opened.status_code, "Do you want to follow it?" in opened.text) == (200, True)
        assert opened.headers["referrer-policy"] == "no-referrer"
    assert "follows it." not in (await browser.get(page, headers=OURS)).text
    for _ in range(2):
        assert (await browser.post(link, data={"choice": "follow"}, headers=OURS)).status_code == 303
    assert "1 person follows it." in (await browser.get(page, headers=OURS)).text
    contact = f"{receipt['id']}/{contact_in(link)}"
    await neighbours.hear(CONTACTS, f"{contact}/confirmed", "ContactConfirmed")

    await is_answered(neighbours, receipt)
    (_, told) = await mails(office, 2)
    assert "which you follow, was answered" in str(told.message["Subject"])
    assert link_in(told) == link
    assert "Where exactly is it?" not in told.text, "what the official wrote is its author's"
    await browser.post(link, data={"choice": "stop"}, headers=OURS)
    assert "This address does not follow it" in (await browser.get(link, headers=OURS)).text

    async def _forgotten() -> bool:
        stored = await mongo_database["contacts"].find_one({"_id": contact})
        return stored is not None and "sealed" not in stored

    await eventually(_forgotten)
    found = await intake.state.submissions.find(receipt["id"])
    assert found is not None
    assert found.state is not None
    assert YUSUF not in found.state.model_dump_json()
    assert [entry for entry in found.state.timeline if entry.details.get("audience") == "follower"] == []


async def test_an_address_that_was_typed_twice_gets_one_mail_and_the_answer_never_tells(
    notifier: Client, browser: Browser, provider: Provider, office: PostOffice, mongo_database: Database
) -> None:
    receipt = await published(browser, provider)
    answers = [await asks(browser, receipt, email) for email in (YUSUF, YUSUF.upper(), YUSUF)]
    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {
        (303, f"/submissions/{receipt['reference']}?did=asked")
    }
    by_program = await browser.post(
        f"{API}/published/{receipt['reference']}/follow-by-mail", json={"email": YUSUF, "language": "en"}
    )
    assert (by_program.status_code, by_program.json()) == (202, {"reference": receipt["reference"]})
    await become(mongo_database, receipt["id"], following="sent")
    assert len(office.to(YUSUF)) == 1


async def test_an_address_that_the_provider_has_verified_is_not_asked(
    notifier: Client, browser: Browser, provider: Provider, office: PostOffice
) -> None:
    receipt = await published(browser, provider)
    own = provider.authorization("citizen.yusuf", "citizen", email=YUSUF, email_verified=True)
    taken = await browser.post(
        f"/submissions/{receipt['reference']}/follow-by-mail", data={"email": YUSUF}, headers=OURS | own
    )
    assert taken.status_code == 303, taken.text
    page = (await browser.get(taken.headers["location"], headers=OURS)).text
    assert "We write to you when it is answered." in page
    assert "Open the link in it and confirm" not in page
    assert "1 person follows it." in page
    (told,) = await mails(office, 1)
    assert "you follow it" in str(told.message["Subject"])


async def test_before_the_confirmation_and_after_a_refusal_nothing_more_is_sent(
    notifier: Client,
    browser: Browser,
    neighbours: Neighbours,
    provider: Provider,
    office: PostOffice,
    mongo_database: Database,
) -> None:
    receipt = await published(browser, provider)
    await asks(browser, receipt)
    link = link_in((await mails(office, 1))[0])
    await is_answered(neighbours, receipt)
    await become(mongo_database, receipt["id"], following="sent", followed_answered="withheld")
    await browser.post(link, data={"choice": "stop"}, headers=OURS)
    await become(mongo_database, receipt["id"], following="sent", followed_answered="cancelled")
    await asks(browser, receipt)
    refused = await browser.post(link, data={"choice": "follow"}, headers=OURS)
    assert (refused.status_code, "This link does not work" in refused.text) == (404, True)
    assert len(office.to(YUSUF)) == 1


async def test_a_request_that_nobody_confirms_ends_by_itself(
    notifier: Client, intake: FastAPI, browser: Browser, provider: Provider, office: PostOffice
) -> None:
    receipt = await published(browser, provider)
    await asks(browser, receipt)
    link = link_in((await mails(office, 1))[0])
    submissions, later = intake.state.submissions, utc_now() + LAPSES_AFTER
    left = SkippedItems[str]("closing")
    assert [await lapse_due(submissions, later, left) for _ in range(2)] == [1, 0]
    assert "This address does not follow it" in (await browser.get(link, headers=OURS)).text


async def test_what_is_no_address_no_link_or_not_published_is_refused_clearly(
    intake: FastAPI, browser: Browser, provider: Provider
) -> None:
    receipt = await published(browser, provider)
    for email in ("", "nobody", "a@b", "a b@c.example", "a@c.example\r\nBcc: all@c.example", "x" * 300 + "@c.example"):
        wrong = await asks(browser, receipt, email)
        assert (wrong.status_code, 'href="#email"' in wrong.text) == (422, True), email
        api = await browser.post(f"{API}/published/{receipt['reference']}/follow-by-mail", json={"email": email})
        assert api.status_code == 422
    waiting = (await browser.post(f"{API}/submissions", json=a_filing(publish=True))).json()
    assert (await asks(browser, waiting)).status_code == 404
    tracking = intake.state.tracking
    contact = tracking.follower_ids(receipt["id"], YUSUF)[0]
    code = tracking.following(receipt["id"], contact)
    at = f"/track/{receipt['reference']}/following"
    wrong_links = [f"{at}/{contact}/{code[:-1]}", f"{at}/follower-other/{code}", f"{at}/{contact}/{receipt['secret']}"]
    for link in [*wrong_links, f"/track/00000-00000/following/{contact}/{code}"]:
        for method in (browser.get(link, headers=OURS), browser.post(link, data={"choice": "follow"}, headers=OURS)):
            answer = await method
            assert (answer.status_code, "This link does not work" in answer.text) == (404, True), link
    assert (await browser.post(f"{at}/{contact}/{code}", data={"choice": "follow"})).status_code == 403, "another site"


async def test_this_is_mine_too_takes_the_address_from_the_form_of_a_new_submission(
    notifier: Client, browser: Browser, provider: Provider, office: PostOffice
) -> None:
    place = {"lat": 26.1001, "lon": 50.5001}
    receipt = await published(browser, provider, location=place)
    typed = {"kind": "complaint", "text": "The same lamp.", "who": "contact", "email": YUSUF, "key": str(uuid4())}
    typed |= {name: str(value) for name, value in place.items()}
    check = await browser.post("/submissions/new", data=typed | {"step": "check"}, headers=OURS)
    action = f"/submissions/{receipt['reference']}/follow-by-mail"
    assert f'formaction="{action}"' in check.text
    taken = await browser.post(action, data=typed, headers=OURS)
    assert taken.headers["location"] == f"/submissions/{receipt['reference']}?did=asked"
    await mails(office, 1)
