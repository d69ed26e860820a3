"""The directory, changed without a deployment: drafted, checked, published for now or for later, taken back, told."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest_asyncio
from router.app import create_app
from router.directory.store import PUBLICATIONS
from shared.events.topics import DIRECTORY
from shared.reference.working_time import utc_now

from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider
from tests.support.router import a_country, a_rule, an_entity, router_settings
from tests.support.serving import serving

URL = "/api/router/v1/directory"
DRAFT = f"{URL}/draft"
WORKS = {key: value for key, value in an_entity("works", email="new@works.example").items() if key != "id"}
Client = httpx2.AsyncClient
Headers = dict[str, str]


@pytest_asyncio.fixture(loop_scope="session")
async def client(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider
) -> AsyncIterator[Client]:
    """The router with version 1 published, asked by an administrator."""
    app = create_app(router_settings(infrastructure, mongo_database.name, topic_prefix, provider.issuer))
    async with serving(app) as running:
        running.headers.update(provider.authorization("administrator", "administrator", entity="central-office"))
        await done(await running.put(URL, json=a_country()))
        yield running


async def done(response: httpx2.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json()


async def refused(response: httpx2.Response, status: int, problem: str) -> dict[str, Any]:
    said: dict[str, Any] = await done(response, status)
    assert said["type"] == f"urn:tawasul:problem:{problem}"
    return said


async def put(client: Client, name: str, id: str, item: dict[str, Any], status: int = 200, **how: Any) -> Any:
    return await done(await client.put(f"{DRAFT}/{name}/{id}", json=item, **how), status)


async def publish(client: Client, status: int = 200, **more: Any) -> Any:
    return await done(await client.post(f"{DRAFT}/publish", json={"why": "The ministry asked for it."} | more), status)


async def in_force(client: Client) -> str:
    version = (await client.get("/api/router/v1/entities")).headers["ETag"]
    return str(version)


async def versions(client: Client, **asked: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await done(await client.get(f"{URL}/publications", params=asked)))["items"]
    return items


async def test_a_draft_is_compared_checked_and_published_whole(client: Client, neighbours: Neighbours) -> None:
    assert (await done(await client.get(DRAFT)))["is_begun"] is False
    await put(client, "entities", "works", WORKS)
    await put(client, "rules", "lamps", a_rule("x", {"entity": "nobody"}, words=["lamp"]), params={"before": "rubbish"})
    shown = await done(await client.get(DRAFT))
    told = [(each["list"], each["id"], each["what"]) for each in shown["differences"]]
    assert told == [("entities", "works", "changed"), ("rules", "lamps", "added")]
    assert shown["differences"][0]["fields"] == [{"field": "email", "before": None, "after": "new@works.example"}]
    assert [fault["field"] for fault in shown["faults"]] == ["rules[3].then.entity"]
    assert [(edit["by"], edit["what"], edit["id"]) for edit in shown["edits"]] == [
        ("administrator", "put", "lamps"),
        ("administrator", "put", "works"),
    ]

    faulty = await refused(await client.post(f"{DRAFT}/publish", json={"why": "Lamps."}), 422, "faulty-directory")
    assert [fault["field"] for fault in faulty["errors"]] == ["rules[3].then.entity"]
    assert await in_force(client) == '"1"'

    await done(await client.delete(f"{DRAFT}/rules/lamps"))
    assert (await publish(client))["version"] == 2
    assert await in_force(client) == '"2"'
    events = await neighbours.hear_until(DIRECTORY, lambda heard: len(heard) >= 14)
    assert (events[-1].key, events[-1].data.email) == ("entity:works", "new@works.example")
    newest, first = await versions(client)
    assert (newest["version"], newest["by"], newest["why"]) == (2, "administrator", "The ministry asked for it.")
    assert [edit["what"] for edit in newest["edits"]] == ["removed", "put", "put"]
    assert (newest["valid_until"], first["valid_until"]) == (None, newest["valid_from"])
    assert [each["version"] for each in await versions(client, list="entities", id="works")] == [2]
    assert await versions(client, list="entities", id="ewa") == []
    changes = (await done(await client.get(f"{URL}/publications/2/changes")))["differences"]
    assert [(each["id"], each["what"]) for each in changes] == [("works", "changed")]
    await refused(await client.post(f"{DRAFT}/publish", json={"why": "Again."}), 409, "no-draft")


async def test_a_file_is_taken_whole_or_refused_whole_with_its_lines(client: Client) -> None:
    exported = (await client.get(f"{URL}/publications/1/export", params={"format": "yaml"})).text
    broken = exported.replace("kind: authority", "kind: kingdom")
    line = next(number for number, text in enumerate(broken.splitlines(), 1) if "kingdom" in text)
    sent = await client.post(f"{DRAFT}/import", json={"format": "yaml", "text": broken})
    said = await refused(sent, 422, "unfit-file")
    assert [(fault["line"], fault["field"]) for fault in said["errors"]] == [(str(line), "entities[2].kind")]
    assert said["errors"][0]["message_ar"]
    for format, name, text, at in (
        ("yaml", None, "entities: [\n", "2"),
        ("csv", "entities", "id,kind\nworks,ministry,more\n", "2"),
        ("geojson", "areas", '{"type":\n "FeatureCollection",\n "features": [}', "3"),
    ):
        sent = await client.post(f"{DRAFT}/import", json={"format": format, "list": name, "text": text})
        (fault,) = (await refused(sent, 422, "unfit-file"))["errors"]
        assert (fault["line"], bool(fault["message"] and fault["message_ar"])) == (at, True), format
    assert (await done(await client.get(DRAFT)))["is_begun"] is False
    assert await in_force(client) == '"1"'

    dangling = exported.replace("entity: ewa", "entity: nobody")
    line = next(number for number, text in enumerate(dangling.splitlines(), 1) if "nobody" in text)
    taken = await done(await client.post(f"{DRAFT}/import", json={"format": "yaml", "text": dangling}))
    assert {(fault["line"], fault["field"]) for fault in taken["faults"]} >= {(line, "categories[2].entity")}
    table = (await client.get(f"{URL}/publications/1/export", params={"format": "csv", "list": "categories"})).text
    taken = await done(
        await client.post(f"{DRAFT}/import", json={"format": "csv", "list": "categories", "text": table})
    )
    assert taken["faults"] == []
    assert (await done(await client.get(DRAFT)))["differences"] == []
    await refused(await client.post(f"{DRAFT}/publish", json={"why": "Nothing."}), 409, "nothing-changed")
    areas = await client.get(f"{DRAFT}/export", params={"format": "geojson"})
    assert (areas.headers["Content-Type"], len(areas.json()["features"])) == ("application/geo+json", 2)
    await refused(await client.get(f"{DRAFT}/export", params={"format": "csv"}), 422, "invalid")
    assert await in_force(client) == '"1"'


async def test_a_version_for_later_waits_and_can_be_taken_back_until_it_holds(
    client: Client, mongo_database: Database
) -> None:
    await put(client, "entities", "works", WORKS)
    for never in ("9999-12-31T23:59:59-12:00", "2026-13-01T00:00:00Z", "2030-01-01T00:00:00"):
        await publish(client, 422, valid_from=never)
    later = utc_now() + timedelta(days=1)
    published = await publish(client, valid_from=later.isoformat())
    assert datetime.fromisoformat(published["valid_from"]) - later < timedelta(milliseconds=1)
    assert await in_force(client) == '"1"'
    await refused(await client.put(URL, json=a_country(officials=[])), 409, "another-waits")

    back = await done(await client.post(f"{URL}/publications/2/take-back", json={"why": "Too early."}))
    assert (back["version"], back["why"]) == (2, "Too early.")
    assert [each["id"] for each in (await done(await client.get(DRAFT)))["differences"]] == ["works"]
    await refused(await client.post(f"{URL}/publications/2/take-back", json={"why": "Again."}), 409, "holds-already")
    await refused(await client.post(f"{URL}/publications/9/take-back", json={"why": "Which?"}), 404, "not-found")

    assert (await publish(client, valid_from=later.isoformat()))["version"] == 3
    # The day comes: nobody waits for it in a test.
    await mongo_database[PUBLICATIONS].update_one({"_id": 3}, {"$set": {"valid_from": utc_now()}})

    async def _holds() -> bool:
        return await in_force(client) == '"3"'

    await eventually(_holds)
    assert [(each["version"], each["taken_back"] is not None) for each in await versions(client)] == [
        (3, False),
        (2, True),
        (1, False),
    ]


async def test_a_draft_is_done_again_on_what_was_published_meanwhile(client: Client) -> None:
    await put(client, "entities", "works", WORKS)
    await done(await client.put(URL, json=a_country(officials=[])))
    await refused(await client.post(f"{DRAFT}/publish", json={"why": "Mine."}), 409, "draft-outdated")
    assert (await done(await client.post(f"{DRAFT}/rebase")))["clashes"] == []
    assert (await publish(client))["published"]["officials"] == 0
    assert (await done(await client.get(f"{DRAFT}/entities/works")))["email"] == "new@works.example"


async def test_two_administrators_do_not_overwrite_each_other_and_a_command_sent_twice_is_done_once(
    client: Client,
) -> None:
    version = (await client.get(DRAFT)).headers["ETag"]
    once = {"Idempotency-Key": str(uuid4())}
    first = await put(client, "entities", "works", WORKS, headers={"If-Match": version} | once)
    assert first == await put(client, "entities", "works", WORKS, headers={"If-Match": version} | once)
    late = await client.put(f"{DRAFT}/entities/works", json=WORKS, headers={"If-Match": version})
    await refused(late, 412, "version-differs")
    assert len((await done(await client.get(DRAFT)))["edits"]) == 1
    key = {"Idempotency-Key": str(uuid4())}
    answers = [await client.post(f"{DRAFT}/publish", json={"why": "Once."}, headers=key) for _ in range(2)]
    assert [(await done(answer))["version"] for answer in answers] == [2, 2]
    await done(await client.delete(DRAFT), 409)


UNFIT = [
    ("entities", "works", WORKS | {"kind": "kingdom"}),
    ("entities", "works", WORKS | {"colour": "green"}),
    ("places", "x", {"name": {"ar": "ا", "en": "X"}, "lat": 91, "lon": 0}),
    ("places", "x", {"name": {"ar": "ا", "en": "X"}, "lat": 1, "lon": 0, "blocks": [[10**30, 1]]}),
]


async def test_an_item_that_is_none_is_refused(client: Client) -> None:
    for name, id, item in UNFIT:
        await refused(await client.put(f"{DRAFT}/{name}/{id}", json=item), 422, "invalid")
    assert (await done(await client.get(DRAFT)))["is_begun"] is False
