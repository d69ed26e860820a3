"""A browser is told at once what comes into its owner's inbox, sealed for it alone, until it is gone."""

from typing import Any

import httpx2
import pytest
from notifier.announcements.store import Announcements
from notifier.cases.erasure import Eraser
from notifier.contacts.store import Contacts
from notifier.devices.model import Device
from notifier.devices.store import Devices
from notifier.notifications.store import Notifications
from notifier.settings import NotifierSettings
from shared.reference.working_time import utc_now

from tests.support import one_notifier
from tests.support.browsers import PushingBrowser, a_push_key
from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.notifier import a_fact, notifier_settings
from tests.support.one_notifier import Client, file
from tests.support.post_office import PostOffice
from tests.support.provider import Provider
from tests.support.webhooks import a_receiver, answering

API = "/api/notifier/v1/push"

office, country, client = one_notifier.office, one_notifier.country, one_notifier.client


@pytest.fixture
def settings(
    infrastructure: Infrastructure,
    mongo_database: Database,
    topic_prefix: str,
    provider: Provider,
    office: PostOffice,
) -> NotifierSettings:
    own: dict[str, Any] = {"push_key": a_push_key(), "outside_allowed_networks": "127.0.0.0/8"}
    return notifier_settings(infrastructure, mongo_database.name, topic_prefix, provider.issuer, office.port, **own)


async def test_a_browser_is_told_until_it_is_gone(
    client: Client, neighbours: Neighbours, mongo_database: Database, provider: Provider
) -> None:
    officer = provider.authorization("officer.one", "officer", entity="works")

    async def _asks(method: str, at: str, sent: Any = None, headers: Any = officer) -> httpx2.Response:
        return await client.request(method, f"{API}{at}", json=sent, headers=headers)

    async with a_receiver() as service:
        browser, other = PushingBrowser(service.url("/send/one")), PushingBrowser(service.url("/send/two"))
        assert len((await _asks("GET", "/key")).json()["public_key"]) == 87
        for each in (browser, other):
            assert (await _asks("POST", "/devices", each.subscription)).json() == {"registered": True}
        stored = [each async for each in mongo_database["devices"].find({})]
        assert [each["subject"] for each in stored] == ["officer.one", "officer.one"]
        assert service.url() not in str(stored)

        service.verdicts += [answering(503)]  # once more, a moment later
        id = await _is_told(neighbours, lambda: len(service.taken) >= 2)
        by_path = {each.path: each for each in service.taken}
        assert by_path.keys() == {"/send/one", "/send/two"}
        said = browser.opened(by_path["/send/one"].body)
        assert (said["title"], said["body"], said["url"], said["lang"], said["dir"]) == (
            "A new complaint for your entity",
            "7K3MX-QPA42",
            "/desk/7K3MX-QPA42",
            "en",
            "ltr",
        )
        headers = by_path["/send/one"].headers
        assert (headers["content-encoding"], headers["urgency"]) == ("aes128gcm", "normal")
        assert headers["authorization"].startswith("vapid t=ey")
        found = await mongo_database["notifications"].find_one({"_id": said["tag"]})
        assert found is not None
        assert (found["channel"], found["submission_id"]) == ("push", id)

        # One is gone, and the other one was asked to stop: nothing more is sent to either.
        service.taken.clear()
        service.refused.clear()
        assert (await _asks("POST", "/devices/forget", {"endpoint": other.endpoint})).json() == {"registered": False}
        service.verdicts += [answering(410)]
        id = await _is_told(neighbours, lambda: [each.path for each in service.refused] == ["/send/one"])

        async def _is_over() -> bool:
            waiting = {"submission_id": id, "next_at": {"$exists": True}}
            return await mongo_database["notifications"].count_documents(waiting) == 0

        await eventually(_is_over)
        assert service.taken == []
        assert await mongo_database["devices"].count_documents({}) == 0

        # What is published tells of the mails alone: a browser that is gone is no message that did not come.
        how = await mongo_database["notifications"].distinct("state", {"submission_id": id, "channel": "push"})
        assert "permanent-failure" in how
        published = await mongo_database["deliveries"].find_one({"_id": id})
        assert published is not None
        assert (published["state"], published["emitted"]) == ({"sent": 2, "failed": 0}, 2), "a mail to each officer"

        # Into our own network nothing is sent, and what no key fits is not kept.
        for endpoint in (
            "https://10.0.0.1/send",
            "https://localhost/send",
            "ftp://push.example/send",
            "http://[::1]/x",
        ):
            assert (await _asks("POST", "/devices", browser.subscription | {"endpoint": endpoint})).status_code == 422
        unfit = {**browser.subscription, "keys": {**browser.subscription["keys"], "p256dh": "BAAA" + 83 * "A"}}
        assert (await _asks("POST", "/devices", unfit)).status_code == 422
        for method, at, sent in (
            ("GET", "/key", None),
            ("POST", "/devices", browser.subscription),
            ("POST", "/devices/forget", {"endpoint": browser.endpoint}),
        ):
            assert (await _asks(method, at, sent, {})).status_code == 401


async def test_of_an_erased_author_no_browser_and_no_announcement_is_kept(mongo_database: Database) -> None:
    devices, announcements = Devices(mongo_database, 1, "key"), Announcements(mongo_database)
    for id, subject, scope in (("only", None, ["gone"]), ("both", None, ["gone", "left"]), ("own", "ali", ["gone"])):
        await devices.keep(Device(id, subject, tuple(scope), "sealed"), utc_now())
    await announcements.collection.insert_many([{"_id": each, "submission_id": each} for each in ("gone", "left")])

    eraser = Eraser(Contacts(mongo_database), Notifications(mongo_database, 1), announcements, devices, utc_now)
    for _ in range(2):
        await eraser.forget("gone")
    kept = await devices.find(["only", "both", "own"])
    assert {id: (device.subject, device.scope) for id, device in kept.items()} == {
        "both": (None, ("left",)),
        "own": ("ali", ()),
    }
    assert await announcements.collection.distinct("_id") == ["left"]


async def _is_told(neighbours: Neighbours, is_there: Any) -> str:
    id = await file(neighbours, contact_expected=False, contact_id=None)
    await neighbours.publish(id, a_fact("SubmissionAssigned", id))
    await eventually(is_there)
    return id
