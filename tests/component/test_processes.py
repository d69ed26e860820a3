"""The services as the processes they are: what they log and measure, and how they end."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx2
import psutil
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families
from shared.events.envelope import kafka_headers, outbox_entry
from shared.events.topics import ASSIGNMENTS, DEADLINES, SUBMISSIONS
from shared.messaging.kafka import make_producer
from shared.reference.working_time import utc_now
from tawasul.stack.settings import SERVICES

from tests.contract.services import PACKAGES, create_app
from tests.support.eventually import PATIENCE_SECONDS, eventually
from tests.support.infrastructure import Client, Infrastructure
from tests.support.metrics import bounds, unbounded
from tests.support.neighbours import Neighbours, neighbourhood
from tests.support.post_office import Posted, PostOffice, a_post_office
from tests.support.processes import ServiceProcess, environment, processes
from tests.support.promtool import Promtool
from tests.support.provider import Provider
from tests.support.router import a_country, received
from tests.support.sla_monitor import a_rulebook_body

CORRELATION = "correlation-of-the-test-4711"
PERSONAL = ("Zubaydah", "zubaydah@citizens.example", "39887766", "quetzalcoatl")
"""A name, an address, a phone and a word of the text that stand nowhere else."""

pytestmark = pytest.mark.timeout(240)


class Town:
    """All four services, a post office that refuses the first mail, and one submission on its way."""

    def __init__(self, services: dict[str, ServiceProcess], neighbours: Neighbours, office: PostOffice) -> None:
        self.services = services
        self.neighbours = neighbours
        self.office = office
        self.filed: httpx2.Response | None = None
        self.second = ServiceProcess("router", services["router"].environment)
        """With the ordinal of the first. It waits for some seconds before it gives up: meanwhile others are tested."""

    async def put(self, service: str, path: str, body: Any, headers: dict[str, str]) -> None:
        async with httpx2.AsyncClient(base_url=self.services[service].url) as client:
            response = await client.put(path, json=body, headers=headers)
            assert response.status_code == 200, response.text

    async def file(self) -> httpx2.Response:
        name, address, phone, word = PERSONAL
        body = {
            "kind": "complaint",
            "text": f"The lamp is out, says {word}. Call {phone}.",
            "language": "en",
            "contact": {"name": name, "email": address, "phone": f"+973{phone}"},
        }
        async with httpx2.AsyncClient(base_url=self.services["intake"].url) as client:
            return await client.post("/api/intake/v1/submissions", json=body, headers={"X-Correlation-Id": CORRELATION})

    async def poison(self) -> None:
        """A fact that fits no schema and repeats what a person wrote, for intake, router and notifier."""
        event = self.neighbours.event(str(uuid4()), received(str(uuid4())))
        entry = outbox_entry(event)
        spoilt = json.dumps({"text": " ".join(PERSONAL), "received_at": PERSONAL[3]}).encode()
        producer = make_producer(self.neighbours.settings)
        await producer.start()
        headers = kafka_headers(entry | {"type": "DeadlineSet"})
        topic = self.neighbours.settings.topic_prefix + DEADLINES.name
        await producer.send_and_wait(topic, spoilt, key=event.key.encode(), headers=headers)
        await producer.stop()

    async def metrics(self, service: str) -> dict[str, Any]:
        async with httpx2.AsyncClient(base_url=self.services[service].url) as client:
            text = (await client.get("/metrics")).text
        return {family.name: family for family in text_string_to_metric_families(text)}


async def _refuse(posted: Posted) -> str:
    return f"451 {posted.recipients[0]} {PERSONAL[0]} is busy"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(infrastructure: Infrastructure, mongo_client: Client, provider: Provider) -> AsyncIterator[Town]:
    database = f"test_{uuid4().hex[:12]}"
    async with neighbourhood(infrastructure.kafka_bootstrap) as neighbours, a_post_office() as office:
        prefix = neighbours.settings.topic_prefix
        services = {
            name: ServiceProcess(
                name, environment(name, infrastructure, prefix, database, provider.issuer, office.port)
            )
            for name in SERVICES
        }
        made = Town(services, neighbours, office)
        administrator = provider.authorization("administrator", "administrator")
        async with processes(*services.values()):
            await made.put("router", "/api/router/v1/directory", a_country(), administrator)
            path = "/api/sla-monitor/v1/calendars-and-policies"
            await made.put("sla-monitor", path, a_rulebook_body(), administrator)
            office.verdicts.append(_refuse)
            made.filed = await made.file()
            await made.poison()
            await eventually(lambda: office.to(PERSONAL[1]), 120)
            await made.second.start()
            yield made
            await made.second.kill()
        for name in SERVICES:
            await mongo_client.drop_database(f"{database}_{name}")


async def test_a_request_s_correlation_id_comes_back_and_goes_on_with_its_events(town: Town) -> None:
    assert town.filed is not None
    assert town.filed.status_code == 201, town.filed.text
    assert town.filed.headers["X-Correlation-Id"] == CORRELATION
    id = town.filed.json()["id"]
    (filed, *_) = await town.neighbours.hear(SUBMISSIONS, id, "SubmissionReceived")
    events = await town.neighbours.hear_until(ASSIGNMENTS, lambda events: any(e.key == id for e in events))
    assert filed.correlation_id == CORRELATION
    assert {event.correlation_id for event in events if event.key == id} == {CORRELATION}


RATES = ("tawasul_http_request_duration_seconds", "tawasul_events_consumed", "tawasul_batch_duration_seconds")
DEPTHS = (
    *("tawasul_events_published", "tawasul_outbox_documents", "tawasul_outbox_oldest_age_seconds"),
    *(
        "tawasul_consumer_lag_events",
        "tawasul_consumer_oldest_event_age_seconds",
        "tawasul_dead_letters",
        "tawasul_dead_letters_held",
    ),
)
OWN = {
    "intake": ("tawasul_intake_commit_submissions", "tawasul_intake_commit_wait_seconds"),
    "router": ("tawasul_router_triage_depth", "tawasul_router_received_to_custodian_seconds"),
    "sla-monitor": ("tawasul_sla_monitor_open_clocks", "tawasul_sla_monitor_unrouted_oldest_age_seconds"),
    "notifier": ("tawasul_notifier_deliveries", "tawasul_notifier_unfinished_notifications"),
}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_measures_what_operations_need(town: Town, service: str) -> None:
    wanted = {*RATES, *DEPTHS, *OWN[service]}

    async def _missing() -> set[str]:
        families = await town.metrics(service)
        return wanted - {name for name, family in families.items() if family.samples or name.endswith("dead_letters")}

    async def _are_there() -> bool:
        return not await _missing()

    try:
        await eventually(_are_there, 20)
    except TimeoutError:
        pytest.fail(f"{service} does not tell {await _missing()}")


@pytest.mark.parametrize("service", SERVICES)
async def test_labels_are_a_bounded_few_never_a_case_or_a_person(town: Town, service: str) -> None:
    assert town.filed is not None
    case = town.filed.json()
    async with httpx2.AsyncClient(base_url=town.services[service].url) as client:
        for path in (
            f"/api/{service}/v1/{case['reference']}",
            f"/{case['id']}",
            f"/internal/dead-letters/{case['id']}",
        ):
            await client.get(path)
    values = {
        value
        for family in (await town.metrics(service)).values()
        for sample in family.samples
        for value in sample.labels.values()
    }
    for told in (case["id"], case["reference"], case["secret"], *PERSONAL):
        assert not [value for value in values if told in value]
    assert "/internal/dead-letters/{id}" in values
    assert "unmatched" in values


@pytest.mark.parametrize("service", SERVICES)
async def test_no_label_grows_with_people_or_submissions(town: Town, service: str) -> None:
    """Whatever stands in a label is one of a few that the code or an administrator has made."""
    entities = {entity["id"] for entity in a_country()["entities"]}
    assert unbounded(await town.metrics(service), bounds(create_app(PACKAGES[service]), entities)) == []


@pytest.mark.parametrize("service", SERVICES)
async def test_what_is_measured_is_named_as_prometheus_asks(town: Town, service: str, promtool: Promtool) -> None:
    async with httpx2.AsyncClient(base_url=town.services[service].url) as client:
        text = (await client.get("/metrics")).text
    assert await promtool.says("check", "metrics", stdin=text) == ""


async def test_every_line_is_one_json_object_and_tells_nothing_personal(town: Town) -> None:
    assert town.office.refused  # the server's answer had the name and the address in it
    for name, service in town.services.items():
        for line in service.log():
            assert line["service"] == name
            assert line["level"] in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
            assert {"time", "message", "logger"} <= line.keys()
    for told in PERSONAL:
        assert not [line for line in _all_lines(town) if told.lower() in line.lower()]


def _all_lines(town: Town) -> list[str]:
    return [line for service in town.services.values() for line in service.lines]


async def test_a_second_process_with_the_same_ordinal_ends_with_the_reason(town: Town) -> None:
    first, second = town.services["router"], town.second
    code = await second.ended(60)
    assert code not in (0, None)
    assert any("another process of router runs with ordinal 0" in line for line in second.lines)
    async with httpx2.AsyncClient(base_url=first.url) as client:
        assert (await client.get("/readyz")).json() == {"ready": True, "waiting_for": []}


async def test_told_to_stop_a_service_answers_what_it_began_and_leaves_nothing_behind(town: Town) -> None:
    """The last test of the town: intake ends."""
    intake = town.services["intake"]
    body = json.dumps({"kind": "complaint", "text": "The last one.", "language": "en"}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", intake.port)
    head = "POST /api/intake/v1/submissions HTTP/1.1\r\nHost: intake\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:10])
    await writer.drain()
    children = psutil.Process(intake.process.pid).children(recursive=True)
    async with httpx2.AsyncClient(base_url=intake.url) as client:
        await client.get("/livez")  # by now the half request has been read too
    intake.terminate()

    async def _closed() -> bool:
        try:
            _, probe = await asyncio.open_connection("127.0.0.1", intake.port)
        except OSError:
            return True
        probe.close()
        return False

    await eventually(_closed)
    writer.write(body[10:])
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_SECONDS)
    assert answer.startswith(b"HTTP/1.1 201")
    content = json.loads(await reader.readexactly(int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])))
    writer.close()
    assert await intake.ended() == 0
    assert intake.log()[-1]["message"] == "stopped"
    assert not [child for child in children if child.is_running()]
    await town.neighbours.hear(SUBMISSIONS, content["id"], "SubmissionReceived")
    assert content["received_at"] <= utc_now().isoformat()
