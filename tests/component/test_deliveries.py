"""The central office looks at what goes out, sends a message again and keeps one from going out."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest
from shared.events.submissions import PersonErased

from tests.support import one_notifier
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.notifier import a_fact
from tests.support.one_notifier import MARYAM, Client, file, message_of
from tests.support.post_office import PostOffice, answering
from tests.support.provider import Provider

API = "/api/notifier/v1/deliveries"
WHY = {"why": "The author says that it never came."}

office, settings = one_notifier.office, one_notifier.settings
country, client = one_notifier.country, one_notifier.client


class Clerk:
    """Of the central office, by the API."""

    def __init__(self, client: Client, provider: Provider) -> None:
        self.client = client
        self.headers = provider.authorization("central.triage", "central", entity="central-office")

    async def reads(self, at: str = "", **asked: Any) -> Any:
        answer = await self.client.get(f"{API}{at}", headers=self.headers, params=asked)
        assert answer.status_code == 200, answer.text
        assert MARYAM not in answer.text
        return answer.json()

    async def does(self, what: str, id: str, key: str = "", sent: Any = WHY) -> httpx2.Response:
        more = {"Idempotency-Key": key} if key else {}
        return await self.client.post(f"{API}/{id}/{what}", json=sent, headers=self.headers | more)


async def test_a_message_that_was_refused_for_good_is_sent_again_once(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database, provider: Provider
) -> None:
    clerk = Clerk(client, provider)
    office.verdicts += [answering("554 not today")]
    id = await file(neighbours)
    failed = (await message_of(mongo_database, id, "permanent-failure"))["_id"]

    listed = await clerk.reads(state="permanent-failure", submission=id)
    assert [each["id"] for each in listed["items"]] == [failed]
    assert (await clerk.reads(state="sent", submission=id))["items"] == []
    shown = await clerk.reads(f"/{failed}")
    assert (shown["can"], [step["state"] for step in shown["history"]]) == (["resend"], ["permanent-failure"])
    assert "recipient" not in shown
    counts = (await clerk.reads("/counts"))["counts"]
    assert [(each["channel"], each["lane"], each["state"], each["count"]) for each in counts] == [
        ("mail", "urgent", "permanent-failure", 1)
    ]

    key = str(uuid4())
    again = await clerk.does("resend", failed, key)
    assert (again.status_code, again.json()["resend_of"]) == (200, failed)
    assert (await clerk.does("resend", failed, key)).json()["id"] == again.json()["id"]
    assert (await clerk.does("resend", failed, key, {"why": "Another reason."})).status_code == 409
    assert (await clerk.does("resend", failed, sent={"why": ""})).status_code == 422
    assert (await clerk.does("cancel", failed)).status_code == 409
    await eventually(lambda: office.to(MARYAM))
    (mail,) = office.to(MARYAM)
    assert mail.message_id == f"<{again.json()['id']}@tawasul.example>"
    (step,) = [step for step in (await clerk.reads(f"/{failed}"))["history"] if step.get("by")]
    assert (step["reason"], step["by"], step["why"]) == ("resent", "central.triage", WHY["why"])
    trail = [each async for each in mongo_database["audit_records"].find({"action": "resend"})]
    assert {each["who"]["subject"] for each in trail} == {"central.triage"}
    assert all(each["things"] == [failed] for each in trail)


@pytest.mark.full
async def test_an_answer_is_sent_again_with_its_text_and_not_after_the_author_was_erased(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database, provider: Provider
) -> None:
    clerk = Clerk(client, provider)
    id = await file(neighbours)
    await neighbours.publish(id, a_fact("SubmissionAnswered", id, text="It is mended."))
    sent = await message_of(mongo_database, id, "sent", template="answered")
    assert "text" not in sent["params"]
    assert (await clerk.does("resend", sent["_id"])).status_code == 200
    await eventually(lambda: len([mail for mail in office.to(MARYAM) if "It is mended." in mail.text]) == 2)

    await neighbours.publish(id, PersonErased(submission_id=id, reason="asked"))

    async def _is_erased() -> bool:
        found = await mongo_database["notifications"].find_one({"_id": sent["_id"]})
        return bool(found and found["recipient"] == "erased")

    await eventually(_is_erased)
    assert (await clerk.does("resend", sent["_id"])).status_code == 409


@pytest.mark.full
async def test_a_message_that_waits_is_cancelled_and_only_the_office_may(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database, provider: Provider
) -> None:
    clerk = Clerk(client, provider)
    await office.close()
    id = await file(neighbours)
    waits = (await message_of(mongo_database, id, "created"))["_id"]
    for headers in (provider.authorization("officer.one", "officer", entity="works"), {}):
        refused = 403 if headers else 401
        for at in ("", "/counts", f"/{waits}"):
            assert (await client.get(f"{API}{at}", headers=headers)).status_code == refused
        assert (await client.post(f"{API}/{waits}/cancel", json=WHY, headers=headers)).status_code == refused
        page = await client.get("/inbox/deliveries", headers={**headers, "Accept": "text/html"})
        assert page.status_code == (refused if headers else 303)

    key = str(uuid4())

    async def _is_cancelled() -> bool:
        # Between two attempts: while it is claimed it may be on its way.
        return (await clerk.does("cancel", waits, key)).status_code == 200

    await eventually(_is_cancelled)
    ended = (await clerk.does("cancel", waits, key)).json()
    assert (ended["state"], ended["reason"], ended["next_at"]) == ("cancelled", "by the central office", None)
    assert (await client.get(f"{API}/{uuid4()}", headers=clerk.headers)).status_code == 404

    html = {**clerk.headers, "Accept": "text/html", "Accept-Language": "en"}
    listed = await client.get("/inbox/deliveries?submission=7k3mx-qpa42&state=cancelled", headers=html)
    assert (listed.status_code, waits in listed.text, MARYAM in listed.text) == (200, True, False)
    shown = await client.get(f"/inbox/deliveries/{waits}", headers=html)
    assert WHY["why"] in shown.text
    own = {"Origin": "https://tawasul.example", "Sec-Fetch-Site": "same-origin"}
    asked = {"why": "", "key": str(uuid4())}
    typed = await client.post(f"/inbox/deliveries/{waits}/resend", data=asked, headers=html | own)
    assert (typed.status_code, "Say why" in typed.text) == (422, True)
    again = await client.post(
        f"/inbox/deliveries/{waits}/resend", data={**asked, "why": "It was meant."}, headers=html | own
    )
    assert (again.status_code, again.headers["location"].endswith("?did=resend")) == (303, True)
    await office.open()
    await eventually(lambda: office.to(MARYAM), patience=45)
