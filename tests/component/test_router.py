"""The router whole, on real Kafka and MongoDB: a submission comes in, its custodian works on it, everybody is told."""

import asyncio
import os
import signal
import sys
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx2
from shared.events.submissions import AppealFiled, InformationAdded, SubmissionClosed, SubmissionReopened
from shared.events.topics import ASSIGNMENTS
from tawasul.stack.ports import free_port

from tests.support import one_router
from tests.support.eventually import PATIENCE_SECONDS, eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.one_router import URL, Client, Headers, assigned, becomes, command, publish, read
from tests.support.provider import Provider
from tests.support.router import a_country, an_id, received

settings, client, administrator = one_router.settings, one_router.client, one_router.administrator
officer, stranger, clerk = one_router.officer, one_router.stranger, one_router.clerk


async def test_a_question_pauses_an_answer_resumes_and_every_event_has_the_next_number(
    client: Client, neighbours: Neighbours, administrator: Headers, officer: Headers, clerk: Headers
) -> None:
    id = await assigned(client, neighbours, administrator, clerk)
    assert (await command(client, id, "acknowledge", officer)).json()["state"] == "acknowledged"
    asked = (await command(client, id, "question", officer, text="Which block?")).json()
    await neighbours.publish(
        id,
        InformationAdded(
            submission_id=id,
            from_state="awaiting_citizen",
            to_state="in_progress",
            text="Block 338.",
            answers=asked["question_id"],
        ),
    )
    shown = await becomes(client, id, officer, "acknowledged")
    assert [entry["why"] for entry in shown["history"]][-2:] == ["Which block?", "Block 338."]
    answered = await command(client, id, "answer", officer, text="It was filled.", reason_code="resolved")
    assert (answered.status_code, answered.json()["state"]) == (200, "answered")

    events = await neighbours.hear(ASSIGNMENTS, id, "SubmissionAssigned", "SubmissionAnswered")
    assert [(event.sequence, event.type, event.data.from_state, event.data.to_state) for event in events] == [
        (1, "SubmissionAssigned", None, "assigned"),
        (2, "AssignmentAcknowledged", "assigned", "acknowledged"),
        (3, "InformationRequested", "acknowledged", "awaiting_citizen"),
        (4, "SubmissionAnswered", "acknowledged", "answered"),
    ]
    first = events[0].data
    assert (first.entity, first.category, first.priority, first.rule, first.words) == (
        "works",
        "roads.pothole",
        "high",
        "potholes",
        ("pothole",),
    )


async def test_a_reopened_submission_goes_back_to_the_entity_that_answered(
    client: Client, neighbours: Neighbours, administrator: Headers, officer: Headers, clerk: Headers
) -> None:
    id = await assigned(client, neighbours, administrator, clerk)
    await command(client, id, "answer", officer, text="It was filled.", reason_code="resolved")
    await neighbours.publish(
        id, SubmissionReopened(submission_id=id, from_state="answered", to_state="reopened", reason="It is back.")
    )
    await becomes(client, id, officer, "assigned")
    *_, last = await neighbours.hear(ASSIGNMENTS, id, "SubmissionAnswered", "SubmissionAssigned")
    assert (last.sequence, last.data.entity, last.data.from_state, last.data.rule) == (
        3,
        "works",
        "reopened",
        "reopened",
    )


async def test_an_appeal_is_seen_and_decided_by_the_central_office_alone(
    client: Client, neighbours: Neighbours, administrator: Headers, officer: Headers, clerk: Headers
) -> None:
    id = await assigned(client, neighbours, administrator, clerk)
    await command(client, id, "answer", officer, text="It was filled.", reason_code="resolved")
    closed = SubmissionClosed(submission_id=id, from_state="answered", to_state="closed", reason="time_passed")
    appeal = AppealFiled(submission_id=id, from_state="closed", to_state="appealed", reason="It never was.")
    await neighbours.publish(id, closed, appeal)
    await becomes(client, id, clerk, "appealed")
    listed = (await client.get(f"{URL}/assignments?state=appealed", headers=clerk)).json()
    assert [item["id"] for item in listed["items"]] == [id]

    decision = {"decision": "upheld", "text": "Nobody was there. Please go."}
    assert (await command(client, id, "answer", officer, text="It was.", reason_code="resolved")).status_code == 409
    assert (await command(client, id, "appeal-decision", officer, **decision)).status_code == 403
    assert (await command(client, id, "appeal-decision", clerk, decision="maybe", text="?")).status_code == 422
    decided = await command(client, id, "appeal-decision", clerk, **decision)
    assert (decided.json()["state"], decided.json()["entity"]) == ("assigned", "works")
    assert (await command(client, id, "appeal-decision", clerk, **decision)).status_code == 409
    again = await command(client, id, "answer", officer, text="Now it is.", reason_code="resolved")
    assert again.json()["state"] == "answered"
    *_, told, _ = await neighbours.hear(ASSIGNMENTS, id, "AppealDecided", "SubmissionAnswered")
    assert (told.data.from_state, told.data.to_state, told.data.entity) == ("appealed", "assigned", "works")
    assert (told.data.decision, told.data.official) == ("upheld", "central.triage")


async def test_what_no_rule_knows_is_placed_by_the_central_office_and_can_be_passed_on(
    client: Client,
    neighbours: Neighbours,
    administrator: Headers,
    officer: Headers,
    stranger: Headers,
    clerk: Headers,
) -> None:
    await publish(client, administrator)
    id = an_id()
    await neighbours.publish(id, received(id, text="Something is wrong."))
    await becomes(client, id, clerk, "in_triage")
    listed = (await client.get(f"{URL}/assignments?state=in_triage", headers=clerk)).json()
    assert [item["id"] for item in listed["items"]] == [id]

    body = {"entity": "works", "category": "roads.pothole", "reason": "A hole, says the picture."}
    assert (await command(client, id, "triage", officer, **body)).status_code == 403
    assert (await command(client, id, "triage", clerk, **body | {"entity": "nobody"})).status_code == 422
    assert (await command(client, id, "triage", clerk, **body)).json()["entity"] == "works"
    assert (await command(client, id, "triage", clerk, **body)).status_code == 409
    moved = await command(client, id, "transfer", officer, entity="ewa", reason="Their cable trench.")
    assert (moved.status_code, moved.json()["state"]) == (200, "assigned")
    assert (await command(client, id, "acknowledge", officer)).status_code == 403
    assert (await command(client, id, "acknowledge", stranger)).status_code == 200

    events = await neighbours.hear(ASSIGNMENTS, id, "TriageRequested", "AssignmentAcknowledged")
    assert [(event.sequence, event.type, event.data.entity) for event in events] == [
        (1, "TriageRequested", "central-office"),
        (2, "SubmissionAssigned", "works"),
        (3, "SubmissionTransferred", "ewa"),
        (4, "SubmissionAssigned", "ewa"),
        (5, "AssignmentAcknowledged", "ewa"),
    ]
    shown = await read(client, id, stranger)
    assert [custodian["entity"] for custodian in shown["custodians"]] == ["central-office", "works", "ewa"]
    assert all(earlier["until"] == later["since"] for earlier, later in pairwise(shown["custodians"]))


async def test_of_two_officials_who_answer_at_once_one_is_told(
    client: Client, neighbours: Neighbours, administrator: Headers, officer: Headers, clerk: Headers
) -> None:
    id = await assigned(client, neighbours, administrator, clerk)
    seen = (await client.get(f"{URL}/assignments/{id}", headers=officer)).headers["ETag"]
    both = await asyncio.gather(
        command(client, id, "answer", officer, text="One.", reason_code="resolved"),
        command(client, id, "answer", officer, text="Two.", reason_code="resolved"),
    )
    assert sorted(response.status_code for response in both) == [200, 409]
    refused = next(response for response in both if response.status_code == 409).json()
    assert refused["type"] == "urn:tawasul:problem:not-possible-now"
    late = await command(client, id, "answer", officer | {"If-Match": seen}, text="Three.", reason_code="resolved")
    assert (late.status_code, late.json()["type"]) == (412, "urn:tawasul:problem:version-differs")
    events = await neighbours.hear(ASSIGNMENTS, id, "SubmissionAnswered")
    assert [event.type for event in events] == ["SubmissionAssigned", "SubmissionAnswered"]


async def test_a_command_repeated_with_its_key_is_done_once(
    client: Client, neighbours: Neighbours, administrator: Headers, officer: Headers, clerk: Headers
) -> None:
    id = await assigned(client, neighbours, administrator, clerk)
    keyed = officer | {"Idempotency-Key": str(uuid4())}
    once = await command(client, id, "question", keyed, text="Which block?")
    again = await command(client, id, "question", keyed, text="Which block?")
    other = await command(client, id, "question", keyed, text="Which road?")
    assert (once.status_code, once.json()) == (again.status_code, again.json())
    assert (other.status_code, other.json()["type"]) == (409, "urn:tawasul:problem:idempotency-key-reused")
    assert (await read(client, id, officer))["version"] == 2


async def test_an_official_sees_and_does_nothing_outside_the_own_entity(
    client: Client,
    neighbours: Neighbours,
    administrator: Headers,
    stranger: Headers,
    clerk: Headers,
    provider: Provider,
) -> None:
    id = await assigned(client, neighbours, administrator, clerk)
    for answer in (
        await client.get(f"{URL}/assignments/{id}", headers=stranger),
        await command(client, id, "acknowledge", stranger),
        await command(client, id, "transfer", stranger, entity="ewa", reason="I want it."),
        await command(client, id, "answer", clerk, text="For you.", reason_code="resolved"),
        await client.get(f"{URL}/assignments", headers=provider.authorization("citizen", "citizen")),
        await client.put(f"{URL}/directory", json=a_country(), headers=stranger),
    ):
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:tawasul:problem:forbidden")
    assert (await client.get(f"{URL}/assignments", headers=stranger)).json()["items"] == []
    assert (await client.get(f"{URL}/assignments/{id}")).status_code == 401
    assert (await command(client, an_id(), "acknowledge", stranger)).status_code == 404
    assert (await read(client, id, clerk))["state"] == "assigned"


async def test_who_reads_or_changes_a_case_leaves_an_audit_record_and_who_may_not_leaves_none(
    client: Client,
    mongo_database: Database,
    neighbours: Neighbours,
    administrator: Headers,
    officer: Headers,
    stranger: Headers,
    clerk: Headers,
) -> None:
    id = await assigned(client, neighbours, administrator, clerk)
    assert (await client.get(f"{URL}/assignments/{id}", headers=stranger)).status_code == 403
    assert (await command(client, id, "acknowledge", stranger)).status_code == 403
    await read(client, id, officer)
    await client.get(f"{URL}/assignments", headers=officer)
    await command(client, id, "acknowledge", officer)
    records = [record async for record in mongo_database["audit_records"].find({"things": id}).sort("sequence", 1)]
    seen = [(record["who"]["subject"], record["action"], record["why"]) for record in records]
    assert seen[-3:] == [
        ("officer.works", "read", "custodian"),
        ("officer.works", "list", "custodian"),
        ("officer.works", "acknowledge", "custodian"),
    ]
    assert {(who, why) for who, _, why in seen[:-3]} == {("central.triage", "central office")}


async def test_the_process_starts_serves_and_drains_when_told_to_stop(settings: Any) -> None:
    port = free_port()
    environment = {
        "TAWASUL_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "TAWASUL_MONGO_URI": settings.mongo_uri.get_secret_value(),
        "TAWASUL_MONGO_DATABASE": settings.mongo_database,
        "TAWASUL_TOPIC_PREFIX": settings.topic_prefix,
        "TAWASUL_OIDC_ISSUER": settings.oidc_issuer,
        "TAWASUL_KAFKA_PARTITIONS": "3",
        "TAWASUL_PORT": str(port),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "router", env=os.environ | environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

            async def _is_ready() -> bool:
                try:
                    return bool((await client.get("/readyz")).is_success)
                except httpx2.TransportError:
                    return False

            await eventually(_is_ready)
            description = (await client.get(f"{URL}/openapi.json")).json()
            assert "409" in description["paths"][f"{URL}/assignments/{{id}}/answer"]["post"]["responses"]
            assert "tawasul_router_triage_depth" in (await client.get("/metrics")).text
        process.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode in (0, -signal.SIGTERM)
    assert '"stopped"' in output.decode()
