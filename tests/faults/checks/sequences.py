"""Every sequence in every topic is whole, in order and unambiguous, and no consumer believes otherwise."""

from collections import defaultdict
from collections.abc import Iterator

from shared.events.topics import ASSIGNMENTS, DEADLINES, NOTIFICATIONS, SUBMISSIONS

from tests.faults.checks import Difference
from tests.faults.ledger import Document
from tests.faults.observed import Record, World

STREAMS = {topic.name: topic.stream for topic in (SUBMISSIONS, ASSIGNMENTS, DEADLINES, NOTIFICATIONS)}


def sequences_are_whole(world: World) -> Iterator[Difference]:
    """1..n without gap, one event id each, first occurrences in order; a repetition of the same record is harmless."""
    owners: dict[str, tuple[str, str, int]] = {}
    for topic, records in world.records.items():
        by_key: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            by_key[record.key].append(record)
            place = (topic, record.key, record.sequence)
            if owners.setdefault(record.id, place) != place:
                yield Difference("event id twice", record.id, f"{owners[record.id]} and {place}")
        for key, of_key in by_key.items():
            yield from _of_key(f"{topic} {key}", of_key)


def _of_key(about: str, records: list[Record]) -> Iterator[Difference]:
    ids: dict[int, set[str]] = defaultdict(set)
    reached = 0
    for record in records:
        if record.sequence not in ids and record.sequence != reached + 1:
            yield Difference("sequence out of order", about, f"{record.sequence} ({record.type}) came after {reached}")
        ids[record.sequence].add(record.id)
        reached = max(reached, record.sequence)
    missing = set(range(1, reached + 1)) - ids.keys()
    if missing:
        yield Difference("sequence gap", about, f"{sorted(missing)} of {reached} missing")
    for sequence, of_sequence in ids.items():
        if len(of_sequence) > 1:
            yield Difference("sequence ambiguous", about, f"{sequence} is {sorted(of_sequence)}")
    if len({record.partition for record in records}) > 1:
        yield Difference("key in two partitions", about, "")


def owners_sent_all(world: World) -> Iterator[Difference]:
    """Every event that an aggregate numbered is in its topic, and no other."""
    for documents, topic in (
        (world.submissions, SUBMISSIONS),
        (world.assignments, ASSIGNMENTS),
        (world.clocks, DEADLINES),
    ):
        published = _newest(world.records.get(topic.name, []))
        for id, document in documents.items():
            numbered = document["sequences"].get(topic.stream, 0)
            if numbered != published.get(id, 0):
                what = f"{numbered} numbered, {published.get(id, 0)} in the topic"
                yield Difference("events not sent", f"{topic.name} {id}", what)


def consumers_saw_all(world: World) -> Iterator[Difference]:
    """The newest sequence that a consumer recorded is the newest of its topic, and none ever missed one."""
    consumed: tuple[tuple[str, dict[str, Document], tuple[str, ...]], ...] = (
        ("intake", world.submissions, (ASSIGNMENTS.name, DEADLINES.name, NOTIFICATIONS.name)),
        ("router", world.assignments, (SUBMISSIONS.name, DEADLINES.name)),
        ("sla-monitor", world.clocks, (SUBMISSIONS.name, ASSIGNMENTS.name)),
        ("notifier", world.cases, (SUBMISSIONS.name, ASSIGNMENTS.name, DEADLINES.name)),
    )
    newest = {topic: _newest(records) for topic, records in world.records.items()}
    for service, documents, topics in consumed:
        for id, document in documents.items():
            for topic in topics:
                seen, published = document["seen"].get(STREAMS[topic], 0), newest.get(topic, {}).get(id, 0)
                if seen != published:
                    yield Difference("place in sequence", f"{service} {id}", f"{topic}: at {seen}, is {published}")
    for process, count in world.gaps.items():
        if count:
            yield Difference("gap alarm", process, f"told {count} times of missing events")


def _newest(records: list[Record]) -> dict[str, int]:
    newest: dict[str, int] = {}
    for record in records:
        newest[record.key] = max(record.sequence, newest.get(record.key, 0))
    return newest
