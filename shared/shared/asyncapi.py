"""AsyncAPI 3.0, generated from the declared topics: what a service publishes and what it consumes."""

from collections.abc import Sequence
from typing import Any

from shared.topics import TOPICS, Topic


def asyncapi(service: str, consumed: Sequence[Topic]) -> dict[str, Any]:
    published = [topic for topic in TOPICS if topic.owner == service]
    channels, operations, messages = {}, {}, {}
    for topic in {topic.name: topic for topic in [*published, *consumed]}.values():
        channels[topic.stream] = {
            "address": topic.name,
            "description": f"Owned by {topic.owner}; key: {topic.key}.",
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in topic.events},
        }
        for name, model in topic.events.items():
            messages[name] = {
                "name": name,
                "contentType": "application/json",
                "summary": (model.__doc__ or name).strip().splitlines()[0],
                "headers": _CLOUDEVENT,
                "payload": {
                    "schemaFormat": "application/schema+json;version=draft-2020-12",
                    "schema": model.model_json_schema(mode="serialization"),
                },
            }
    for action, topics in (("send", published), ("receive", consumed)):
        for topic in topics:
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
        "components": {"messages": messages},
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
