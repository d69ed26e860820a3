"""Services whole, on real Kafka and MongoDB: a person is erased, and nothing of them is left in any collection."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
from fastapi import FastAPI
from intake.erasure.worker import AT_ONCE, erase_old
from router.app import create_app as create_router
from shared.events.assignments import InformationRequested
from shared.events.envelope import Cause, Event, OutgoingEvent, seal
from shared.events.model import EventData
from shared.events.submissions import InformationAdded, PersonErased
from shared.events.topics import BY_EVENT, CONTACTS, SUBMISSIONS
from shared.messaging.dead_letters import DeadLetters, Failure
from shared.messaging.failure_causes import FailureCause
from shared.privacy.audit import RECORDS
from shared.reference.working_time import utc_now
from shared.storage.item_isolation import SkippedItems
from sla_monitor.app import create_app as create_sla_monitor

from tests.support import one_intake
from tests.support.browser import Browser
from tests.support.eventually import eventually
from tests.support.files import a_photo
from tests.support.infrastructure import Database, Infrastructure
from tests.support.intake import a_filing
from tests.support.neighbours import Neighbours
from tests.support.parcels import record
from tests.support.provider import Provider
from tests.support.router import a_country, received, router_settings
from tests.support.serving import serving
from tests.support.sla_monitor import a_rulebook_body, sla_monitor_settings

API = "/api/intake/v1"
URL = f"{API}/submissions"
Client = httpx2.AsyncClient
WORD = "gatekeeper"
OWN_PAGE = {"Origin": "http://service", "Sec-Fetch-Site": "same-origin"}


neighbours, intake, client = one_intake.neighbours, one_intake.intake, one_intake.client


async def file(client: Client) -> dict[str, Any]:
    contact = {"name": WORD, "email": f"{WORD}@citizens.example"}
    place = {"lat": 26.2, "lon": 50.5, "block": "428"}
    sent = a_filing(text=f"The lamp is out, says the {WORD}.", contact=contact, location=place)
    receipt: dict[str, Any] = (await client.post(URL, json=sent)).json()
    return receipt


def secret(receipt: dict[str, Any]) -> dict[str, str]:
    return {"Tawasul-Secret": receipt["secret"]}


def question(id: str, text: str = f"Who is the {WORD}?") -> InformationRequested:
    return InformationRequested(
        submission_id=id,
        from_state="assigned",
        to_state="awaiting_citizen",
        entity="works",
        question_id="q1",
        text=text,
        official="officer.works",
    )


async def words_in(database: Any, id: str) -> list[str]:
    """The collections in which a document about this submission holds the word, files aside."""
    holding = []
    for name in await database.list_collection_names():
        async for document in database[name].find({}):
            if WORD in str(document) and id in str(document):
                holding.append(name)
    return holding


async def has_set_aside(letters: DeadLetters, data: EventData, submission: str) -> None:
    """As if a handler had failed over this event."""
    event: Event = seal(
        OutgoingEvent(data), submission, 77, f"/tawasul/{BY_EVENT[type(data)].owner}", utc_now(), Cause("c")
    )
    about = record(event, offset=hash(event.id) % 1_000_000)
    await letters.hold(Failure(about, event.topic.name, FailureCause(event.type, "KeyError", "a bug"), 3), utc_now())


async def test_a_citizen_is_erased_with_everything_that_intake_holds(
    client: Client, intake: FastAPI, neighbours: Neighbours
) -> None:
    receipt, letters = await file(client), intake.state.service.dead_letters
    files = [("files", (f"{WORD}.jpg", a_photo()))]
    await client.post(f"{URL}/{receipt['reference']}/attachments", files=files, headers=secret(receipt))
    await has_set_aside(letters, question(receipt["id"]), receipt["id"])
    key = {"Idempotency-Key": str(uuid4())}

    answer = await client.post(f"{URL}/{receipt['reference']}/erasure", headers=secret(receipt) | key)

    assert (answer.status_code, answer.json()["status"]) == (200, "withdrawn")
    again = await client.post(f"{URL}/{receipt['reference']}/erasure", headers=secret(receipt) | key)
    assert again.json() == answer.json()
    said = await neighbours.hear(SUBMISSIONS, receipt["id"], "SubmissionWithdrawn", "PersonErased")
    assert [event.sequence for event in said] == list(range(1, len(said) + 1))
    await neighbours.hear(CONTACTS, f"{receipt['id']}/author", "ContactRegistered")

    async def _nothing_left() -> bool:
        found = await intake.state.submissions.find(receipt["id"])
        return bool(found.state.erasure.is_complete) and not await words_in(
            intake.state.service.database, receipt["id"]
        )

    await eventually(_nothing_left)
    assert f"{receipt['id']}/author" in neighbours.erased
    assert await intake.state.service.database["attachments"].count_documents({}) == 0
    [held] = await letters.list("held")
    assert (await letters.get(held["_id"]) or {})["value"].count(b"InformationRequested") == 1
    assert await letters.discard(held["_id"], "test", utc_now())


async def test_the_citizens_page_says_so_and_offers_nothing_more(
    client: Client, intake: FastAPI, neighbours: Neighbours
) -> None:
    receipt = await file(client)
    page = f"/track/{receipt['reference']}"
    asked = await client.get(f"{page}/erasure", headers=secret(receipt) | {"Accept-Language": "en"})
    assert "This cannot be undone" in asked.text
    done = await client.post(f"{page}/erasure", headers=secret(receipt) | OWN_PAGE, data={"key": str(uuid4())})
    assert (done.status_code, done.headers["location"]) == (303, page)
    await neighbours.publish(receipt["id"], question(receipt["id"]))

    async def _asked() -> bool:
        found = await intake.state.submissions.find(receipt["id"])
        return bool(found.state.timeline[-1].type == "InformationRequested")

    await eventually(_asked)
    async with Browser(intake) as browser:
        await browser.get(f"{page}/{receipt['secret']}")
        shown = (await browser.get(page, headers={"Accept-Language": "en"})).text
    assert "were erased on" in shown
    assert WORD not in shown
    assert "/erasure" not in shown
    more = await client.post(
        f"{URL}/{receipt['reference']}/information", json={"text": "more"}, headers=secret(receipt)
    )
    assert (more.status_code, more.json()["type"]) == (409, "urn:tawasul:problem:person-erased")


async def test_the_central_office_erases_by_reference_and_leaves_a_record(
    client: Client, intake: FastAPI, provider: Provider
) -> None:
    receipt = await file(client)
    wanted = {"reference": receipt["reference"], "reason": "court_order"}
    officer = provider.authorization("officer.works", "officer", entity="works")
    central = provider.authorization("central.triage", "central", entity="central-office")
    assert (await client.post(f"{API}/erasures", json=wanted)).status_code == 401
    assert (await client.post(f"{API}/erasures", json=wanted, headers=officer)).status_code == 403
    unknown = {"reference": "00000-00000", "reason": "asked"}
    assert (await client.post(f"{API}/erasures", json=unknown, headers=central)).status_code == 404

    answer = await client.post(f"{API}/erasures", json=wanted, headers=central)

    assert answer.status_code == 200, answer.text
    async with Browser(intake) as browser:
        page = f"/track/{receipt['reference']}"
        await browser.get(f"{page}/{receipt['secret']}")
        shown = (await browser.get(page, headers={"Accept-Language": "en"})).text
    assert "The central office erased your data" in shown
    assert "You withdrew it" not in shown
    noted = await intake.state.service.database[RECORDS].find_one({"things": receipt["id"]})
    assert (noted["action"], noted["why"], noted["who"]["subject"]) == (
        "erase",
        "central: court_order",
        "central.triage",
    )
    assert WORD not in str(noted)


async def test_after_a_restore_erasures_are_listed_and_done_again(
    client: Client, intake: FastAPI, neighbours: Neighbours, provider: Provider
) -> None:
    receipt, began = await file(client), utc_now()
    submissions = intake.state.submissions
    backup = await submissions.collection.find_one({"_id": receipt["id"]})
    await client.post(f"{URL}/{receipt['reference']}/erasure", headers=secret(receipt))
    administrator = provider.authorization("administrator", "administrator", entity="central-office")
    listed = await client.get(
        "/internal/erasures", params={"since": began.isoformat(), "limit": 1}, headers=administrator
    )
    assert [item["id"] for item in listed.json()["items"]] == [receipt["id"]]
    assert listed.json()["next_cursor"]
    rest = {"since": began.isoformat(), "cursor": listed.json()["next_cursor"]}
    assert (await client.get("/internal/erasures", params=rest, headers=administrator)).json()["items"] == []
    await neighbours.hear(SUBMISSIONS, receipt["id"], "PersonErased")
    await submissions.collection.replace_one({"_id": receipt["id"]}, backup)

    lost = str(uuid4())
    again = await client.post("/internal/erasures", json={"ids": [receipt["id"], lost]}, headers=administrator)

    assert again.json() == {"erased": 1, "unknown": [lost]}
    await neighbours.hear(SUBMISSIONS, receipt["id"], "PersonErased", "PersonErased")
    restored = await submissions.find(receipt["id"])
    assert WORD not in restored.state.model_dump_json()
    assert (await client.get("/internal/erasures")).status_code == 401


async def test_what_ended_long_ago_loses_its_person_by_itself(client: Client, intake: FastAPI) -> None:
    ended, fresh, under_way = [await file(client) for _ in range(3)]
    for receipt in (ended, fresh):
        await client.post(f"{URL}/{receipt['reference']}/withdraw", json={"reason": WORD}, headers=secret(receipt))
    submissions, now = intake.state.submissions, utc_now()
    long_ago = {"$set": {"state.updated_at": now - timedelta(days=1_826)}}
    await submissions.collection.update_many({"_id": {"$in": [ended["id"], under_way["id"]]}}, long_ago)

    spoilt = {"status": "withdrawn", "updated_at": now - timedelta(days=1_900), "erasure": None}
    await submissions.collection.insert_many(
        [{"_id": f"spoilt-{n}", "version": 1, "state": spoilt | {"reference": f"S{n}"}} for n in range(AT_ONCE)]
    )

    left = SkippedItems[str]("retention")
    looked_at = [await erase_old(submissions, timedelta(days=1_825), now, left) for _ in range(3)]
    assert looked_at == [AT_ONCE, 1, 0], "what cannot be read stands in nobody's way"

    kept = {receipt["id"]: (await submissions.find(receipt["id"])).state for receipt in (ended, fresh, under_way)}
    assert [bool(state.erasure) for state in kept.values()] == [True, False, False]
    assert (kept[ended["id"]].erasure.by, kept[ended["id"]].status) == ("retention", "withdrawn")


async def test_the_privacy_page_says_the_times_that_hold_here(client: Client) -> None:
    english = (await client.get("/privacy", headers={"Accept-Language": "en"})).text
    arabic = (await client.get("/privacy", headers={"Accept-Language": "ar"})).text
    assert "at most 5 years after it ended" in english
    assert "بحد أقصى 5 سنوات" in arabic
    for time in ("400 days", "30 days", "24 hours", "12 hours"):
        assert time in english
    assert 'href="/privacy"' in (await client.get("/")).text


async def test_the_router_forgets_and_never_learns_again(
    infrastructure: Infrastructure,
    mongo_database: Database,
    topic_prefix: str,
    provider: Provider,
    neighbours: Neighbours,
) -> None:
    settings = router_settings(infrastructure, mongo_database.name, neighbours.settings.topic_prefix, provider.issuer)
    app = create_router(settings)
    administrator = provider.authorization("administrator", "administrator", entity="central-office")
    id = str(uuid4())
    told = InformationAdded(submission_id=id, from_state="x", to_state="x", text=f"Ask the {WORD}.")
    async with serving(app) as client:
        await client.put("/api/router/v1/directory", json=a_country(), headers=administrator)
        await neighbours.publish(id, received(id, text=f"A pothole, says the {WORD}.", location={"block": "150"}))
        await eventually(lambda: mongo_database["assignments"].find_one({"_id": id, "state.state": "assigned"}))
        await has_set_aside(app.state.service.dead_letters, told, id)
        await neighbours.publish(id, told, PersonErased(submission_id=id), told)

        async def _forgotten() -> bool:
            kept = await mongo_database["assignments"].find_one({"_id": id})
            happened = [entry["what"] for entry in (kept or {})["state"]["history"]]
            return happened.count("InformationAdded") == 2 and await words_in(mongo_database, id) == []

        await eventually(_forgotten)
        shown = await client.get(f"/api/router/v1/assignments/{id}", headers=administrator)
        assert shown.status_code == 403
        auditor = provider.authorization("auditor", "auditor")
        shown = await client.get(f"/api/router/v1/assignments/{id}", headers=auditor)
        assert (shown.json()["erased"], shown.json()["text"], shown.json()["entity"]) == (True, "", "works")


async def test_the_sla_monitor_keeps_its_clock_and_forgets_what_it_set_aside(
    infrastructure: Infrastructure, mongo_database: Database, provider: Provider, neighbours: Neighbours
) -> None:
    settings = sla_monitor_settings(
        infrastructure, mongo_database.name, neighbours.settings.topic_prefix, provider.issuer
    )
    app = create_sla_monitor(settings)
    administrator = provider.authorization("administrator", "administrator", entity="central-office")
    id, early = str(uuid4()), str(uuid4())
    async with serving(app) as client:
        await client.put("/api/sla-monitor/v1/calendars-and-policies", json=a_rulebook_body(), headers=administrator)
        await neighbours.publish(id, received(id))
        await has_set_aside(app.state.service.dead_letters, question(id), id)
        await neighbours.publish(id, PersonErased(submission_id=id))
        await neighbours.publish(early, PersonErased(submission_id=early), received(early))

        async def _forgotten() -> bool:
            ours = {"_id": {"$in": [id, early]}, "is_due": {"$exists": False}}
            done = await mongo_database["erasures"].count_documents(ours)
            clocks = mongo_database["clocks"].find({"_id": {"$in": [id, early]}, "state.standing.state": "armed"})
            return (done, len(await clocks.to_list()), await words_in(mongo_database, id)) == (2, 2, [])

        await eventually(_forgotten)
