"""Webhooks of entities and partners, on a running notifier and a receiver that verifies them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from notifier.app import create_app
from notifier.settings import NotifierSettings
from prometheus_client import REGISTRY
from shared.concurrency.tasks import cancel_all
from shared.events.topics import NOTIFICATIONS
from shared.reference.working_time import utc_now
from standardwebhooks import WebhookVerificationError
from starlette.responses import Response

from tests.support.eventually import eventually
from tests.support.infrastructure import Client as MongoClient
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.notifier import a_fact, an_id, notifier_settings, received, the_country
from tests.support.post_office import PostOffice, a_post_office
from tests.support.provider import Provider
from tests.support.serving import serving
from tests.support.webhooks import Received, Receiver, a_receiver, answering

AT = "/api/notifier/v1/webhooks"
HEAD = ("head.works", "head", "works")
ADMINISTRATOR = ("administrator", "administrator", "central-office")
PARTNER = ("partner.lab", "citizen", None)
A_DAY = {"since": "2026-11-24T00:00:00Z", "until": "2026-11-25T00:00:00Z"}
ASSIGNED, ANSWERED = "submission.assigned", "submission.answered"


@dataclass
class House:
    client: httpx2.AsyncClient
    neighbours: Neighbours
    office: PostOffice
    receiver: Receiver
    provider: Provider
    database: Database
    settings: NotifierSettings

    def of(self, who: tuple[str, str, str | None]) -> dict[str, str]:
        subject, role, entity = who
        return self.provider.authorization(subject, role, entity=entity)

    async def ask(
        self, method: str, path: str = "", who: tuple[str, str, str | None] = HEAD, **sent: Any
    ) -> httpx2.Response:
        headers = self.of(who) | sent.pop("headers", {})
        return await self.client.request(method, AT + path, headers=headers, **sent)

    async def registers(self, who: tuple[str, str, str | None] = HEAD, **changed: Any) -> dict[str, Any]:
        known = {"url": self.receiver.url(f"/{uuid4().hex}"), "events": [ASSIGNED, ANSWERED]}
        answer = await self.ask("POST", who=who, json=known | changed)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def files(self, *events: str, id: str | None = None) -> str:
        id = id or an_id()
        facts = [a_fact(event, id) for event in events]
        await self.neighbours.publish(id, received(id), *facts)
        return id

    def heard(self, endpoint: dict[str, Any]) -> list[str]:
        """The submissions that an endpoint was told of, in order."""
        path = "/" + endpoint["url"].rpartition("/")[2]
        said = [each.verified_by(endpoint["secret"]) for each in self.receiver.taken if each.path == path]
        return [f"{each['type']} {each['data'].get('submission_id', '')}".strip() for each in said]

    async def is_told(self, endpoint: dict[str, Any], *expected: str) -> None:
        await eventually(lambda: len(self.heard(endpoint)) >= len(expected))
        assert self.heard(endpoint) == list(expected)

    async def is_in(self, endpoint: dict[str, Any], state: str) -> dict[str, Any]:
        shown: dict[str, Any] = {}

        async def _is() -> bool:
            shown.update((await self.ask("GET", f"/{endpoint['id']}", ADMINISTRATOR)).json())
            return bool(shown["state"] == state)

        await eventually(_is)
        return shown

    async def log(self, endpoint: dict[str, Any]) -> list[dict[str, Any]]:
        answer = await self.ask("GET", f"/{endpoint['id']}/deliveries", ADMINISTRATOR)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def removes(self, *endpoints: dict[str, Any]) -> None:
        for endpoint in endpoints:
            once = {"Idempotency-Key": str(uuid4())}
            answers = [await self.ask("DELETE", f"/{endpoint['id']}", ADMINISTRATOR, headers=once) for _ in range(2)]
            assert [answer.status_code for answer in answers] == [204, 204]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def house(
    infrastructure: Infrastructure, mongo_client: MongoClient, kafka_bootstrap: str, provider: Provider
) -> AsyncIterator[House]:
    name = f"test_{uuid4().hex[:12]}"
    async with neighbourhood(kafka_bootstrap) as neighbours, a_post_office() as office, a_receiver() as receiver:
        for change in the_country():
            kind = change.type.removesuffix("Changed").lower()
            await neighbours.publish(f"{kind}:{getattr(change, kind)}", change)
        settings = notifier_settings(
            infrastructure,
            name,
            neighbours.settings.topic_prefix,
            provider.issuer,
            office.port,
            outside_allowed_networks="127.0.0.0/8",
            webhook_retry_attempts=3,
            webhook_timeout_seconds=5,
            rate_limits="on",
            limit_requests="100000/60",
            limit_webhook_tests="6/6000",
        )
        async with serving(create_app(settings)) as client:
            yield House(client, neighbours, office, receiver, provider, mongo_client[name], settings)
        await mongo_client.drop_database(name)


async def test_an_entity_is_told_in_order_signed_and_once(house: House) -> None:
    endpoint = await house.registers(description="Case system")
    ids = [await house.files("SubmissionAssigned", "SubmissionAnswered") for _ in range(3)]
    expected = [f"{type} {id}" for id in ids for type in (ASSIGNED, ANSWERED)]
    await eventually(lambda: len(house.heard(endpoint)) == len(expected))
    for id in ids:
        assert [each for each in house.heard(endpoint) if each.endswith(id)] == [f"{ASSIGNED} {id}", f"{ANSWERED} {id}"]
    taken = house.receiver.taken[-1]
    with pytest.raises(WebhookVerificationError):
        taken.verified_by("whsec_" + "A" * 44)
    assert taken.headers["user-agent"].startswith("Tawasul")

    async def _all_noted() -> bool:
        return [each["state"] for each in await house.log(endpoint)] == ["delivered"] * 6

    await eventually(_all_noted)
    assert {each["id"] for each in await house.log(endpoint)} == {each.id for each in house.receiver.taken[-6:]}
    kept = await house.database["webhook_endpoints"].find_one({"_id": endpoint["id"]}) or {}
    assert endpoint["secret"] not in str(kept)
    assert endpoint["secret"] not in (await house.ask("GET", f"/{endpoint['id']}")).text
    await house.removes(endpoint)
    assert (await house.ask("GET", f"/{endpoint['id']}")).status_code == 404
    removed = await house.database["webhook_endpoints"].find_one({"_id": endpoint["id"]}) or {}
    assert removed["state"]["secrets"] == []


async def test_what_is_not_taken_waits_with_all_behind_it_and_a_redirect_is_not_followed(house: House) -> None:
    endpoint = await house.registers()
    house.receiver.verdicts += [answering(500), answering(302, location=house.receiver.url("/elsewhere"))]
    refused = len(house.receiver.refused)
    first = await house.files("SubmissionAssigned")
    await eventually(lambda: len(house.receiver.refused) > refused)
    second = await house.files("SubmissionAssigned")
    await house.is_told(endpoint, f"{ASSIGNED} {first}", f"{ASSIGNED} {second}")
    assert "/elsewhere" not in {each.path for each in house.receiver.taken}
    assert len({each.id for each in house.receiver.refused[refused:]}) == 1, "the same webhook-id each time"
    await house.is_in(endpoint, "active")
    tries = (await house.log(endpoint))[-1]["tries"]
    assert [each["status"] for each in tries] == [500, 302, 204]
    assert tries[1]["reason"] == "redirects are not followed"
    await house.removes(endpoint)


async def test_an_endpoint_that_takes_nothing_is_paused_its_owners_are_told_and_nothing_is_lost(house: House) -> None:
    endpoint = await house.registers()
    house.receiver.verdicts += [answering(503)] * 3
    first = await house.files("SubmissionAssigned")
    paused = await house.is_in(endpoint, "dead")
    assert paused["reason"] == "503"
    second = await house.files("SubmissionAssigned")
    for official in ("head.works", "supervisor.works"):
        await eventually(lambda official=official: house.office.to(f"{official}@gov.example"))
        (mail,) = [each for each in house.office.to(f"{official}@gov.example") if "webhook" in each.text]
        assert f"/inbox/webhooks/{endpoint['id']}" in mail.text
    inbox = await house.client.get("/api/notifier/v1/inbox", headers=house.of(HEAD))
    assert "Webhooks to 127.0.0.1 are paused" in {item["title"] for item in inbox.json()["items"]}
    assert "tawasul_notifier_webhook_endpoints" in {family.name for family in REGISTRY.collect()}

    tested = (await house.ask("POST", f"/{endpoint['id']}/test")).json()
    assert (tested["type"], tested["state"], tested["tries"][0]["status"]) == ("webhook.test", "delivered", 204)
    resumed = await house.ask("POST", f"/{endpoint['id']}/resume", json={"leave_out": False})
    assert resumed.json()["state"] == "active"
    await house.is_told(endpoint, "webhook.test", f"{ASSIGNED} {first}", f"{ASSIGNED} {second}")
    told = await house.neighbours.hear(NOTIFICATIONS, first, "NotificationSent")
    assert {event.data.submission_id for event in told} == {first}, "what became of the notices is nobody's business"
    await house.removes(endpoint)


async def test_an_endpoint_that_says_it_is_gone_is_paused_at_once_and_what_waits_can_be_left_out_and_replayed(
    house: House,
) -> None:
    endpoint = await house.registers()
    began = utc_now() - timedelta(minutes=1)
    house.receiver.verdicts.append(answering(410))
    left_out = await house.files("SubmissionAssigned")
    assert (await house.is_in(endpoint, "dead"))["reason"] == "410"
    key = {"Idempotency-Key": str(uuid4())}
    await house.ask("POST", f"/{endpoint['id']}/resume", json={"leave_out": True}, headers=key)
    then = await house.files("SubmissionAssigned")
    await house.is_told(endpoint, f"{ASSIGNED} {then}")
    (sent,) = [each for each in house.receiver.taken if each.path == "/" + endpoint["url"].rpartition("/")[2]]

    async def _noted() -> bool:
        return bool((await house.log(endpoint))[0]["state"] == "delivered")

    await eventually(_noted)
    period = {"since": began.isoformat(), "until": (utc_now() + timedelta(minutes=1)).isoformat()}
    once = {"Idempotency-Key": str(uuid4())}
    for _ in range(2):
        replayed = await house.ask("POST", f"/{endpoint['id']}/replay", json=period, headers=once)
        assert replayed.json() == {"again": 2}
    await house.is_told(endpoint, f"{ASSIGNED} {then}", f"{ASSIGNED} {left_out}", f"{ASSIGNED} {then}")
    assert house.receiver.taken[-1].id == sent.id
    backwards = {"since": period["until"], "until": period["since"]}
    assert (await house.ask("POST", f"/{endpoint['id']}/replay", json=backwards)).status_code == 422
    await house.removes(endpoint)


async def test_of_two_processes_one_at_a_time_has_an_endpoint_and_a_pause_holds_from_the_next_delivery_on(
    house: House,
) -> None:
    second = create_app(house.settings.model_copy(update={"ordinal": 1}))
    working = asyncio.create_task(second.state.service.workers["webhooks"]())
    endpoint = await house.registers()
    began, may_go = asyncio.Event(), asyncio.Event()

    async def _slow(sent: Received) -> Response:
        began.set()
        await may_go.wait()
        return Response(status_code=204)

    house.receiver.verdicts.append(_slow)
    ids = [await house.files("SubmissionAssigned", "SubmissionAnswered") for _ in range(5)]
    await began.wait()

    async def _all_wait() -> bool:
        return len([each for each in await house.log(endpoint) if each["state"] == "waiting"]) == 10

    await eventually(_all_wait)
    await house.ask("POST", f"/{endpoint['id']}/pause")
    may_go.set()
    await eventually(lambda: house.heard(endpoint))
    await house.ask("POST", f"/{endpoint['id']}/resume", json={"leave_out": False})

    def _all_told() -> bool:
        second.state.webhooks.wake()
        return len(house.heard(endpoint)) >= 10

    await eventually(_all_told)
    for id in ids:
        assert [each for each in house.heard(endpoint) if each.endswith(id)] == [f"{ASSIGNED} {id}", f"{ANSWERED} {id}"]
    assert len(house.heard(endpoint)) == 10
    await cancel_all([working])
    await house.removes(endpoint)


async def test_after_a_rotation_both_secrets_verify_and_a_repeated_command_makes_no_third(house: House) -> None:
    endpoint = await house.registers()
    once = {"Idempotency-Key": str(uuid4())}
    rotated = (await house.ask("POST", f"/{endpoint['id']}/secret", headers=once)).json()
    again = (await house.ask("POST", f"/{endpoint['id']}/secret", headers=once)).json()
    assert again["secret"] == rotated["secret"] != endpoint["secret"]
    assert [each["ends_at"] is None for each in rotated["secrets"]] == [True, False]
    for _ in range(2):
        await house.ask("POST", f"/{endpoint['id']}/test", headers=once)
    assert house.heard(endpoint) == house.heard(endpoint | {"secret": rotated["secret"]}) == ["webhook.test"]
    await house.removes(endpoint)


async def test_a_partner_hears_of_what_is_published_alone_and_looks_after_its_own(house: House) -> None:
    admitted = await house.registers(
        ADMINISTRATOR,
        events=["submission.published", ANSWERED],
        partner={"name": "Open Data Lab", "subject": "partner.lab", "mail": "lab@partner.example", "language": "en"},
    )
    private = await house.files("SubmissionAssigned", "SubmissionAnswered")
    public = await house.files("SubmissionAssigned", "SubmissionPublished")
    await house.is_told(admitted, f"submission.published {public}")
    await house.neighbours.publish(public, a_fact("SubmissionAnswered", public))
    await house.is_told(admitted, f"submission.published {public}", f"{ANSWERED} {public}")
    assert private not in str(house.heard(admitted))
    assert (await house.ask("GET", who=PARTNER)).json()["items"][0]["id"] == admitted["id"]
    own = await house.registers(PARTNER, events=[ANSWERED])
    assert own["partner"]["name"] == "Open Data Lab"
    without_mail = {"_id": f"{own['id']}/webhook-owner"}
    assert await house.database["contacts"].find_one(without_mail), "a notice waits for no contact that never comes"
    assert (await house.ask("GET", f"/{own['id']}")).status_code == 404, "not the ministry's"
    refused = await house.ask("PUT", f"/{own['id']}", PARTNER, json={"url": own["url"], "events": [ASSIGNED]})
    assert refused.status_code == 422

    house.receiver.verdicts.append(answering(410))
    await house.files("SubmissionAssigned", "SubmissionPublished")
    await house.is_in(admitted, "dead")
    await eventually(lambda: house.office.to("lab@partner.example"))
    assert f"/inbox/webhooks/{admitted['id']}" in house.office.to("lab@partner.example")[0].text
    assert "lab@partner.example" not in str(await house.database["webhook_endpoints"].find().to_list())
    await house.removes(admitted, own)
    contact = await house.database["contacts"].find_one({"_id": f"{admitted['id']}/webhook-owner"}) or {}
    assert "sealed" not in contact


async def test_nobody_else_sees_or_changes_an_endpoint(house: House) -> None:
    endpoint = await house.registers()
    body = {"url": endpoint["url"], "events": [ASSIGNED]}
    strangers = [
        ("officer.one", "officer", "works"),
        ("head.power", "head", "power"),
        ("citizen.maryam", "citizen", None),
        ("central.triage", "central", "central-office"),
        ("auditor", "auditor", None),
    ]
    for who in strangers:
        assert (await house.ask("GET", who=who)).json()["items"] == []
        statuses = {
            (await house.ask("GET", f"/{endpoint['id']}", who)).status_code,
            (await house.ask("PUT", f"/{endpoint['id']}", who, json=body)).status_code,
            (await house.ask("DELETE", f"/{endpoint['id']}", who)).status_code,
            (await house.ask("GET", f"/{endpoint['id']}/deliveries", who)).status_code,
            (await house.ask("POST", f"/{endpoint['id']}/resume", who, json={})).status_code,
            (await house.ask("POST", f"/{endpoint['id']}/replay", who, json=A_DAY)).status_code,
        }
        statuses |= {
            (await house.ask("POST", f"/{endpoint['id']}/{command}", who)).status_code
            for command in ("secret", "pause", "test")
        }
        assert statuses == {404}, who
        mine = {"url": endpoint["url"], "events": [ASSIGNED], "entity": "works"}
        assert (await house.ask("POST", who=who, json=mine)).status_code == 403
    partner = {"partner": {"name": "X", "subject": "y"}} | body
    assert (await house.ask("POST", json=partner)).status_code == 403, "an administrator admits partners"
    assert (await house.client.get(AT)).status_code == 401
    await house.removes(endpoint)


async def test_what_cannot_be_is_refused_in_both_languages(house: House) -> None:
    endpoint = await house.registers()
    for url in (
        "https://10.0.0.7/",
        "https://[::1]/",
        "https://mongodb/",
        "ftp://x.example/",
        "https://u:p@x.example/",
    ):
        refused = await house.ask("POST", json={"url": url, "events": [ASSIGNED]})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "url"), url
    events = [ASSIGNED]
    faulty: list[dict[str, Any]] = [{"events": ["no.such"]}, {"events": []}, {"entity": "nobody"}, {"entity": None}]
    for body in faulty:
        sent = {"url": endpoint["url"], "events": events, "entity": "works"} | body
        assert (await house.ask("POST", who=ADMINISTRATOR, json=sent)).status_code == 422, body
    put = {"url": endpoint["url"], "events": [ANSWERED]}
    seen = {"If-Match": '"1"'}
    changed = await house.ask("PUT", f"/{endpoint['id']}", json=put, headers=seen)
    assert changed.json()["events"] == [ANSWERED]
    put["description"] = "x"
    assert (await house.ask("PUT", f"/{endpoint['id']}", json=put, headers=seen)).status_code == 412
    more = [await house.registers() for _ in range(4)]
    too_many = await house.ask("POST", json=put)
    assert (too_many.status_code, too_many.json()["type"]) == (409, "urn:tawasul:problem:too-many-endpoints")
    assert (await house.ask("POST", f"/{endpoint['id']}/pause")).json()["state"] == "paused"
    answers = [(await house.ask("POST", f"/{endpoint['id']}/test")).status_code for _ in range(7)]
    assert 429 in answers
    await house.removes(endpoint, *more)
