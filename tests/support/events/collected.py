"""Events that tests and the demonstration really published, one of each shape, kept for the contract's test.

    TAWASUL_COLLECT_EVENTS=.state/events make test           # what every test's topics held, a file per process
    tawasul up                                               # and, while it runs, in another terminal:
    TAWASUL_COLLECT_EVENTS=.state/events python -m tests.support.events.collected --from 127.0.0.1:9092
    python -m tests.support.events.collected .state/events   # merges them into tests/contract/collected_events.jsonl

Two events have one shape when their type, the fields that are there and the class of each value are the same.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from shared.events.topics import TOPICS
from shared.messaging.kafka import connection_options, partitions_of
from shared.operations.settings import KafkaSettings

COLLECTED = Path(__file__).parents[2] / "contract" / "collected_events.jsonl"
VARIABLE = "TAWASUL_COLLECT_EVENTS"
MOST_OF_A_TYPE = 40
LARGEST = 8_000
LONG = 200

Collected = dict[str, Any]


def shape_of(event: Collected) -> str:
    return json.dumps([event["headers"].get("ce_type"), _class(event["value"])], sort_keys=True)


def merged(*sources: Iterable[Collected]) -> list[Collected]:
    """One of each shape, so many of a type, in an order that does not depend on who came first."""
    by_shape: dict[str, Collected] = {}
    for event in (event for source in sources for event in source):
        if len(json.dumps(event)) <= LARGEST:
            by_shape.setdefault(shape_of(event), event)
    counts: Counter[str] = Counter()
    kept = []
    for shape in sorted(by_shape):
        type = by_shape[shape]["headers"]["ce_type"]
        counts[type] += 1
        if counts[type] <= MOST_OF_A_TYPE:
            kept.append(by_shape[shape])
    return kept


def read(file: Path) -> Iterator[Collected]:
    if file.exists():
        yield from (json.loads(line) for line in file.read_text().splitlines())


def write(file: Path, events: Iterable[Collected]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events))


async def collect_if_asked(settings: KafkaSettings) -> None:
    """Where the variable names a folder, note there what these topics hold."""
    if folder := os.environ.get(VARIABLE):
        file = Path(folder) / f"{os.getpid()}.jsonl"
        write(file, merged(read(file), [event async for event in _held(settings)]))


async def _held(settings: KafkaSettings) -> Any:
    async with AIOKafkaConsumer(**connection_options(settings), enable_auto_commit=False) as consumer:
        names = {settings.topic_prefix + topic.name: topic for topic in TOPICS}
        places = [
            TopicPartition(name, n) for name, topic in names.items() for n in range(partitions_of(settings, topic))
        ]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(place) < ends[place] for place in places]):
            for place, records in (await consumer.getmany(timeout_ms=200)).items():
                for record in records:
                    if (event := _event_in(names[place.topic].name, record)) is not None:
                        yield event


def _event_in(topic: str, record: Any) -> Collected | None:
    """None for what is no event: a tombstone, or what a test published to be refused."""
    try:
        headers = {name: (value or b"").decode() for name, value in record.headers}
        event = {"topic": topic, "key": record.key.decode(), "headers": headers, "value": json.loads(record.value)}
    except (AttributeError, TypeError, ValueError):
        return None
    return event if "ce_type" in headers and isinstance(event["value"], dict) else None


def _class(value: Any) -> Any:
    match value:
        case dict():
            return {name: _class(each) for name, each in value.items()}
        case list():
            return [len(value) > 1, _class(value[0])] if value else []
        case bool() | None:
            return value
        case int() | float():
            return [type(value).__name__, (value > 0) - (value < 0)]
    text = str(value)
    script = "arabic" if any("\u0600" <= each <= "\u06ff" for each in text) else "other"
    return [script, text.isascii(), "long" if len(text) > LONG else "empty" if not text else "short"]


if __name__ == "__main__":
    if sys.argv[1] == "--from":
        asyncio.run(collect_if_asked(KafkaSettings(kafka_bootstrap=sys.argv[2])))
    else:
        found = [event for file in sorted(Path(sys.argv[1]).glob("*.jsonl")) for event in read(file)]
        write(COLLECTED, merged(read(COLLECTED), found))
