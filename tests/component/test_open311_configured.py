"""GeoReport v2 set up otherwise: for one jurisdiction among others, and over a database that confirms late."""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from intake.app import create_app
from intake.settings import IntakeSettings
from intake.submissions.group_commit_store import NotStored

from tests.support.catalogue import EMERGENCY, a_catalogue
from tests.support.eventually import eventually
from tests.support.georeport import check_definition, check_request, check_service, json, xml
from tests.support.infrastructure import Database, Infrastructure
from tests.support.intake import intake_settings
from tests.support.neighbours import Neighbours
from tests.support.serving import serving

URL = "/open311/v2"
KEY = "a key of the press"
OURS = "manama.bh"
FORM = {
    "api_key": KEY,
    "service_code": "roads_lighting",
    "lat": "26.22351",
    "long": "50.58762",
    "attribute[fault]": "dark",
}


Made = Callable[..., IntakeSettings]


@pytest_asyncio.fixture(loop_scope="session")
async def settings(infrastructure: Infrastructure, mongo_database: Database, neighbours: Neighbours) -> Made:
    """Of an intake whose catalogue is on its way."""
    for key, event in a_catalogue():
        await neighbours.publish(key, event)
    prefix, keys = neighbours.settings.topic_prefix, f"press:{hashlib.sha256(KEY.encode()).hexdigest()}"
    return partial(intake_settings, infrastructure, mongo_database.name, prefix, open311_key_hashes=keys)


async def the_catalogue_is_there(app: Any) -> None:
    await eventually(lambda: EMERGENCY in app.state.directory.categories)


@pytest.mark.parametrize("is_required", [True, False])
async def test_all_that_a_client_does_succeeds_with_our_jurisdiction_and_nothing_with_another(
    settings: Made, is_required: bool
) -> None:
    app = create_app(settings(open311_jurisdiction=OURS, open311_jurisdiction_required=is_required))
    async with serving(app) as client:
        await the_catalogue_is_there(app)
        ours = {"jurisdiction_id": OURS}
        for service in json(await client.get(f"{URL}/services.json", params=ours)):
            check_service(service)
        check_definition(json(await client.get(f"{URL}/services/roads_lighting.json", params=ours)), "roads_lighting")
        (receipt,) = json(await client.post(f"{URL}/requests.json", data=FORM | ours), 201)
        id = receipt["service_request_id"]
        token = await app.state.submissions.id_of(id)
        (found,) = json(await client.get(f"{URL}/requests/{id}.json", params=ours))
        check_request(found)
        for path in ("requests", f"requests/{id}", f"tokens/{token}"):
            (found,) = json(await client.get(f"{URL}/{path}.json", params=ours))
            assert found["service_request_id"] == id
            root = xml(await client.get(f"{URL}/{path}.xml", params=ours), "service_requests")
            assert root.findtext("request/service_request_id") == id
        assert json(await client.get(f"{URL}/servicerequestupdates.json", params=ours)) == []

        paths = ("services", "services/roads_lighting", "requests", f"requests/{id}", f"tokens/{token}")
        for path in (*paths, "servicerequestupdates"):
            json(await client.get(f"{URL}/{path}.json", params={"jurisdiction_id": "sfgov.org"}), 404)
            json(await client.get(f"{URL}/{path}.json"), 400 if is_required else 200)
        json(await client.post(f"{URL}/requests.json", data=FORM | {"jurisdiction_id": "sfgov.org"}), 404)
        json(await client.post(f"{URL}/requests.json", data=FORM), 400 if is_required else 201)
        assert json(await client.get("/open311/v2/discovery.json"))["endpoints"], "which jurisdiction is told by none"


class ConfirmsLate:
    """Stores, and its confirmation is lost."""

    def __init__(self, database: Database) -> None:
        self.collection = database["submissions"]

    async def add(self, document: dict[str, Any]) -> None:
        await self.collection.insert_one(document)
        raise NotStored


async def test_a_token_that_was_given_in_place_of_an_id_finds_it(settings: Made, mongo_database: Database) -> None:
    app = create_app(settings(), ConfirmsLate(mongo_database))
    async with serving(app) as client:
        await the_catalogue_is_there(app)
        key = {"Idempotency-Key": "0192f3c4-0000-7000-8000-00000000000a"}
        (receipt,) = json(await client.post(f"{URL}/requests.json", data=FORM, headers=key), 201)
        assert "service_request_id" not in receipt
        token = receipt["token"]
        (found,) = json(await client.get(f"{URL}/tokens/{token}.json"))
        assert tuple(found) == ("service_request_id", "token")
        assert found["token"] == token
        root = xml(await client.get(f"{URL}/tokens/{token.upper()}.xml"), "service_requests")
        assert root.findtext("request/service_request_id") == found["service_request_id"]
        (request,) = json(await client.get(f"{URL}/requests/{found['service_request_id']}.json"))
        check_request(request)
    async with serving(create_app(settings())) as client:
        (again,) = json(await client.post(f"{URL}/requests.json", data=FORM, headers=key), 201)
        assert again["service_request_id"] == found["service_request_id"]
    assert await mongo_database["submissions"].count_documents({}) == 1


async def test_a_client_of_its_own_form_reads_xml_of_a_token(settings: Made, mongo_database: Database) -> None:
    app = create_app(settings(), ConfirmsLate(mongo_database))
    async with serving(app) as client:
        await the_catalogue_is_there(app)
        root = xml(await client.post(f"{URL}/requests.xml", data=FORM), "service_requests", 201)
        token = root.findtext("request/token")
        found = xml(await client.get(f"{URL}/tokens/{token}.xml"), "service_requests")
        assert found.findtext("request/token") == token
