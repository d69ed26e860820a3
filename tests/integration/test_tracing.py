"""One submission through the four services and to the mail, on real Kafka and MongoDB, is one trace; or none at all."""

import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from intake.app import create_app as create_intake
from notifier.app import create_app as create_notifier
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from router.app import create_app as create_router
from shared.events.topics import ASSIGNMENTS, DEADLINES, NOTIFICATIONS, SUBMISSIONS
from shared.operations import tracing
from sla_monitor.app import create_app as create_sla_monitor

from tests.support import one_router, one_sla_monitor
from tests.support.eventually import eventually
from tests.support.infrastructure import Client as MongoClient
from tests.support.infrastructure import Infrastructure
from tests.support.intake import a_filing, intake_settings
from tests.support.neighbours import Neighbours
from tests.support.notifier import notifier_settings
from tests.support.post_office import PostOffice, a_post_office, answering
from tests.support.provider import Provider
from tests.support.router import router_settings
from tests.support.serving import serving
from tests.support.sla_monitor import sla_monitor_settings

URL = "/api/intake/v1/submissions"
SECRET = "Tawasul-Secret"
ON = {"tracing_endpoint": "http://127.0.0.1:9"}
"""Makes services look at requests; where the spans go, the tests decide."""


@dataclass
class Country:
    intake: httpx2.AsyncClient
    office: PostOffice
    neighbours: Neighbours
    submissions: MongoClient
    database: str

    async def file(self, mail: str) -> dict[str, str]:
        """A submission that a rule places; returns when its author was told of both, and that is known to intake."""
        contact = {"name": "Maryam", "email": mail}
        body = a_filing(text="There is a deep pothole.", category="roads.pothole", contact=contact)
        answer = await self.intake.post(URL, json=body)
        assert answer.status_code == 201, answer.text
        filed: dict[str, str] = answer.json()
        told = {"_id": filed["id"], "seen.notifications": {"$gte": 2}, "seen.deadlines": {"$gte": 1}}
        await eventually(lambda: self.submissions[self.database]["submissions"].count_documents(told))
        assert len(self.office.to(mail)) == 2
        return filed


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def country(
    infrastructure: Infrastructure, mongo_client: MongoClient, provider: Provider
) -> AsyncIterator[Country]:
    prefix, database = "traced.", "test_traced"
    administrator = provider.authorization("administrator", "administrator", entity="central-office")
    where = (infrastructure, database)
    async with contextlib.AsyncExitStack() as started:
        office = await started.enter_async_context(a_post_office())
        neighbours = Neighbours(intake_settings(infrastructure, database, prefix))
        await neighbours.start()
        started.push_async_callback(neighbours.stop)
        mail = notifier_settings(infrastructure, f"{database}_notifier", prefix, provider.issuer, office.port, **ON)
        apps: dict[str, FastAPI] = {
            "intake": create_intake(
                intake_settings(*where, prefix, provider.issuer, **ON, confirm_contacts="off").model_copy(
                    update={"contact_keys": mail.contact_keys}
                )
            ),
            "router": create_router(
                router_settings(infrastructure, f"{database}_router", prefix, provider.issuer, **ON)
            ),
            "sla-monitor": create_sla_monitor(
                sla_monitor_settings(infrastructure, f"{database}_sla", prefix, provider.issuer, **ON)
            ),
            "notifier": create_notifier(mail),
        }
        clients = {name: await started.enter_async_context(serving(app, ready=False)) for name, app in apps.items()}
        await one_sla_monitor.publish(clients["sla-monitor"], administrator)
        await one_router.publish(clients["router"], administrator)
        for app in apps.values():
            await eventually(lambda app=app: not app.state.service.why_not_ready())
        yield Country(clients["intake"], office, neighbours, mongo_client, database)
    for name in ("", "_router", "_sla", "_notifier"):
        await mongo_client.drop_database(f"{database}{name}")


@contextlib.contextmanager
def traced(share: float = 1.0) -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider.get_tracer("tests"), share)
    try:
        yield exporter
    finally:
        tracing.use(None)


def named(spans: Sequence[ReadableSpan], name: str, group: str = "") -> ReadableSpan:
    """The first that has this name, in this service."""
    return next(
        span
        for span in spans
        if span.name == name and str((span.attributes or {}).get("messaging.consumer.group.name", "")).endswith(group)
    )


def way_to(spans: Sequence[ReadableSpan], last: ReadableSpan) -> list[str]:
    """The names from the root to this one."""
    by_id = {span.context.span_id: span for span in spans if span.context}
    names = [last.name]
    while last.parent is not None:
        last = by_id[last.parent.span_id]
        names.append(last.name)
    return names[::-1]


def begins_or_follows(span: ReadableSpan, subject: str) -> bool:
    """Not what is left of an earlier submission, whose sampled events may still be on their way."""
    return span.parent is None or (span.attributes or {}).get("tawasul.subject") == subject


async def test_one_trace_goes_from_the_request_through_kafka_and_each_consumer_to_the_mail(country: Country) -> None:
    with traced() as exporter:
        filed = await country.file("maryam@citizens.example")

        def spans() -> tuple[ReadableSpan, ...]:
            return exporter.get_finished_spans()

        (trace_id,) = {
            span.context.trace_id for span in spans() if span.name == f"POST {URL}" if span.context is not None
        }
        mine = [span for span in spans() if span.context and span.context.trace_id == trace_id]
    groups = {str((span.attributes or {}).get("messaging.consumer.group.name", "")) for span in mine} - {""}
    assert groups == {f"traced.tawasul-{name}" for name in ("intake", "router", "sla-monitor", "notifier")}

    mails = [way_to(mine, span) for span in mine if span.name == "hand over by mail"]
    begin = [f"POST {URL}", "send SubmissionReceived", "process SubmissionReceived"]
    assert sorted(mails, key=len) == [
        [*begin, "hand over by mail"],
        [*begin, "send SubmissionAssigned", "process SubmissionAssigned", "hand over by mail"],
    ]
    told = way_to(mine, named(mine, "process NotificationSent", "intake"))
    assert told[-2:] == ["send NotificationSent", "process NotificationSent"]
    root = named(mine, f"POST {URL}")
    assert (root.parent, root.kind, (root.attributes or {})["http.response.status_code"]) == (
        None,
        SpanKind.SERVER,
        201,
    )
    waited = named(mine, "send SubmissionReceived")
    assert (waited.attributes or {})["messaging.destination.name"] == SUBMISSIONS.name
    assert waited.start_time is not None
    assert waited.end_time is not None
    assert waited.end_time > waited.start_time

    said = " ".join(str(span.to_json()) for span in mine)
    for word in ("maryam", "Maryam", "pothole.", filed["reference"]):
        assert word not in said, word


async def test_what_is_not_sampled_carries_no_traceparent_and_leaves_no_span(country: Country) -> None:
    with traced(share=0) as exporter:
        filed = await country.file("unsampled@citizens.example")
        assert [span.name for span in exporter.get_finished_spans() if begins_or_follows(span, filed["id"])] == []
    for topic in (SUBMISSIONS, ASSIGNMENTS, DEADLINES, NOTIFICATIONS):
        events = await country.neighbours.hear_until(topic, bool, filed["id"])
        assert {event.traceparent for event in events} == {None}


async def test_without_tracing_an_event_keeps_the_traceparent_it_came_with(country: Country) -> None:
    with traced():
        filed = await country.file("sampled@citizens.example")
    events = await country.neighbours.hear_until(ASSIGNMENTS, bool, filed["id"])
    assert all(event.traceparent for event in events)


async def test_a_mail_that_cannot_be_handed_over_is_an_error_in_its_trace_without_a_word_of_it(
    country: Country,
) -> None:
    country.office.verdicts.append(answering("451 greylisted, maryam"))
    with traced() as exporter:
        await country.file("later@citizens.example")
        handed = [span for span in exporter.get_finished_spans() if span.name == "hand over by mail"]
    assert len(handed) == 3
    failed = [span for span in handed if span.status.status_code is StatusCode.ERROR]
    assert [(span.attributes or {})["error.type"] for span in failed] == ["RetryLater"]
    assert "greylisted" not in str([span.to_json() for span in failed])


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
async def test_who_asks_how_a_process_is_begins_no_trace(country: Country, path: str) -> None:
    with traced() as exporter:
        assert (await country.intake.get(path)).status_code == 200
        assert [span for span in exporter.get_finished_spans() if span.kind is SpanKind.SERVER] == []


async def test_a_caller_does_not_choose_what_is_sampled_and_the_secret_of_a_link_is_in_no_span(
    country: Country,
) -> None:
    theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with traced(share=0) as exporter:
        await country.intake.get("/livez", headers={"traceparent": theirs})
        await country.intake.get(f"{URL}/no-such/timeline", headers={"traceparent": theirs})
        assert exporter.get_finished_spans() == ()
    with traced() as exporter:
        await country.intake.get("/track/7K3MX-QPA42?secret=open-sesame", headers={"traceparent": theirs})
        (span,) = [span for span in exporter.get_finished_spans() if span.kind is SpanKind.SERVER]
    assert span.parent is None
    assert "sesame" not in span.to_json()
    assert "7K3MX" not in span.to_json()
