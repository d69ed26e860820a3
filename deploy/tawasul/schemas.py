"""The checked-in JSON Schemas of all events: generated from the code, and kept from losing anything.

`tawasul schemas` writes `shared/schemas/<stream>/<Event>.json`, `tawasul schemas --check` says what differs, and which
example under `shared/examples` is no message of ours. Version 1 of a topic only grows: a schema that takes something
away from the checked-in one is not written.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from shared.events.envelope import InvalidEvent, UnknownEventType, read_event
from shared.events.model import LARGEST_NUMBER, PART_NUMBER, EventData
from shared.events.topics import TOPICS, Topic

from tawasul.stack.paths import REPOSITORY

SCHEMAS = REPOSITORY / "shared" / "schemas"
EXAMPLES = REPOSITORY / "shared" / "examples"

Schema = Mapping[str, Any]

NARROWED: Schema = {"maximum": LARGEST_NUMBER, "minimum": -LARGEST_NUMBER, "pattern": PART_NUMBER}
"""Limits that may be added where there was none: no existing message exceeds them, as no store of ours holds more, or
as the router has only ever counted."""

FIXED = (
    *("type", "const", "format", "pattern", "minLength", "maxLength", "minItems", "maxItems"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
)
"""Keywords that cannot change either way: looser breaks existing readers, tighter breaks existing messages."""


def schemas(
    check: Annotated[bool, typer.Option("--check", help="write nothing, only say what differs")] = False,
) -> None:
    """Write the JSON Schemas of all events from the code; refuse what version 1 may not lose."""
    console = Console(highlight=False, soft_wrap=True)
    if faults := list(incompatibilities(SCHEMAS)):
        for fault in faults:
            console.print(f"[red]not compatible:[/] {fault}")
        raise typer.Exit(1)
    different = differences(SCHEMAS)
    if check:
        for name in different:
            console.print(f"[red]differs from the code:[/] {name}; `tawasul schemas` writes it")
        unfit = list(faults_of_examples(EXAMPLES))
        for fault in unfit:
            console.print(f"[red]example:[/] {fault}")
        raise typer.Exit(1 if different or unfit else 0)
    for name, text in generated().items():
        file = SCHEMAS / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    console.print(f"{len(generated())} schemas, {len(different)} of them new or changed")


def event_types() -> Iterator[tuple[Topic, str, type[EventData]]]:
    for topic in TOPICS:
        for name, model in topic.events.items():
            yield topic, name, model


def schema_of(topic: Topic, name: str, model: type[EventData]) -> dict[str, Any]:
    """The schema that a reader accepts as the value of this event."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:tawasul:{topic.name}:{name}",
        "$comment": f"topic {topic.name}, published by {topic.owner}, key: {topic.key}",
        **model.model_json_schema(mode="validation"),
    }


def generated() -> dict[str, str]:
    """Text of each schema file by its path under `shared/schemas`."""
    return {
        f"{topic.stream}/{name}.json": json.dumps(schema_of(topic, name, model), ensure_ascii=False, indent=2) + "\n"
        for topic, name, model in event_types()
    }


def differences(folder: Path) -> list[str]:
    """Files that are not what the code generates now: changed, missing, or of an event that is gone."""
    expected = generated()
    present = {str(file.relative_to(folder)): file.read_text() for file in folder.glob("*/*.json")}
    return sorted(name for name in expected.keys() | present.keys() if expected.get(name) != present.get(name))


def faults_of_examples(folder: Path) -> Iterator[str]:
    """Event types without an example, and examples that a reader would set aside or skip."""
    for topic, name, _ in event_types():
        files = sorted((folder / topic.stream / name).glob("*.json"))
        if not files:
            yield f"{topic.stream}/{name} has none"
        for file in files:
            try:
                example = json.loads(file.read_text())
                headers = [(header, text.encode()) for header, text in example["headers"].items()]
                event = read_event(topic, example["key"].encode(), json.dumps(example["value"]).encode(), headers)
            except (InvalidEvent, UnknownEventType, KeyError, ValueError) as error:
                yield f"{file.relative_to(folder)}: {type(error).__name__} {error}"
            else:
                if event.type != name:
                    yield f"{file.relative_to(folder)} is a {event.type}"


def incompatibilities(folder: Path) -> Iterator[str]:
    """List what the code would remove from the checked-in schemas."""
    now = generated()
    for file in sorted(folder.glob("*/*.json")):
        name = str(file.relative_to(folder))
        if name not in now:
            yield f"{name}: the event is gone"
        else:
            before, after = json.loads(file.read_text()), json.loads(now[name])
            yield from (f"{name}: {fault}" for fault in losses(before, after, before, after))


def losses(
    before: Schema, after: Schema, whole_before: Schema, whole_after: Schema, at: str = "value"
) -> Iterator[str]:
    """Why messages or readers of `before` would not go together with `after`. Enumerations may grow: readers first."""
    before, after = _resolved(before, whole_before), _resolved(after, whole_after)
    for keyword in FIXED:
        if before.get(keyword) is None and after.get(keyword) == NARROWED.get(keyword):
            continue
        if before.get(keyword) != after.get(keyword):
            yield f"{at}: {keyword} was {before.get(keyword)}, is {after.get(keyword)}"
    if gone := set(before.get("enum", ())) - set(after.get("enum", ())):
        yield f"{at}: values gone: {', '.join(sorted(map(str, gone)))}"
    required_before, required_after = set(before.get("required", ())), set(after.get("required", ()))
    properties_before, properties_after = before.get("properties", {}), after.get("properties", {})
    for name in sorted(properties_before.keys() - properties_after.keys()):
        yield f"{at}.{name}: the field is gone"
    for name in sorted(required_after - required_before):
        yield f"{at}.{name}: newly required, earlier messages lack it"
    for name in sorted((required_before - required_after) & properties_after.keys()):
        yield f"{at}.{name}: no longer required, readers rely on it"
    for name in sorted(properties_before.keys() & properties_after.keys()):
        yield from losses(properties_before[name], properties_after[name], whole_before, whole_after, f"{at}.{name}")
    if "items" in before and "items" in after:
        yield from losses(before["items"], after["items"], whole_before, whole_after, f"{at}[]")
    for keyword in ("anyOf", "prefixItems"):
        ways_before, ways_after = before.get(keyword, ()), after.get(keyword, ())
        if len(ways_before) != len(ways_after):
            yield f"{at}: {keyword} had {len(ways_before)} members, has {len(ways_after)}"
        for way_before, way_after in zip(ways_before, ways_after, strict=False):
            yield from losses(way_before, way_after, whole_before, whole_after, at)


def _resolved(schema: Schema, whole: Schema) -> Schema:
    reference = schema.get("$ref")
    return whole["$defs"][reference.removeprefix("#/$defs/")] if reference else schema
