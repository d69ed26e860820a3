"""Live updates at the desk, over a real socket: colleagues hear of one another, and nobody of what is not theirs."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
from router.app import create_app
from router.sub_cases.decisions import id_of
from shared.events.submissions import InformationAdded

from tests.support.eventually import PATIENCE_SECONDS, eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.provider import Provider
from tests.support.router import a_country, an_id, received, router_settings
from tests.support.serving import listening

URL = "/api/router/v1"


async def test_who_looks_at_a_submission_hears_when_a_colleague_works_on_it(
    infrastructure: Infrastructure, mongo_database: Database, neighbours: Neighbours, provider: Provider
) -> None:
    prefix = neighbours.settings.topic_prefix
    app = create_app(router_settings(infrastructure, mongo_database.name, prefix, provider.issuer))
    officer = provider.authorization("officer.works", "officer", entity="works")
    stranger = provider.authorization("officer.ewa", "officer", entity="ewa")
    administrator = provider.authorization("administrator", "administrator", entity="central-office")
    async with listening(app) as address, httpx2.AsyncClient(base_url=address, timeout=10) as client:
        await client.put(f"{URL}/directory", json=a_country(), headers=administrator)
        id = an_id()
        await neighbours.publish(id, received(id))
        at = f"{URL}/assignments/{id}"

        async def _is_there() -> bool:
            return (await client.get(at, headers=officer)).status_code == 200

        await eventually(_is_there)
        assert (await client.get(f"{at}/events", headers=stranger)).status_code == 403
        assert (await client.get(f"{at}/events")).status_code == 401
        assert (await client.get(f"{URL}/assignments/{an_id()}/events", headers=officer)).status_code == 404
        version = int((await client.get(at, headers=officer)).headers["ETag"].strip('"'))
        async with client.stream("GET", f"{at}/events?seen={version}", headers=officer) as events:
            assert events.headers["content-type"].startswith("text/event-stream")
            await client.post(f"{at}/acknowledge", json={}, headers=officer)
            async with asyncio.timeout(PATIENCE_SECONDS):
                heard = [line async for line in _until_told(events)]
        assert heard == [f"id: {version + 1}", "event: changed"]

        asked = {"entity": "ewa", "question": "When is the cable laid?"}
        assert (await client.post(f"{at}/sub-cases", json=asked, headers=officer)).status_code == 200
        part = f"{URL}/assignments/{id_of(id, 1)}"
        drawn = version + 2 + int((await client.get(part, headers=stranger)).headers["ETag"].strip('"'))
        async with client.stream("GET", f"{part}/events?seen={drawn}", headers=stranger) as events:
            about = {"submission_id": id, "from_state": "assigned", "to_state": "assigned"}
            await neighbours.publish(id, InformationAdded.model_validate(about | {"text": "It is by the school."}))
            async with asyncio.timeout(PATIENCE_SECONDS):
                heard = [line async for line in _until_told(events)]
        assert heard == [f"id: {drawn + 1}", "event: changed"], "its author added something to what it is a part of"
        history = (await client.get(part, headers=stranger)).json()["history"]
        assert "It is by the school." in str(history)

        lists = f"{URL}/assignments/events"
        assert (await client.get(lists)).status_code == 401
        citizen = provider.authorization("maryam", "citizen")
        assert (await client.get(lists, headers=citizen)).status_code == 403
        async with client.stream("GET", f"{lists}?seen=1", headers=officer) as events:
            async with asyncio.timeout(PATIENCE_SECONDS):
                heard = [line async for line in _until_told(events)]
            assert heard[1:] == ["event: changed"], "what came between the page and this is looked for"


async def _until_told(events: httpx2.Response) -> AsyncIterator[str]:
    async for line in events.aiter_lines():
        if line.startswith("data: "):
            return
        if line.startswith(("id: ", "event: ")):
            yield line
