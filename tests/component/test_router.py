"""The router whole, on real Kafka and MongoDB: a submission comes in, its custodian works on it, everybody is told."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from router.app import create_app
from router.domain.country import Country
from router.domain.life import OPEN, State
from router.publications import PUBLICATIONS, Publication, Publications
from router.repository import Assignments, Wanted, page_query
from shared.events.deadlines import DeadlineSet
from shared.events.submissions import AppealFiled, InformationAdded, SubmissionClosed, SubmissionReopened
from shared.topics import ASSIGNMENTS, DIRECTORY
from tawasul.stack.ports import free_port

from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider
from tests.support.router import EAST, NOW, a_country, an_entity, an_id, received, router_settings
from tests.support.serving import serving

URL = "/api/router/v1"
Client = httpx2.AsyncClient
Headers = dict[str, str]


@pytest.fixture
def settings(infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider) -> Any:
    return router_settings(infrastructure, mongo_database.name, topic_prefix, provider.issuer)


@pytest_asyncio.fixture(loop_scope="session")
async def client(settings: Any) -> AsyncIterator[Client]:
    async with serving(create_app(settings)) as running:
        yield running


@pytest.fixture
def administrator(provider: Provider) -> Headers:
    return provider.authorization("administrator", "administrator", entity="central-office")


@pytest.fixture
def officer(provider: Provider) -> Headers:
    return provider.authorization("officer.works", "officer", entity="works")


@pytest.fixture
def stranger(provider: Provider) -> Headers:
    return provider.authorization("officer.ewa", "officer", entity="ewa")


@pytest.fixture
def clerk(provider: Provider) -> Headers:
    return provider.authorization("central.triage", "central", entity="central-office")


async def publish(client: Client, administrator: Headers, **changed: Any) -> dict[str, Any]:
    response = await client.put(f"{URL}/directory", json=a_country(**changed), headers=administrator)
    assert response.status_code == 200, response.text
    published: dict[str, Any] = response.json()
    return published


async def command(client: Client, id: str, action: str, who: Headers, **body: Any) -> Any:
    return await client.post(f"{URL}/assignments/{id}/{action}", json=body, headers=who)


async def read(client: Client, id: str, who: Headers) -> dict[str, Any]:
    response = await client.get(f"{URL}/assignments/{id}", headers=who)
    assert response.status_code == 200, response.text
    shown: dict[str, Any] = response.json()
    return shown


async def becomes(client: Client, id: str, who: Headers, state: str) -> dict[str, Any]:
    shown: dict[str, Any] = {}

    async def _is() -> bool:
        response = await client.get(f"{URL}/assignments/{id}", headers=who)
        shown.update(response.json())
        return bool(response.status_code == 200 and shown["state"] == state)

    await eventually(_is)
    return shown


async def assigned(client: Client, neighbours: Neighbours, administrator: Headers, clerk: Headers) -> str:
    """The id of a submission that the rules gave to the Ministry of Works."""
    await publish(client, administrator)
    id = an_id()
    await neighbours.publish(id, received(id))
    await becomes(client, id, clerk, "assigned")
    return id


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


async def test_a_list_is_paged_by_what_is_due_first(
    client: Client, neighbours: Neighbours, administrator: Headers, officer: Headers, clerk: Headers
) -> None:
    await publish(client, administrator)
    ids = [an_id() for _ in range(5)]
    due = datetime(2026, 12, 1, 9, tzinfo=UTC)
    for days, id in enumerate(ids):
        await neighbours.publish(id, received(id))
        await becomes(client, id, officer, "assigned")
        deadline = DeadlineSet(
            submission_id=id,
            to_state="running",
            target="answer",
            entity="works",
            due_at=due - timedelta(days=days),
            policy="p",
            policy_version=1,
            calendar="c",
            calendar_version=1,
        )
        await neighbours.publish(id, deadline)

    async def _all_due() -> bool:
        items = (await client.get(f"{URL}/assignments", headers=officer)).json()["items"]
        return len(items) == 5 and all(item["due_at"] for item in items)

    await eventually(_all_due)
    found: list[str] = []
    cursor = ""
    while True:
        page = (await client.get(f"{URL}/assignments?limit=2{cursor}", headers=officer)).json()
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == ids[::-1]
    assert (await client.get(f"{URL}/assignments?cursor=nonsense", headers=officer)).status_code == 422


async def test_only_what_changed_in_the_directory_is_told_and_a_broken_one_changes_nothing(
    client: Client, neighbours: Neighbours, administrator: Headers
) -> None:
    first = await publish(client, administrator)
    assert first == {
        "version": 1,
        "published": {"entities": 5, "officials": 2, "categories": 4, "areas": 2, "places": 0},
    }
    assert (await publish(client, administrator))["published"] == {
        "entities": 0,
        "officials": 0,
        "categories": 0,
        "areas": 0,
        "places": 0,
    }

    entities = [
        an_entity("works", email="new@works.example"),
        *a_country()["entities"][:1],
        *a_country()["entities"][2:],
    ]
    second = await publish(client, administrator, entities=entities, officials=[])
    assert second == {
        "version": 2,
        "published": {"entities": 1, "officials": 2, "categories": 0, "areas": 0, "places": 0},
    }
    events = await neighbours.hear_until(DIRECTORY, lambda heard: len(heard) >= 16)
    last = {event.key: event.data for event in events}
    assert len(events) == 16
    assert last["entity:works"].email == "new@works.example"
    assert not last["official:officer.works"].active

    broken = await client.put(
        f"{URL}/directory", json=a_country(rules=a_country()["rules"][:-1]), headers=administrator
    )
    assert broken.status_code == 422
    assert [fault["field"] for fault in broken.json()["errors"]] == ["rules[3]"]
    listed = await client.get(f"{URL}/entities")
    assert (listed.status_code, len(listed.json()["items"])) == (200, 5)
    assert (await client.get(f"{URL}/categories")).json()["items"][3]["needs_place"]


async def test_a_directory_sent_twice_with_its_key_is_published_once_and_answered_alike(
    client: Client, administrator: Headers
) -> None:
    def keyed() -> Headers:
        return administrator | {"Idempotency-Key": str(uuid4())}

    async def put(headers: Headers, **changed: Any) -> httpx2.Response:
        return await client.put(f"{URL}/directory", json=a_country(**changed), headers=headers)

    publishing, unchanging = keyed(), keyed()
    seen = publishing | {"If-Match": '"0"'}
    at_once = await asyncio.gather(*(put(seen) for _ in range(4)))
    assert {answer.status_code for answer in at_once} == {200}, [answer.text for answer in at_once]
    assert {answer.headers["ETag"] for answer in at_once} == {'"1"'}
    assert all(answer.json() == at_once[0].json() for answer in at_once)
    assert at_once[0].json()["published"]["entities"] == 5
    unchanged = await asyncio.gather(*(put(unchanging) for _ in range(4)))
    assert [(answer.status_code, answer.json()["published"]["entities"]) for answer in unchanged] == [(200, 0)] * 4

    late = await put(administrator | {"If-Match": '"0"'}, officials=[])
    assert (late.status_code, late.json()["type"]) == (412, "urn:tawasul:problem:version-differs")
    assert (await put(administrator | {"If-Match": '"1"'}, officials=[])).json()["version"] == 2
    assert (await client.get(f"{URL}/entities")).headers["ETag"] == '"2"'
    assert [(await put(key)).json()["version"] for key in (seen, publishing, unchanging)] == [1, 1, 1]
    reused = [await put(key, officials=[]) for key in (publishing, unchanging)]
    assert [answer.json()["type"] for answer in reused] == ["urn:tawasul:problem:idempotency-key-reused"] * 2


async def test_submissions_that_come_before_the_first_directory_wait_and_another_process_notices_it(
    settings: Any, neighbours: Neighbours, administrator: Headers, clerk: Headers, mongo_database: Database
) -> None:
    id = an_id()
    await neighbours.publish(id, received(id, text="rubbish", location={"lat": EAST[1], "lon": EAST[0]}))
    router = create_app(settings)
    spare = create_app(settings.model_copy(update={"ordinal": 1}))
    async with serving(router) as client, serving(spare):
        await publish(client, administrator)
        shown = await becomes(client, id, clerk, "assigned")
        assert shown["entity"] == "east-municipality"
        await eventually(lambda: spare.state.directory.current is not None)
        assert await mongo_database["dead_letters"].count_documents({}) == 0


async def test_a_publication_whose_process_died_is_told_by_the_next(
    settings: Any, neighbours: Neighbours, mongo_database: Database
) -> None:
    country = Country.model_validate(a_country())
    await Publications(mongo_database[PUBLICATIONS]).add(Publication(1, NOW, "administrator", country=country))
    async with serving(create_app(settings)) as client:
        events = await neighbours.hear_until(DIRECTORY, lambda heard: len(heard) >= 13)
        assert sorted(event.key for event in events)[:3] == ["area:east", "area:west", "category:roads"]
        assert len((await client.get(f"{URL}/entities")).json()["items"]) == 5


async def test_what_was_withdrawn_before_anybody_decided_is_on_no_list(mongo_database: Database) -> None:
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    shell = {"state": "withdrawn", "list_at": NOW, "decided": None}
    decided = shell | {"entity": "works", "decided": {"by": "rule", "reason": "a rule"}}
    ids = [an_id(), an_id()]
    await assignments.collection.insert_many(
        {"_id": id, "version": 1, "state": state, "sequences": {}, "emitted": 0, "seen": {}}
        for id, state in zip(ids, (shell, decided), strict=True)
    )
    found = await assignments.page(Wanted([State.WITHDRAWN]), None, 10)
    assert [aggregate.id for aggregate in found] == ids[1:]


@pytest.mark.parametrize("entity", ["works", None])
@pytest.mark.parametrize("more", [{}, {"category": "roads", "due_before": NOW}, {"newest_first": True}])
async def test_a_page_of_a_list_is_read_from_an_index_in_its_order(
    mongo_database: Database, entity: str | None, more: dict[str, Any]
) -> None:
    assignments = Assignments(mongo_database)
    await assignments.ensure_indexes()
    query, order = page_query(Wanted(OPEN, entity, **more), (NOW, an_id()))
    found = assignments.collection.find(query).sort(order).limit(50)
    plan = str((await found.explain())["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan
    assert "COLLSCAN" not in plan
    assert "'SORT'" not in plan


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
        output, _ = await asyncio.wait_for(process.communicate(), 15)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode in (0, -signal.SIGTERM)
    assert '"stopped"' in output.decode()


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
