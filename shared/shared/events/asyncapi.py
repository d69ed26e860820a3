"""AsyncAPI 3.0, generated from the declared topics: what a service publishes and what it consumes."""

from collections.abc import Sequence
from typing import Any

from pydantic.json_schema import models_json_schema

from shared.events.model import EventData
from shared.events.topics import TOPICS, Topic


def asyncapi(service: str, consumed: Sequence[Topic]) -> dict[str, Any]:
    published = [topic for topic in TOPICS if topic.owner == service]
    topics = {topic.name: topic for topic in [*published, *consumed]}.values()
    channels, operations, messages = {}, {}, {}
    events: dict[str, type[EventData]] = {}
    for topic in topics:
        channels[topic.stream] = {
            "address": topic.name,
            "description": f"Owned by {topic.owner}; key: {topic.key}.",
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in topic.events},
        }
        events |= topic.events
    for name, model in events.items():
        messages[name] = {
            "name": name,
            "contentType": "application/json",
            "summary": (model.__doc__ or name).strip().splitlines()[0],
            "headers": {"$ref": "#/components/schemas/CloudEvent"},
            "payload": {"$ref": f"#/components/schemas/{name}"},
        }
    # One place for all schemas: what several events share is described once, and every reference finds it.
    _, schemas = models_json_schema(
        [(model, "serialization") for model in events.values()], ref_template="#/components/schemas/{model}"
    )
    for action, of_action in (("send", published), ("receive", consumed)):
        for topic in of_action:
            operations[f"{action}-{topic.stream}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic.stream}"},
            }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"Tawasul {service}", "version": "1.0.0"},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": {"CloudEvent": _CLOUDEVENT, **schemas.get("$defs", {})}},
    }


_CLOUDEVENT = {
    "type": "object",
    "description": "CloudEvents 1.0, Kafka binary mode",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_sequence"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "format": "uuid"},
        "ce_type": {"type": "string"},
        "ce_source": {"type": "string"},
        "ce_subject": {"type": "string"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_sequence": {"type": "string", "pattern": "^[1-9][0-9]*$"},
        "ce_correlationid": {"type": "string"},
        "ce_causationid": {"type": "string", "format": "uuid"},
        "ce_traceparent": {"type": "string"},
    },
}
