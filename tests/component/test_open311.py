"""GeoReport v2 on a whole intake: filed by form, found by every filter, told without a word of a person."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app
from intake.open311.status_notes import UPDATES
from intake.public_register.model import OPEN
from intake.public_register.store import RegisterQuery, updates_pipeline
from intake.publication import commands as moderate
from intake.submissions.model import Submission
from shared.events.assignments import AssignmentAcknowledged, SubmissionAnswered, SubmissionAssigned
from shared.events.envelope import Cause
from shared.events.topics import CONTACTS, SUBMISSIONS
from shared.storage.aggregates import Decision, StoredAggregate

from tests.support.catalogue import EMERGENCY, a_catalogue
from tests.support.eventually import eventually
from tests.support.georeport import UPDATE, check_request, json, spark, xml
from tests.support.infrastructure import Client as MongoClient
from tests.support.infrastructure import Infrastructure
from tests.support.intake import intake_settings
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.serving import serving

Client = httpx2.AsyncClient
Form = dict[str, Any]
KEY = "a key of the press"
URL = "/open311/v2/requests"
SECRET_WORDS = "My neighbour Ahmed broke the lamp at 14 Road 2825"


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def neighbours(kafka_bootstrap: str) -> AsyncIterator[Neighbours]:
    async with neighbourhood(kafka_bootstrap) as started:
        for key, event in a_catalogue():
            await started.publish(key, event)
        yield started


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def intake(
    infrastructure: Infrastructure, mongo_client: MongoClient, neighbours: Neighbours
) -> AsyncIterator[FastAPI]:
    name = f"test_{uuid4().hex[:12]}"
    keys = f"press:{hashlib.sha256(KEY.encode()).hexdigest()}"
    yield create_app(intake_settings(infrastructure, name, neighbours.settings.topic_prefix, open311_key_hashes=keys))
    await mongo_client.drop_database(name)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def client(intake: FastAPI) -> AsyncIterator[Client]:
    async with serving(intake) as running:
        await eventually(lambda: EMERGENCY in intake.state.directory.categories)
        running.headers["Accept-Language"] = "en"
        yield running


def a_form(**changed: Any) -> Form:
    known = {
        "api_key": KEY,
        "service_code": "roads_lighting",
        "lat": "26.22351",
        "long": "50.58762",
        "description": SECRET_WORDS,
        "attribute[fault]": "dark",
    }
    return {name: value for name, value in (known | changed).items() if value is not None}


async def file(client: Client, headers: dict[str, str] | None = None, **changed: Any) -> str:
    (receipt,) = json(await client.post(f"{URL}.json", data=a_form(**changed), headers=headers), 201)
    id: str = receipt["service_request_id"]
    return id


async def one(client: Client, id: str) -> dict[str, Any]:
    (request,) = json(await client.get(f"{URL}/{id}.json"))
    check_request(request)
    return dict(request)


async def listed(client: Client, **query: Any) -> list[str]:
    requests = json(await client.get(f"{URL}.json", params=query))
    for request in requests:
        check_request(request)
    return [request["service_request_id"] for request in requests]


async def submission_id(intake: FastAPI, reference: str) -> str:
    return str(await intake.state.submissions.id_of(reference))


async def answer(intake: FastAPI, neighbours: Neighbours, reference: str) -> None:
    id = await submission_id(intake, reference)
    works: Any = {"submission_id": id, "entity": "works"}
    await neighbours.publish(
        id,
        SubmissionAssigned(**works, from_state="in_triage", to_state="assigned", decided_by="rule", reason="lamp"),
        AssignmentAcknowledged(**works, from_state="assigned", to_state="acknowledged", official="officer.works"),
        SubmissionAnswered(
            **works,
            from_state="acknowledged",
            to_state="answered",
            text="Dear Ahmed, it shines.",
            reason_code="done",
            official="officer.works",
        ),
    )


async def test_a_form_becomes_a_submission_like_every_other(
    client: Client, intake: FastAPI, neighbours: Neighbours
) -> None:
    answered = await client.post(
        f"{URL}.xml",
        data=a_form(
            email="m@citizens.example",
            first_name="Maryam",
            last_name="Ali",
            device_id="tt222",
            account_id="77",
            media_url="https://photos.example/1.jpg",
            **{"attribute[near]": ["shop", "school"], "attribute[lamps]": "2"},
        ),
    )
    root = xml(answered, "service_requests", 201)
    (request,) = root
    assert [part.tag for part in request] == ["service_request_id", "service_notice", "account_id"]
    reference = str(request.findtext("service_request_id"))
    assert f"/track/{reference}/" in str(request.findtext("service_notice"))
    id = await submission_id(intake, reference)
    (event,) = await neighbours.hear(SUBMISSIONS, id, "SubmissionReceived")
    data = event.data
    assert (data.channel, data.kind, data.language, data.category) == ("open311", "complaint", "en", "roads.lighting")
    assert (data.location.lat, data.location.lon) == (26.22351, 50.58762)
    assert data.answers == {"fault": "dark", "lamps": "2", "near": ("school", "shop")}
    assert data.text == f"{SECRET_WORDS}\n\nhttps://photos.example/1.jpg"
    await neighbours.hear(CONTACTS, f"{id}/author", "ContactRegistered")


async def test_what_is_told_holds_no_word_of_a_person_until_it_is_published(client: Client, intake: FastAPI) -> None:
    reference = await file(client, address_string="14 Road 2825", address_id="428")
    told = await one(client, reference)
    assert (told["description"], told["service_name"]) == ("Street lighting", "Street lighting")
    assert (told["address"], told["address_id"]) == ("Block 428", "428")
    assert (told["lat"], told["long"]) == (26.22, 50.59)
    whole = (await client.get(f"{URL}/{reference}.xml")).text + (await client.get(f"{URL}.json")).text
    assert "Ahmed" not in whole
    assert "Road 2825" not in whole

    now, shown = datetime.now(UTC), moderate.ForThePublic("A <b> lamp", shows_place=True, area=None)
    await decided(intake, reference, lambda id, state: moderate.agree(id, state, True, now))
    await decided(intake, reference, lambda id, state: moderate.publish(id, state, "m", shown, None, now))
    published = await one(client, reference)
    assert published["description"] == "A <b> lamp"
    assert published["address"] == "Block 428"
    assert (published["lat"], published["long"]) == (26.224, 50.588)
    assert "A &lt;b&gt; lamp" in (await client.get(f"{URL}/{reference}.xml")).text

    await decided(intake, reference, lambda id, state: moderate.hide(id, state, "m", "names", now))
    assert (await one(client, reference))["description"] == "Street lighting"


async def decided(intake: FastAPI, reference: str, decide: Any) -> None:
    def _decide(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        found: Decision[Submission] | None = decide(aggregate.id, aggregate.state)
        return found

    id = await submission_id(intake, reference)
    await intake.state.submissions.change(id, _decide, datetime.now(UTC), Cause("test"))


async def test_the_same_key_files_once(client: Client) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first, again = [await file(client, key) for _ in range(2)]
    assert first == again
    refused = await client.post(f"{URL}.json", data=a_form(description="other"), headers=key)
    assert refused.status_code == 400
    assert (await client.post(f"{URL}.json", data=a_form(), headers={"Idempotency-Key": "x"})).status_code == 400


async def test_a_request_without_description_or_coordinates_is_taken_and_found_by_its_number(client: Client) -> None:
    reference = await file(client, description=None, lat=None, long=None, address_string="شارع الزبارة")
    told = await one(client, reference)
    assert (told["lat"], told["long"], told["address"]) == (None, None, None)
    assert reference not in await listed(client)
    assert await listed(client, service_request_id=reference) == [reference]


async def test_who_is_not_sure_files_without_a_category(client: Client, intake: FastAPI) -> None:
    reference = await file(client, service_code="unsorted", **{"attribute[fault]": None})
    told = await one(client, reference)
    assert (told["service_code"], told["service_name"]) == ("unsorted", "I am not sure")
    assert (await intake.state.submissions.find(await submission_id(intake, reference))).state.category is None
    assert reference in await listed(client, service_code="unsorted")
    assert reference not in await listed(client, service_code="roads_lighting")


async def test_lists_are_read_from_their_indexes(client: Client, intake: FastAPI) -> None:
    await file(client)
    now, collection = datetime.now(UTC), intake.state.submissions.collection
    wanted = RegisterQuery(now - timedelta(days=90), now, ["roads.lighting", None], OPEN, with_place=True)
    for order in (-1, 1):
        found = collection.find(wanted.query(), sort=[("state.received_at", order), ("_id", order)], hint="received")
        plan = str((await found.explain())["queryPlanner"]["winningPlan"])
        assert "'indexName': 'received'" in plan
        assert "'SORT'" not in plan
    pipeline = updates_pipeline(UPDATES, datetime(1900, 1, 1, tzinfo=UTC), now, None, 1, 10)
    plan = await intake.state.service.database.command("aggregate", collection.name, pipeline=pipeline, explain=True)
    assert "'indexName': 'updated'" in str(plan)


async def test_hostile_text_is_kept_as_text(client: Client, intake: FastAPI) -> None:
    reference = await file(client, description="<script>alert(1)</script>\x00\u202e]]> مرحبا")
    id = await submission_id(intake, reference)
    kept = (await intake.state.submissions.find(id)).state
    assert kept.text == "<script>alert(1)</script>\u202e]]> مرحبا"
    assert kept.language == "ar"
    xml(await client.get(f"{URL}/{reference}.xml"), "service_requests")


async def test_xml_and_json_say_the_same_and_an_empty_list_has_its_wrapper(client: Client) -> None:
    await file(client)
    in_json = json(await client.get(f"{URL}.json"))
    in_xml = xml(await client.get(f"{URL}.xml"), "service_requests")
    assert {part.tag for part in in_xml} == {"request"}
    assert [spark(part)["service_request_id"] for part in in_xml] == [each["service_request_id"] for each in in_json]
    assert [part.tag for part in in_xml[0]] == list(in_json[0])
    long_ago = {"start_date": "2001-01-01T00:00:00Z", "end_date": "2001-02-01T00:00:00+03:00"}
    assert json(await client.get(f"{URL}.json", params=long_ago)) == []
    assert len(xml(await client.get(f"{URL}.xml", params=long_ago), "service_requests")) == 0


async def test_lists_are_filtered_and_paged(client: Client, intake: FastAPI, neighbours: Neighbours) -> None:
    closed, still_open = await file(client), await file(client)
    passport = await file(client, service_code="identity_passports", **{"attribute[fault]": None})
    await answer(intake, neighbours, closed)
    await eventually(lambda: _is_closed(client, closed))
    told = await one(client, closed)
    assert (told["status"], told["status_notes"], told["agency_responsible"]) == (
        "closed",
        "Answered",
        "Ministry of Works",
    )
    assert closed in await listed(client, status="closed")
    assert closed not in await listed(client, status="open")
    assert {closed, still_open} <= set(await listed(client, status="open,closed"))
    assert passport not in await listed(client, service_code="roads_lighting")
    assert {passport, closed} <= set(await listed(client, service_code="roads_lighting,identity_passports"))
    assert await listed(client, service_code="none") == []
    wanted = f"{still_open},NONE,{passport.lower()}"
    assert await listed(client, service_request_id=wanted, status="closed") == [still_open, passport]
    newest_first = await listed(client)
    assert newest_first[:3] == [passport, still_open, closed]
    assert await listed(client, page_size=1, page=2) == [still_open]
    now = datetime.now(UTC)
    assert passport in await listed(client, start_date=(now - timedelta(days=1)).isoformat(timespec="seconds"))
    assert await listed(client, start_date=(now + timedelta(days=1)).isoformat(timespec="seconds")) == []


async def _is_closed(client: Client, reference: str) -> bool:
    return bool((await one(client, reference))["status"] == "closed")


async def test_updates_tell_what_happened_and_not_what_was_written(
    client: Client, intake: FastAPI, neighbours: Neighbours
) -> None:
    reference = await file(client)
    began = datetime.now(UTC) - timedelta(seconds=5)
    await answer(intake, neighbours, reference)
    await eventually(lambda: _is_closed(client, reference))
    path = "/open311/v2/servicerequestupdates"
    told = json(await client.get(f"{path}.json", params={"service_request_id": reference}))
    assert [(each["status"], each["description"]) for each in told] == [
        ("open", "Given to the responsible entity · Ministry of Works"),
        ("open", "The entity confirmed that it has it · Ministry of Works"),
        ("closed", "Answered · Ministry of Works"),
    ]
    assert all(tuple(each) == UPDATE for each in told)
    assert "Ahmed" not in str(told)
    since = json(await client.get(f"{path}.json", params={"start_date": began.isoformat(timespec="seconds")}))
    assert {each["update_id"] for each in told} <= {each["update_id"] for each in since}
    root = xml(await client.get(f"{path}.xml", params={"service_request_id": reference}), "service_request_updates")
    assert [part.tag for part in root] == ["request_update"] * 3
    assert json(await client.get(f"{path}.json", params={"end_date": "2001-01-01T00:00:00Z"})) == []


async def test_a_token_finds_its_request(client: Client, intake: FastAPI) -> None:
    reference = await file(client)
    id = await submission_id(intake, reference)
    found = json(await client.get(f"/open311/v2/tokens/{id}.json"))
    assert found == [{"service_request_id": reference, "token": id}]
    unknown = await client.get(f"/open311/v2/tokens/{uuid4()}.xml")
    xml(unknown, "errors", 404)


async def test_many_forms_at_once_are_all_taken(client: Client) -> None:
    references = await asyncio.gather(*(file(client) for _ in range(40)))
    assert len(set(references)) == 40
