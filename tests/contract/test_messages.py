"""The code, the checked-in schemas and the example messages, held against one another."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from shared.events.asyncapi import asyncapi
from shared.events.envelope import kafka_headers, outbox_entry, read_event
from shared.events.topics import TOPICS, Topic
from shared.messaging.inbox import KEPT
from tawasul.schemas import EXAMPLES, SCHEMAS, differences, event_types, faults_of_examples, incompatibilities

ALL_EVENTS = [(topic, name) for topic, name, _ in event_types()]
ALL_EXAMPLES = sorted(EXAMPLES.glob("*/*/*.json"))
BY_STREAM = {topic.stream: topic for topic in TOPICS}


def _name(value: Any) -> str | None:
    if isinstance(value, Path):
        return str(value.relative_to(EXAMPLES))
    return value.stream if isinstance(value, Topic) else None


def test_the_schemas_are_what_the_code_generates_now() -> None:
    assert differences(SCHEMAS) == []


def test_the_code_takes_nothing_away_from_the_schemas() -> None:
    assert list(incompatibilities(SCHEMAS)) == []


def test_every_example_is_a_message_that_a_reader_takes() -> None:
    assert list(faults_of_examples(EXAMPLES)) == []


def test_an_example_that_is_missing_or_that_no_reader_would_take_is_named(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    submissions = tmp_path / "submissions"
    shutil.rmtree(submissions / "SubmissionRated")
    _change(submissions / "SubmissionClosed" / "1.json", "value", "reason", 7)
    _change(submissions / "SubmissionWithdrawn" / "1.json", "headers", "ce_type", "SubmissionUnheardOf")
    closed, rated, withdrawn = sorted(faults_of_examples(tmp_path))
    assert closed.startswith("submissions/SubmissionClosed/1.json: InvalidEvent")
    assert rated == "submissions/SubmissionRated has none"
    assert withdrawn.startswith("submissions/SubmissionWithdrawn/1.json: UnknownEventType")


def _change(file: Path, part: str, name: str, value: Any) -> None:
    example = json.loads(file.read_text())
    example[part][name] = value
    file.write_text(json.dumps(example))


def test_the_inbox_remembers_longer_than_a_topic_keeps() -> None:
    """A record that Kafka can deliver again is known by its id (ADR 6)."""
    longest = max(topic.retention for topic in TOPICS if topic.retention)
    assert longest + timedelta(days=1) <= KEPT


@pytest.mark.parametrize(("topic", "event"), ALL_EVENTS, ids=_name)
def test_every_event_type_has_an_example(topic: Topic, event: str) -> None:
    assert list((EXAMPLES / topic.stream / event).glob("*.json"))


@pytest.mark.parametrize("file", ALL_EXAMPLES, ids=_name)
def test_an_example_fits_the_schema_of_its_event(file: Path) -> None:
    stream, event = file.parts[-3:-1]
    schema = json.loads((SCHEMAS / stream / f"{event}.json").read_text())
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
        json.loads(file.read_text())["value"]
    )


@pytest.mark.parametrize("file", ALL_EXAMPLES, ids=_name)
def test_an_example_has_the_headers_that_asyncapi_promises(file: Path) -> None:
    stream = file.parts[-3]
    headers = json.loads(file.read_text())["headers"]
    described = asyncapi(BY_STREAM[stream].owner, ())["components"]["schemas"]["CloudEvent"]
    Draft202012Validator(described, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(headers)
    assert headers.keys() - {"content-type"} <= described["properties"].keys()


@pytest.mark.parametrize("file", ALL_EXAMPLES, ids=_name)
def test_an_example_is_read_and_written_again_as_it_stands(file: Path) -> None:
    stream, event_type = file.parts[-3:-1]
    topic, example = BY_STREAM[stream], json.loads(file.read_text())
    headers = [(name, value.encode()) for name, value in example["headers"].items()]
    event = read_event(topic, example["key"].encode(), json.dumps(example["value"]).encode(), headers)
    assert event.type == event_type
    assert event.source == f"/tawasul/{topic.owner}"
    assert example["headers"]["ce_subject"] == example["key"]
    assert getattr(event.data, "submission_id", example["key"]) == example["key"].partition("/")[0]
    written = outbox_entry(event)
    assert {name: raw.decode() for name, raw in kafka_headers(written)} == example["headers"]
    assert _without_defaults(json.loads(written["value"]), example["value"]) == example["value"]


@pytest.mark.parametrize("file", ALL_EXAMPLES, ids=_name)
def test_a_message_of_a_newer_version_is_read_as_if_it_said_no_more(file: Path) -> None:
    """A rolling upgrade: fields and headers that this version does not know change nothing of what it reads."""
    example = json.loads(file.read_text())
    value = _with_more(example["value"])
    headers = [(name, raw.encode()) for name, raw in example["headers"].items()]
    topic = BY_STREAM[file.parts[-3]]
    plain = read_event(topic, example["key"].encode(), json.dumps(example["value"]).encode(), headers)
    more = read_event(topic, example["key"].encode(), json.dumps(value).encode(), [*headers, ("ce_newer", b"\xd9\x86")])
    assert more == plain


BY_DATA = {"answers"}
"""Objects whose keys are data (questions), not fields."""


def _with_more(value: Any, name: str = "") -> Any:
    """The same with an unknown field in every object of it."""
    if isinstance(value, dict):
        more = {} if name in BY_DATA else {"newer": {"deep": [1]}}
        return {key: _with_more(each, key) for key, each in value.items()} | more
    return [_with_more(each) for each in value] if isinstance(value, list) else value


def _without_defaults(written: Any, example: Any) -> Any:
    """The writer adds what the reader would have assumed."""
    if isinstance(written, dict) and isinstance(example, dict):
        return {name: _without_defaults(value, example[name]) for name, value in written.items() if name in example}
    return written
