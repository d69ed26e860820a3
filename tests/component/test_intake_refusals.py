"""Intake's refusals over HTTP, and what its citizen can do then."""

from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from intake.app import create_app
from intake.submissions.group_commit_store import NotStored

from tests.support.infrastructure import Database, Infrastructure
from tests.support.intake import a_filing, intake_settings
from tests.support.neighbours import Neighbours
from tests.support.serving import serving

URL = "/api/intake/v1/submissions"
ENOUGH = 3


@pytest_asyncio.fixture(loop_scope="session")
async def settings(infrastructure: Infrastructure, mongo_database: Database, neighbours: Neighbours) -> Any:
    prefix = neighbours.settings.topic_prefix
    return intake_settings(infrastructure, mongo_database.name, prefix, most_additions=ENOUGH)


async def test_additions_to_one_submission_have_an_end(settings: Any) -> None:
    async with serving(create_app(settings)) as client:
        receipt = (await client.post(URL, json=a_filing())).json()
        address, secret = f"{URL}/{receipt['reference']}", {"Tawasul-Secret": receipt["secret"]}
        for n in range(ENOUGH):
            added = await client.post(f"{address}/information", json={"text": f"more {n}"}, headers=secret)
            assert added.status_code == 200
        refused = await client.post(f"{address}/information", json={"text": "and more"}, headers=secret)
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:tawasul:problem:enough-added")
        assert refused.json()["detail_ar"]
        assert len((await client.get(address, headers=secret)).json()["timeline"]) == 1 + ENOUGH


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("publish", {"publish": "yes"}),
        ("publish", {"publish": 0}),
        ("location.lat", {"location": {"lat": True, "lon": 50.5}}),
        ("location.lon", {"location": {"lat": 26.2, "lon": "50.5"}}),
    ],
)
async def test_a_consent_or_a_place_is_not_read_out_of_something_else(
    settings: Any, field: str, sent: dict[str, Any]
) -> None:
    async with serving(create_app(settings)) as client:
        refused = await client.post(URL, json=a_filing(**sent))
        assert refused.status_code == 422
        errors = refused.json()["errors"]
        assert [error["field"] for error in errors] == [field]
        assert errors[0]["message_ar"] != "القيمة غير صالحة."
        receipt = (await client.post(URL, json=a_filing())).json()
        at, secret = f"{URL}/{receipt['reference']}/publication", {"Tawasul-Secret": receipt["secret"]}
        for consent in ("yes", 1):
            assert (await client.post(at, json={"publish": consent}, headers=secret)).status_code == 422


class Unconfirmed:
    """Stores, and its confirmation is lost."""

    def __init__(self, database: Database) -> None:
        self.collection = database["submissions"]

    async def add(self, document: dict[str, Any]) -> None:
        await self.collection.insert_one(document)
        raise NotStored


async def test_what_was_not_confirmed_is_found_with_the_same_key(settings: Any, mongo_database: Database) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    async with serving(create_app(settings, Unconfirmed(mongo_database))) as client:
        refused = await client.post(URL, json=a_filing(), headers=key)
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:tawasul:problem:not-confirmed")
        assert "Nothing was stored" not in refused.json()["detail"]
        assert refused.headers["retry-after"]
    async with serving(create_app(settings)) as client:
        again = await client.post(URL, json=a_filing(), headers=key)
        assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert await mongo_database["submissions"].count_documents({}) == 1
