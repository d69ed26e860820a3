"""People choose what they are told: from a mail, signed out; and signed in, citizens and officials."""

from typing import Any
from urllib.parse import urlsplit

from notifier.announcements.store import Announcements
from shared.reference.working_time import utc_now

from tests.support import one_notifier
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.notifier import a_fact
from tests.support.one_notifier import MARYAM, Client, file, message_of
from tests.support.post_office import PostOffice
from tests.support.provider import Provider

FROM_OUR_PAGE = {"origin": "https://tawasul.example", "sec-fetch-site": "same-origin"}
API = "/api/notifier/v1/preferences"
AS_IT_IS = {"receipt-mail": "yes", "progress-mail": "yes", "decision-mail": "yes", "closing-mail": "yes"}

office, settings = one_notifier.office, one_notifier.settings
country, client = one_notifier.country, one_notifier.client


async def test_whoever_reads_the_mail_chooses_for_its_address_without_signing_in(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    id = await file(neighbours)
    await eventually(lambda: office.to(MARYAM))
    page = urlsplit(str(office.to(MARYAM)[0].message["List-Unsubscribe"]).strip("<>")).path
    choices = f"{page}/choices"
    assert f'href="{choices}"' in (await client.get(page)).text
    for language, said in (("en", "Your notifications"), ("ar", "الإشعارات التي تصلكم")):
        shown = await client.get(f"{choices}?lang={language}")
        assert said in shown.text
        assert "New work" not in shown.text
        assert (shown.headers["referrer-policy"], shown.headers["cache-control"]) == (
            "no-referrer",
            "private, no-store",
        )

    without_progress = {**AS_IT_IS, "seen": "0", "quiet": "never"}
    del without_progress["progress-mail"]
    assert (await client.post(choices, data=without_progress)).status_code == 403, "not from our page"
    saved = await client.post(choices, data=without_progress, headers=FROM_OUR_PAGE)
    assert saved.status_code == 303
    assert "Saved." in (await client.get(f"{saved.headers['location']}&lang=en")).text
    late = await client.post(choices, data=AS_IT_IS | {"seen": "0"}, headers=FROM_OUR_PAGE)
    assert late.status_code == 412
    all_day = {"seen": "1", "quiet": "own", "quiet-start": "06:00", "quiet-end": "23:00"}
    wrong = await client.post(f"{choices}?lang=en", data=AS_IT_IS | all_day, headers=FROM_OUR_PAGE)
    assert (wrong.status_code, "14 hours at most" in wrong.text) == (422, True)
    assert (await client.get(choices.replace("/unsubscribe/", "/unsubscribe/A"))).status_code == 404

    other = await file(neighbours, {"email": " MARYAM@citizens.example"})
    for each in (id, other):
        facts = ("SubmissionAssigned", "InformationRequested", "SubmissionAnswered")
        await neighbours.publish(each, *(a_fact(type, each) for type in facts))
        stopped = await message_of(mongo_database, each, "cancelled", template="assigned")
        assert stopped["reason"] == "switched off"
        for template in ("question-asked", "answered"):
            await message_of(mongo_database, each, "sent", template=template)
    (kept,) = await mongo_database["preferences"].find().to_list()
    (consent,) = kept["state"]["consents"]
    assert (consent["by"], consent["page"], consent["language"]) == ("link", "preferences 4", "ar"), (
        "the page as it was last shown"
    )
    assert consent["chosen"]["progress/mail"] == "off"
    assert "maryam" not in str(kept).lower()


async def test_who_is_signed_in_chooses_and_the_inbox_has_everything(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database, provider: Provider
) -> None:
    assert (await client.get(API)).status_code == (await client.get("/inbox/preferences")).status_code == 401
    maryam = provider.authorization("citizen.maryam", "citizen")
    officer = provider.authorization("officer.one", "officer", entity="works")
    offered = (await client.get(API, headers=maryam)).json()["offered"]
    assert offered["question"] == {"mail": False}
    assert "assignment" not in offered
    events = (await client.get(API, headers=maryam)).json()["offered_events"]
    assert (events["decision"]["SubmissionDeclined"], "assignment" in events) == ({"mail": True}, False)
    page = await client.get("/inbox/preferences?lang=en", headers=officer)
    assert "A colleague named you in a note: By mail" in page.text
    assert ("Your work" in page.text, "always" in page.text) == (True, True)

    wanted = {"choices": {"assignment": {"mail": "off"}, "breach": {"mail": "off"}}, "language": "ar"}
    chosen = await client.put(API, json=wanted, headers=officer | {"if-match": '"0"'})
    assert (chosen.status_code, chosen.headers["etag"]) == (200, '"1"')
    assert chosen.json()["choices"] == {"assignment": {"mail": "off"}}, "what is mandatory is not theirs to choose"
    assert (await client.put(API, json=wanted, headers=officer | {"if-match": '"0"'})).status_code == 412
    for seen, status in (
        ('"7", "8"', 412),
        ('"0", W/"1" , "9"', 200),
        ('"another", "1"', 200),
        ("*", 200),
        ("1 2", 422),
    ):
        sent = await client.put(API, json=wanted, headers=officer | {"if-match": seen})
        assert sent.status_code == status, seen
    again = await client.put(API, json=wanted, headers=officer)
    assert (again.status_code, again.json()["version"]) == (200, 1)
    assert (await client.put(API, json={"zone": "Mars/Olympus"}, headers=officer)).status_code == 422
    of_events = {"progress": {"SubmissionTransferred": {"mail": "off"}}}
    said = {"choices": {"decision": {"mail": "off"}}, "events": of_events}
    mine = await client.put(API, json=said, headers=maryam)
    assert mine.json()["consents"][0]["chosen"] == {
        "decision/mail": "off",
        "progress/SubmissionTransferred/mail": "off",
    }
    known_to_matters_alone = await client.put(API, json={"choices": {"decision": {"mail": "off"}}}, headers=maryam)
    assert (known_to_matters_alone.json()["events"], known_to_matters_alone.json()["version"]) == (of_events, 1)

    id = await file(neighbours)
    told = ("SubmissionAssigned", "SubmissionTransferred", "DeadlineBreached", "SubmissionAnswered")
    await neighbours.publish(id, *(a_fact(type, id) for type in told))
    assert (await message_of(mongo_database, id, "cancelled", template="answered"))["reason"] == "switched off"
    await message_of(mongo_database, id, "sent", template="assigned")
    passed_on = await message_of(mongo_database, id, "cancelled", template="transferred")
    assert passed_on["reason"] == "switched off", "one event of its matter"
    await eventually(lambda: office.to("officer.one@gov.example"))
    (breach,) = office.to("officer.one@gov.example")
    assert breach.message["Content-Language"] == "ar"
    assert "جهة works" in breach.text
    theirs = {"submission_id": id, "recipient": {"$in": ["officer.one", "citizen.maryam"]}, "channel": "inbox"}
    assert await mongo_database["notifications"].count_documents(theirs | {"state": "delivered"}) == 7

    form = {"seen": "1", "assignment-mail": "yes", "quiet": "", "zone": "Europe/Berlin"}
    posted = await client.post("/inbox/preferences", data=form, headers=officer | FROM_OUR_PAGE)
    assert posted.status_code == 303
    now = (await client.get(API, headers=officer)).json()
    assert (now["choices"].get("assignment"), now["zone"]) == (None, "Europe/Berlin")
    assert [each["by"] for each in now["consents"]] == ["session", "session"]

    # Of what she asked to hear of, what others have published comes into her inbox, once.
    form = {"seen": "1", "area-capital": "yes", "category-roads": "yes", "decision-mail": "yes", "language": "en"}
    posted = await client.post("/inbox/preferences", data=form, headers=maryam | FROM_OUR_PAGE)
    assert posted.status_code == 303
    wanted = (await client.get(API, headers=maryam)).json()
    assert (wanted["areas"], wanted["categories"]) == (["capital"], ["roads"])
    assert wanted["consents"][-1]["chosen"]["category/roads"] == "yes"
    assert (await client.put(API, json={"areas": ["a b"]}, headers=maryam)).status_code == 422
    # Nor does one announcement that cannot be read hold up what comes after it.
    await mongo_database["announcements"].insert_one({"_id": "unreadable", "fact": {"time": utc_now()}})
    await neighbours.publish(id, a_fact("SubmissionPublished", id))
    others = [await file(neighbours, author="citizen.ali", category=category) for category in ("roads", "parks")]
    for other in others:
        await neighbours.publish(other, *(a_fact("SubmissionPublished", other) for _ in range(2)))
    announced = {"template": "published-for-you"}
    await eventually(lambda: _is(mongo_database, announced, 1))
    (told,) = (await client.get("/api/notifier/v1/inbox?limit=1", headers=maryam)).json()["items"]
    assert (told["submission_id"], told["title"]) == (others[0], "A complaint was published")
    assert told["place"] == "/submissions/7K3MX-QPA42"
    # A third publication comes after all of these: when it has been taken, none of them was announced twice.
    last = ("SubmissionPublished", "SubmissionAnswered")
    await neighbours.publish(others[0], *(a_fact(type, others[0]) for type in last))
    await eventually(lambda: _is(mongo_database, {"submission_id": others[0], "template": "answered"}, 2))
    await eventually(lambda: _is(mongo_database, {"aside": None}, 0, "announcements"))
    assert await _is(mongo_database, announced, 1)
    aside = {"_id": "unreadable", "aside": True}
    assert await _is(mongo_database, aside, 1, "announcements")
    assert 'tawasul_notifier_announcements_total{outcome="set_aside"}' in (await client.get("/metrics")).text
    # Whoever takes over tries it once more, and sets it aside again.
    assert await Announcements(mongo_database).take_up_again() == 1
    await eventually(lambda: _is(mongo_database, aside, 1, "announcements"))


async def _is(database: Database, which: dict[str, Any], many: int, collection: str = "notifications") -> bool:
    return await database[collection].count_documents(which) == many
