"""Intake whole, on real Kafka and MongoDB: what a citizen sends, and what becomes of it."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from shared.events.assignments import AppealDecided
from shared.events.topics import CONTACTS, SUBMISSIONS

from tests.support import one_intake
from tests.support.eventually import eventually
from tests.support.intake import a_filing, answered, asked, assigned
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider

URL = "/api/intake/v1/submissions"
Client = httpx2.AsyncClient


neighbours, intake, client = one_intake.neighbours, one_intake.intake, one_intake.client


async def file(client: Client, **changed: Any) -> dict[str, Any]:
    response = await client.post(URL, json=a_filing(**changed))
    assert response.status_code == 201, response.text
    receipt: dict[str, Any] = response.json()
    return receipt


async def read(client: Client, receipt: dict[str, Any]) -> dict[str, Any]:
    response = await client.get(f"{URL}/{receipt['reference']}", headers={"Tawasul-Secret": receipt["secret"]})
    assert response.status_code == 200, response.text
    shown: dict[str, Any] = response.json()
    return shown


async def act(
    client: Client, receipt: dict[str, Any], command: str, key: str | None = None, **body: Any
) -> httpx2.Response:
    headers = {"Tawasul-Secret": receipt["secret"]} | ({"Idempotency-Key": key} if key else {})
    return await client.post(f"{URL}/{receipt['reference']}/{command}", json=body, headers=headers)


async def becomes(client: Client, receipt: dict[str, Any], status: str) -> dict[str, Any]:
    shown: dict[str, Any] = {}

    async def _has() -> bool:
        shown.update(await read(client, receipt))
        return bool(shown["status"] == status)

    await eventually(_has)
    return shown


async def test_a_filed_submission_is_published_with_its_sealed_contact(
    client: Client, neighbours: Neighbours, intake: FastAPI
) -> None:
    receipt = await file(
        client, text="الإنارة معطلة", language="ar", contact={"name": "مريم", "email": "m@citizens.example"}
    )
    (event,) = await neighbours.hear(SUBMISSIONS, receipt["id"], "SubmissionReceived")
    assert (event.sequence, event.data.reference, event.data.text) == (1, receipt["reference"], "الإنارة معطلة")
    assert event.data.contact_expected
    (registered,) = await neighbours.hear(CONTACTS, f"{receipt['id']}/author", "ContactRegistered")
    assert "citizens.example" not in registered.data.model_dump_json()
    contact = intake.state.key_ring.open(registered.data.sealed, registered.key)
    assert (contact.name, contact.email, contact.secret) == ("مريم", "m@citizens.example", receipt["secret"])


async def test_the_whole_way_of_a_submission_as_its_citizen_sees_it(client: Client, neighbours: Neighbours) -> None:
    receipt = await file(client)
    await neighbours.publish(receipt["id"], assigned(receipt["id"]))
    await becomes(client, receipt, "assigned")
    await neighbours.publish(receipt["id"], asked(receipt["id"]))
    shown = await becomes(client, receipt, "awaiting_citizen")
    assert shown["question"]["text"] == "which lamp?"
    told = await act(client, receipt, "information", text="the third one", answers="q1")
    assert told.json()["status"] == "in_progress"
    await neighbours.publish(receipt["id"], answered(receipt["id"]))
    shown = await becomes(client, receipt, "answered")
    assert [entry["type"] for entry in shown["timeline"]] == [
        "SubmissionReceived",
        "SubmissionAssigned",
        "InformationRequested",
        "InformationAdded",
        "SubmissionAnswered",
    ]
    assert (await act(client, receipt, "reopen", reason="out again")).json()["status"] == "reopened"
    await neighbours.publish(receipt["id"], assigned(receipt["id"]), answered(receipt["id"]))
    await becomes(client, receipt, "answered")
    assert (await act(client, receipt, "rating", score=5)).json()["status"] == "closed"
    events = await neighbours.hear(SUBMISSIONS, receipt["id"], "SubmissionRated", "SubmissionClosed")
    assert [event.sequence for event in events] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("decision", "state"), [("upheld", "assigned"), ("dismissed", "closed")])
async def test_a_second_answer_may_be_appealed_once(
    client: Client, neighbours: Neighbours, decision: str, state: str
) -> None:
    receipt = await file(client)
    id = receipt["id"]
    await neighbours.publish(id, assigned(id), answered(id))
    await becomes(client, receipt, "answered")
    too_soon = await act(client, receipt, "appeal", reason="I want another.")
    assert (too_soon.status_code, too_soon.json()["type"]) == (409, "urn:tawasul:problem:reopen-first")
    await act(client, receipt, "reopen", reason="out again")
    await neighbours.publish(id, assigned(id), answered(id))
    await becomes(client, receipt, "answered")
    assert (await act(client, receipt, "appeal", reason="Still out.")).json()["status"] == "appealed"
    decided = AppealDecided(
        submission_id=id,
        from_state="appealed",
        to_state=state,
        entity="works",
        decision=decision,
        text="We looked at it ourselves.",
        official="central.triage",
    )
    await neighbours.publish(id, decided)
    shown = await becomes(client, receipt, state)
    assert shown["timeline"][-1]["text"] == "We looked at it ourselves."
    await neighbours.publish(id, answered(id))
    await becomes(client, receipt, "answered" if decision == "upheld" else "closed")
    again = await act(client, receipt, "appeal", reason="And again.")
    assert again.json()["type"] == "urn:tawasul:problem:appealed-before"
    ended = ["AppealFiled", *(["SubmissionClosed"] if decision == "dismissed" else [])]
    await neighbours.hear(SUBMISSIONS, id, *ended)


async def test_the_same_key_gives_the_same_receipt_and_another_body_is_refused(client: Client) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first = await client.post(URL, json=a_filing(), headers=key)
    again = await client.post(URL, json=a_filing(), headers=key)
    other = await client.post(URL, json=a_filing(text="Another lamp."), headers=key)
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert first.json() == again.json()
    assert [answer.headers.get("idempotency-replayed") for answer in (first, again)] == [None, "true"]
    assert other.json()["type"].endswith("idempotency-key-reused")
    assert other.json()["detail_ar"]


async def test_the_same_key_at_the_same_time_is_one_submission(client: Client) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    answers = await asyncio.gather(*(client.post(URL, json=a_filing(), headers=key) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1


async def test_a_repeated_command_is_done_once_and_answered_the_same(client: Client, neighbours: Neighbours) -> None:
    receipt, key = await file(client), str(uuid4())
    first = await act(client, receipt, "information", key, text="one more thing")
    again = await act(client, receipt, "information", key, text="one more thing")
    other = await act(client, receipt, "information", key, text="something else")
    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
    assert first.json() == again.json()
    assert len((await read(client, receipt))["timeline"]) == 2


async def test_a_second_click_on_withdraw_is_refused_with_the_reason(client: Client) -> None:
    receipt = await file(client)
    assert (await act(client, receipt, "withdraw")).status_code == 200
    refused = await act(client, receipt, "withdraw")
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    assert "withdrawn" in refused.json()["detail"]
    assert "withdrawn" in refused.json()["detail_ar"]


async def test_a_wrong_secret_says_no_more_than_a_wrong_number(client: Client) -> None:
    receipt, other = await file(client), await file(client)
    for headers in ({}, {"Tawasul-Secret": other["secret"]}, {"Tawasul-Secret": "1."}, {"Tawasul-Secret": "x" * 99}):
        refused = await client.get(f"{URL}/{receipt['reference']}", headers=headers)
        assert refused.status_code == 404
    missing = await client.get(f"{URL}/00000-00000", headers={"Tawasul-Secret": receipt["secret"]})
    assert missing.json()["type"] == "urn:tawasul:problem:not-found"


async def test_who_filed_signed_in_needs_no_secret(client: Client, provider: Provider) -> None:
    mine, other = (provider.authorization(name, "citizen") for name in ("mariam", "yusuf"))
    receipt = (await client.post(URL, json=a_filing(), headers=mine)).json()
    assert (await client.get(f"{URL}/{receipt['reference']}", headers=mine)).status_code == 200
    assert (await client.get(f"{URL}/{receipt['reference']}", headers=other)).status_code == 404


@pytest.mark.parametrize(
    ("channel", "role", "status"),
    [
        ("web", None, 201),
        ("import", None, 403),
        ("import", "citizen", 403),
        ("import", "administrator", 201),
        ("counter", "citizen", 403),
        ("counter", "officer", 201),
        ("phone", None, 403),
    ],
)
async def test_channels_that_speak_for_others_are_not_for_everyone(
    client: Client, provider: Provider, channel: str, role: str | None, status: int
) -> None:
    headers = provider.authorization("someone", role, entity="works") if role else {}
    assert (await client.post(URL, json=a_filing(channel=channel), headers=headers)).status_code == status


async def test_an_official_who_files_for_a_citizen_is_named_and_does_not_become_the_author(
    client: Client, neighbours: Neighbours, provider: Provider
) -> None:
    official = provider.authorization("officer.works", "officer", entity="works")
    filing = a_filing(channel="phone", contact={"phone": "+973 17000000"})
    receipt = (await client.post(URL, json=filing, headers=official)).json()
    (event,) = await neighbours.hear(SUBMISSIONS, receipt["id"], "SubmissionReceived")
    assert (event.data.filed_by, event.data.author, event.data.channel) == ("officer.works", None, "phone")
    assert event.data.contact_expected
    assert (await client.get(f"{URL}/{receipt['reference']}", headers=official)).status_code == 404
    own = (await client.post(URL, json=a_filing(), headers=official)).json()
    (event,) = await neighbours.hear(SUBMISSIONS, own["id"], "SubmissionReceived")
    assert (event.data.filed_by, event.data.author) == (None, "officer.works")


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer nonsense", "Basic eDp5", "Bearer " + "a" * 5000])
async def test_a_bad_token_is_refused_and_never_taken_for_none(client: Client, token: str) -> None:
    expected = 201 if not token else 401
    assert (await client.post(URL, json=a_filing(), headers={"Authorization": token})).status_code == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"kind":"complaint"}',
        b'{"kind":"complaint","text":"   ","language":"en"}',
        b'{"kind":"complaint","text":"\\u0000\\u0001","language":"en"}',
        b'{"kind":"rant","text":"x","language":"en"}',
        b'{"kind":"complaint","text":"x","language":"fr"}',
        b'{"kind":"complaint","text":"x","language":"en","unknown":1}',
        b'{"kind":"complaint","text":"x","language":"en","contact":{"name":"only a name"}}',
        b'{"kind":"complaint","text":"x","language":"en","contact":{"email":"a@b.example\\r\\nBcc: c@d.example"}}',
        b'{"kind":"complaint","text":"x","language":"en","location":{"lat":26.2}}',
        b'{"kind":"complaint","text":"x","language":"en","location":{"lat":NaN,"lon":50}}',
        b'{"kind":"complaint","text":"x","language":"en","location":{}}',
        b'{"kind":"complaint","text":"x","language":"en","category":"../../etc"}',
        b'\xff\xfe{"kind":"complaint"}',
        b'{"kind":"complaint","text":"' + b"x" * 4001 + b'","language":"en"}',
    ],
)
async def test_bad_input_is_a_clear_refusal_and_stores_nothing(client: Client, intake: FastAPI, body: bytes) -> None:
    before = await intake.state.submissions.collection.count_documents({})
    refused = await client.post(URL, content=body, headers={"Content-Type": "application/json"})
    assert refused.status_code == 422
    problem = refused.json()
    assert problem["errors"][0]["message"]
    assert problem["errors"][0]["message_ar"]
    assert await intake.state.submissions.collection.count_documents({}) == before


async def test_more_than_can_be_sent_at_once_is_refused(client: Client) -> None:
    refused = await client.post(URL, content=b'{"text":"' + b"x" * 100_000)
    assert refused.status_code == 413


async def test_four_thousand_arabic_characters_are_welcome(client: Client) -> None:
    text = "ماء " * 999 + "ماءٌ"
    receipt = await file(client, text=text, language="ar")
    assert (await read(client, receipt))["text"] == text


async def test_a_key_that_is_no_uuid_is_refused(client: Client) -> None:
    refused = await client.post(URL, json=a_filing(), headers={"Idempotency-Key": "click"})
    assert refused.status_code == 422


async def test_openapi_and_asyncapi_describe_the_service(client: Client) -> None:
    openapi = (await client.get("/api/intake/v1/openapi.json")).json()
    assert "requestBody" in openapi["paths"][URL]["post"]
    asyncapi = (await client.get("/api/intake/v1/asyncapi.json")).json()
    assert {"submissions", "contacts", "assignments"} <= set(asyncapi["channels"])


async def test_metrics_have_the_routes_and_nothing_of_the_case(client: Client) -> None:
    receipt = await file(client)
    await read(client, receipt)
    text = (await client.get("/metrics")).text
    assert 'route="/api/intake/v1/submissions/{reference}"' in text
    assert "tawasul_intake_commit_submissions" in text
    assert receipt["reference"] not in text
    assert receipt["id"] not in text
