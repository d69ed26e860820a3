"""Requests filed over GeoReport v2, as far as it needs no database: keys, what is asked, and how it refuses."""

from typing import Any
from uuid import UUID

import httpx2
import pytest
from intake.abuse.model import Watch
from intake.filing.commands import Secrets
from intake.open311.catalogue import code_of
from intake.open311.keys import ApiKeys
from intake.submissions.group_commit_store import NotStored, QueueFull
from intake.submissions.store import Submissions
from intake.submissions.tracking_secrets import TrackingKeys
from pydantic import SecretStr
from pymongo import AsyncMongoClient
from shared.privacy.contacts import KeyRing

from tests.support import one_open311
from tests.support.catalogue import EMERGENCY
from tests.support.georeport import check_errors, json, xml
from tests.support.intake import CONTACT_KEY, TRACKING_KEYS
from tests.support.one_open311 import KEY, KEYS, Client, an_app, asking

client = one_open311.client


async def file(client: Client, **form: str) -> httpx2.Response:
    return await client.post("/open311/v2/requests.json", data=form)


async def test_nobody_files_without_a_key(client: Client) -> None:
    assert "missing" in check_errors(json(await file(client, service_code="roads_lighting"), 403), 403)
    assert "not valid" in check_errors(json(await file(client, api_key="guess"), 403), 403)
    root = xml(await client.post("/open311/v2/requests.xml", data={"api_key": "guess"}), "errors", 403)
    assert root[0].findtext("code") == "403"
    assert (await client.post(f"/open311/v2/requests.json?api_key={KEY}", data={"x": "y"})).status_code == 403


async def test_where_no_key_was_issued_nothing_is_taken() -> None:
    app = an_app()
    app.state.open311_keys = ApiKeys("")
    async with asking(app) as client:
        assert "no api_key" in check_errors(json(await file(client, api_key=KEY), 403), 403)


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({}, 400, "service_code"),
        ({"service_code": "none"}, 404, "service_code"),
        ({"service_code": code_of(EMERGENCY)}, 400, "Call at once. 999"),
        ({"service_code": "roads_lighting"}, 400, "lat and long"),
        ({"service_code": "roads_lighting", "lat": "26.2"}, 400, "lat and long"),
        ({"service_code": "roads_lighting", "lat": "26.2", "long": "  "}, 400, "lat and long"),
        ({"service_code": "roads_lighting", "lat": "91", "long": "50"}, 400, "lat"),
        ({"service_code": "roads_lighting", "lat": "nan", "long": "50"}, 400, "lat"),
        ({"service_code": "roads_lighting", "lat": "1e999", "long": "50"}, 400, "lat"),
        ({"service_code": "roads_lighting", "lat": "26", "long": "east"}, 400, "long"),
        ({"service_code": "roads_lighting", "lat": "26\x00", "long": "50"}, 400, "lat"),
        ({"service_code": "roads_lighting", "address_id": "Road 1"}, 400, "address_id"),
        ({"service_code": "roads_lighting", "address_id": "428"}, 400, "attribute[fault]"),
        ({"service_code": "roads_lighting", "address_id": "428", "email": "me"}, 400, "email"),
        ({"service_code": "roads_lighting", "address_id": "428", "phone": "call me"}, 400, "phone"),
        ({"service_code": "roads_lighting", "address_id": "428", "description": "x" * 4_001}, 400, "description"),
        ({"service_code": "roads_lighting", "address_id": "428", "media_url": "file:///etc/passwd"}, 400, "media_url"),
        ({"service_code": "roads_lighting", "address_id": "428", "media_url": "http://a b"}, 400, "media_url"),
    ],
)
async def test_a_request_that_cannot_be_taken_says_why(
    client: Client, form: dict[str, str], status: int, said: str
) -> None:
    refused = await file(client, api_key=KEY, **form)
    assert said in check_errors(json(refused, status), 422 if "999" in said else status)


class FailingWriter:
    def __init__(self, error: Exception) -> None:
        self.error = error

    async def add(self, document: dict[str, Any]) -> None:
        raise self.error


async def test_what_was_not_confirmed_in_time_gets_a_token_and_what_was_not_stored_a_503() -> None:
    app = an_app()
    app.state.key_ring, app.state.secrets = KeyRing(SecretStr(CONTACT_KEY)), Secrets(TrackingKeys(TRACKING_KEYS).secret)
    form = {"service_code": "roads_lighting", "lat": "26", "long": "50", "attribute[fault]": "dark", "api_key": KEY}
    async with AsyncMongoClient[dict[str, Any]]("mongodb://127.0.0.1:9", connect=False) as mongo, asking(app) as client:
        app.state.submissions = Submissions(mongo["unused"], FailingWriter(NotStored()))
        (receipt,) = json(await file(client, **form), 201)
        assert tuple(receipt) == ("token", "service_notice", "account_id")
        assert UUID(receipt["token"])
        app.state.submissions = Submissions(mongo["unused"], FailingWriter(QueueFull()))
        assert "Nothing was stored" in check_errors(json(await file(client, **form), 503), 503)


async def test_too_many_with_one_contact_is_a_429_and_wrong_ones_do_not_count() -> None:
    app = an_app()
    app.state.key_ring, app.state.secrets = KeyRing(SecretStr(CONTACT_KEY)), Secrets(TrackingKeys(TRACKING_KEYS).secret)
    app.state.submissions = StoredAtOnce()
    form = {"service_code": "roads_lighting", "lat": "26", "long": "50", "email": "m@c.example", "api_key": KEY}
    async with asking(app) as client:
        for _ in range(5):
            json(await file(client, **form), 400)
        for _ in range(3):
            json(await file(client, **form | {"attribute[fault]": "dark"}), 201)
        refused = await file(client, **form | {"attribute[fault]": "dark"})
        check_errors(json(refused, 429), 429)
        assert refused.headers["retry-after"]


class StoredAtOnce:
    source = "/tawasul/intake"
    watch = Watch()

    async def add(self, aggregate: Any) -> bool:
        return True


async def test_every_wrong_attribute_is_named(client: Client) -> None:
    form = {"service_code": "roads_lighting", "address_id": "428", "attribute[fault]": "blue", "attribute[x]": "y"}
    said = check_errors(json(await file(client, api_key=KEY, **form | {"attribute[lamps]": "many"}), 400), 400)
    assert {line.partition(":")[0] for line in said.splitlines()} == {
        "attribute[fault]",
        "attribute[x]",
        "attribute[lamps]",
    }


async def test_ten_thousand_attributes_are_refused(client: Client) -> None:
    form = {f"attribute[{number}]": "" for number in range(10_000)}
    assert (await file(client, api_key=KEY, **form)).status_code == 400
    form = {f"a{number}": "x" for number in range(1_000)}
    assert "fields" in check_errors(json(await file(client, api_key=KEY, **form), 400), 400)


async def test_only_a_form_is_read_and_not_without_end(client: Client) -> None:
    path = "/open311/v2/requests.json"
    check_errors(json(await client.post(path, json={"service_code": "roads_lighting"}), 400), 400)
    check_errors(json(await client.post(path, files={"media": b"x"}), 400), 400)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    check_errors(json(await client.post(path, content=b"description=" + b"x" * 70_000, headers=headers), 400), 400)
    for broken in (b"description=%ff%fe", b"description=\xff\xfe"):
        assert "UTF-8" in check_errors(json(await client.post(path, content=broken, headers=headers), 400), 400)


def test_keys_are_set_as_hashes_alone() -> None:
    keys = ApiKeys(f"{KEYS}, other:{'0' * 64}")
    assert (keys.holder(KEY), keys.holder("guess"), keys.holder("")) == ("press", None, None)
    with pytest.raises(ValueError, match="name:sha256"):
        ApiKeys("press:plain-key")
