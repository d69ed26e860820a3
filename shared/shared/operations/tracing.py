"""Tracing by OpenTelemetry: one trace from a request through outbox, Kafka and every consumer to the mail.

Off until `turn_on` is called. Then a share of the requests is sampled; of these, and of nothing else, a W3C
`traceparent` goes with every event that follows, in the outbox and in Kafka's headers. What is not sampled carries
nothing, and costs a look at one variable.
"""

import contextlib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.events.envelope import Event

SYSTEM = {"messaging.system": "kafka"}
_propagator = TraceContextTextMapPropagator()
_tracer: Tracer | None = None
_share = 1.0


def use(tracer: Tracer | None, share: float = 1.0) -> None:
    """Where spans of this process go from now on (None: there are none), and of which share of the requests."""
    global _tracer, _share
    _tracer, _share = tracer, share


def turn_on(service: str, endpoint: str, share: float) -> None:
    """Send spans to the collector at `endpoint` (OTLP over HTTP), of a `share` (0 to 1) of all requests.

    They leave in batches from a thread of their own; a collector that is away loses them, and nothing else.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"tawasul-{service}"}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    use(provider.get_tracer("tawasul"), share)


def begin_request(method: str) -> Span | None:
    """None for what is not sampled, at the price of a random number; the SDK's samplers make a span for that, too.

    A trace begins at our door: what a caller says of theirs would let everybody choose what is sampled.
    """
    if _tracer is None or random.random() >= _share:
        return None
    return _tracer.start_span(method, context=Context(), kind=SpanKind.SERVER)


def current() -> str | None:
    """The `traceparent` of the span under way in this task; None where it is not sampled."""
    return traceparent_of(trace.get_current_span()) if _tracer is not None else None


def traceparent_of(span: Span) -> str | None:
    context = span.get_span_context()
    if not (context.is_valid and context.trace_flags.sampled):
        return None
    return f"00-{trace.format_trace_id(context.trace_id)}-{trace.format_span_id(context.span_id)}-01"


@contextlib.contextmanager
def span(name: str, traceparent: str | None, attributes: Mapping[str, str]) -> Iterator[None]:
    """Around something that is asked of others. An error is told by its type: its text may name people."""
    if traceparent is None or _tracer is None:
        yield
        return
    begun = _start(_tracer, name, SpanKind.CLIENT, traceparent, attributes)
    try:
        yield
    except Exception as error:
        begun.set_attribute("error.type", type(error).__name__)
        begun.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        begun.end()


class BatchSpans:
    """The spans of a batch: they end with it, and where it fails they are dropped, as it comes again."""

    def __init__(self) -> None:
        self._begun: list[Span] = []

    def taken(self, event: Event, group: str) -> Event:
        """The event as its handler gets it: what follows from it belongs to the span that begins now."""
        if event.traceparent is None or _tracer is None:
            return event
        attributes = SYSTEM | {
            "messaging.operation.type": "process",
            "messaging.consumer.group.name": group,
            "messaging.destination.name": event.topic.name,
            "messaging.message.id": event.id,
            "tawasul.subject": event.key,
        }
        begun = _start(_tracer, f"process {event.type}", SpanKind.CONSUMER, event.traceparent, attributes)
        self._begun.append(begun)
        return replace(event, traceparent=traceparent_of(begun))

    def sent(self, entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Entries of outboxes as they are published: their takers go on from a span that began with the waiting."""
        if _tracer is None:
            return list(entries)
        return [self._sent(_tracer, entry) if "traceparent" in entry else entry for entry in entries]

    def _sent(self, tracer: Tracer, entry: dict[str, Any]) -> dict[str, Any]:
        attributes = SYSTEM | {
            "messaging.operation.type": "send",
            "messaging.destination.name": entry["topic"],
            "messaging.message.id": entry["id"],
            "tawasul.subject": entry["key"],
        }
        name = f"send {entry['type']}"
        begun = _start(tracer, name, SpanKind.PRODUCER, entry["traceparent"], attributes, entry["time"])
        self._begun.append(begun)
        return entry | {"traceparent": traceparent_of(begun)}

    def end(self) -> None:
        for begun in self._begun:
            begun.end()


def _start(
    tracer: Tracer,
    name: str,
    kind: SpanKind,
    traceparent: str,
    attributes: Mapping[str, str],
    since: datetime | None = None,
) -> Span:
    parent = _propagator.extract({"traceparent": traceparent}, context=Context())
    began = int(since.timestamp() * 1_000_000_000) if since is not None else None
    return tracer.start_span(name, context=parent, kind=kind, attributes=attributes, start_time=began)
