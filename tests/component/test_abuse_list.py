"""Submissions that the abuse list matches are held until a person has decided; none is dropped."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from shared.events.topics import CONTACTS, SUBMISSIONS

from tests.support import one_intake
from tests.support.intake import a_filing
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider

API = "/api/intake/v1"
PAGE = {"Accept": "text/html", "Accept-Language": "en", "Sec-Fetch-Site": "same-origin"}
Client = httpx2.AsyncClient


neighbours, intake, client = one_intake.neighbours, one_intake.intake, one_intake.client


@pytest.fixture
def central(provider: Provider) -> dict[str, str]:
    return provider.authorization("central.one", "central")


async def watch(client: Client, who: dict[str, str], sign: str, value: str) -> list[dict[str, Any]]:
    sent = {"sign": sign, "value": value, "reason": "floods us"}
    answer = await client.post(f"{API}/moderation/abuse-list", json=sent, headers=who)
    assert answer.status_code == 200, answer.text
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries


async def file(client: Client, **changed: Any) -> dict[str, Any]:
    response = await client.post(f"{API}/submissions", json=a_filing(**changed))
    assert response.status_code == 201, response.text
    receipt: dict[str, Any] = response.json()
    return receipt


async def decide(
    client: Client, who: dict[str, str], receipt: dict[str, Any], action: str, reason: str = "looked at"
) -> httpx2.Response:
    address = f"{API}/moderation/held/{receipt['reference']}/{action}"
    return await client.post(address, json={"reason": reason}, headers=who)


async def test_a_held_submission_waits_and_goes_on_whole_when_it_is_released(
    client: Client, neighbours: Neighbours, intake: FastAPI, central: dict[str, str]
) -> None:
    await watch(client, central, "domain", "throwaway.example")
    receipt = await file(client, contact={"email": "maryam@throwaway.example"})
    other = await file(client, contact={"email": "maryam@citizens.example"})
    own = {"Tawasul-Secret": receipt["secret"]}
    at = f"{API}/submissions/{receipt['reference']}"
    shown = (await client.get(at, headers=own)).json()
    assert (shown["status"], shown["is_held"]) == ("received", True)
    added = await client.post(f"{at}/information", json={"text": "It is the third lamp."}, headers=own)
    assert added.status_code == 200

    await neighbours.hear(SUBMISSIONS, other["id"], "SubmissionReceived")
    stored = await intake.state.submissions.collection.find_one({"_id": receipt["id"]})
    assert (stored["emitted"], stored["outbox"]) == (0, [])
    assert "maryam@" not in str(stored)
    held = (await client.get(f"{API}/moderation/held", headers=central)).json()["items"]
    assert [(item["reference"], item["held_for"][0]["value"]) for item in held] == [
        (receipt["reference"], "throwaway.example")
    ]

    key = central | {"Idempotency-Key": str(uuid4())}
    released = await decide(client, key, receipt, "release")
    again = await decide(client, key, receipt, "release")
    assert (released.status_code, released.json()) == (again.status_code, again.json())
    assert (await decide(client, central, receipt, "reject")).status_code == 409
    events = await neighbours.hear(SUBMISSIONS, receipt["id"], "SubmissionReceived", "InformationAdded")
    assert [event.sequence for event in events] == [1, 2]
    assert events[0].data.received_at.isoformat() == shown["received_at"].replace("Z", "+00:00")
    await neighbours.hear(CONTACTS, f"{receipt['id']}/author", "ContactRegistered")
    trail = [entry async for entry in intake.state.service.database["audit_records"].find({"things": receipt["id"]})]
    assert {"list", "read", "release"} <= {entry["action"] for entry in trail}


async def test_a_rejected_submission_ends_with_the_reason_its_author_reads(
    client: Client, intake: FastAPI, central: dict[str, str]
) -> None:
    await watch(client, central, "phrase", "ربح سريع")
    receipt = await file(client, text="والرِّبحُ السريعُ للجميع", language="ar")
    official = await client.post(
        f"{API}/submissions", json=a_filing(text="ربح سريع", channel="import"), headers=central
    )
    assert official.status_code == 201
    stored = await intake.state.submissions.collection.find_one({"_id": official.json()["id"]})
    assert stored["state"].get("hold") is None
    assert (await decide(client, central, receipt, "reject", "an advertisement")).json()["decision"] == "rejected"
    own = {"Tawasul-Secret": receipt["secret"]}
    shown = (await client.get(f"{API}/submissions/{receipt['reference']}", headers=own)).json()
    assert (shown["status"], shown["is_held"]) == ("declined", False)
    assert shown["timeline"][-1]["text"] == "an advertisement"
    stored = await intake.state.submissions.collection.find_one({"_id": receipt["id"]})
    assert (stored["emitted"], stored["state"]["hold"]["waiting"]) == (0, [])


async def test_what_is_taken_off_the_list_holds_nothing_more(client: Client, central: dict[str, str]) -> None:
    entries = await watch(client, central, "phone", "+973 1700 0009")
    entry = next(each for each in entries if each["value"] == "17000009")
    held = await file(client, contact={"phone": "17000009"})
    removed = await client.delete(f"{API}/moderation/abuse-list/{entry['id']}", headers=central)
    assert entry not in removed.json()["entries"]
    free = await file(client, contact={"phone": "17000009"})
    waiting = (await client.get(f"{API}/moderation/held", headers=central)).json()["items"]
    references = [item["reference"] for item in waiting]
    assert held["reference"] in references
    assert free["reference"] not in references


@pytest.mark.parametrize(("role", "status"), [(None, 401), ("citizen", 403), ("head", 403), ("administrator", 200)])
async def test_only_the_central_office_and_administrators_see_what_is_held(
    client: Client, provider: Provider, role: str | None, status: int
) -> None:
    who = provider.authorization("someone", role, entity="works") if role else {}
    for address in (f"{API}/moderation/held", f"{API}/moderation/abuse-list", "/moderation/held"):
        assert (await client.get(address, headers=who)).status_code == status, address
    sent = {"sign": "phrase", "value": "buy pills", "reason": "floods us"}
    assert (await client.post(f"{API}/moderation/abuse-list", json=sent, headers=who)).status_code == status


async def test_what_a_moderator_cannot_mean_is_said_on_the_page(client: Client, central: dict[str, str]) -> None:
    form = {"sign": "mail", "value": "not an address", "reason": "why"}
    refused = await client.post("/moderation/abuse-list", data=form, headers=central | PAGE)
    assert (refused.status_code, "not an address" in refused.text) == (422, True)
    for wrong in ({"sign": "", "value": "", "reason": ""}, {"sign": "colour", "value": "red", "reason": "why"}):
        assert (await client.post("/moderation/abuse-list", data=wrong, headers=central | PAGE)).status_code == 422
    assert (await client.get("/moderation/held", headers=central | PAGE)).status_code == 200
