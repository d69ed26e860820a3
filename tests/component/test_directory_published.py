"""A whole directory, published at once: what changed is told once, by whichever process; until the first, all waits."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx2
from router.app import create_app
from router.directory.model import Country
from router.directory.store import PUBLICATIONS, Publication, Publications
from shared.events.topics import DIRECTORY

from tests.support import one_router
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.one_router import URL, Client, Headers, becomes, publish
from tests.support.router import EAST, NOW, a_country, an_entity, an_id, received
from tests.support.serving import serving

settings, client, administrator = one_router.settings, one_router.client, one_router.administrator
clerk = one_router.clerk


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
