"""The journal beside a backup: whom the system told, and whom it erased, after the moment of the backup.

It grows for as long as `follow` runs, best on another machine than Kafka and MongoDB, and holds ids and states alone.
"""

import os
from datetime import datetime
from pathlib import Path

from aiokafka.errors import KafkaError
from shared.events.submissions import PersonErased
from shared.events.topics import BY_NAME, NOTIFICATIONS, SUBMISSIONS
from shared.reference.working_time import utc_now

from tawasul.backup.folder import FOLLOWED, JOURNAL, Followed, followed_of, lines_of, manifest_of, write_small
from tawasul.backup.records import BackedUpRecord, Position, Reading
from tawasul.backup.refusal import Refused
from tawasul.backup.stores import Stores

FOLLOWED_TOPICS = frozenset({NOTIFICATIONS.name, SUBMISSIONS.name})
ERASED = PersonErased.model_fields["type"].default


def is_noted(kept: BackedUpRecord) -> bool:
    """Notifications hold nothing personal; of submissions the fact that someone was erased is noted alone."""
    if kept.topic == SUBMISSIONS.name:
        return any(name == "ce_type" and value == ERASED.encode() for name, value in kept.headers)
    return kept.topic == NOTIFICATIONS.name


def journal_of(folder: Path) -> list[BackedUpRecord]:
    """In the order of each partition, and each once, however often `follow` was killed between two writes."""
    found: dict[tuple[str, int, int], BackedUpRecord] = {}
    for number, line in enumerate(lines_of(folder / JOURNAL), start=1):
        try:
            kept = BackedUpRecord.read(line)
        except (ValueError, KeyError, TypeError):
            raise Refused(
                f"{folder}/{JOURNAL}, line {number} cannot be read: take it out to go on, "
                "and whoever it says was told may be told again"
            ) from None
        found[kept.topic, kept.partition, kept.offset] = kept
    return [found[place] for place in sorted(found)]


async def follow(stores: Stores, folder: Path, until_now: bool = False) -> int:
    """Note for ever, or with `until_now` what there is; how much was noted.

    While Kafka does not answer, what it says of "until when" stands still.
    """
    noted = 0
    positions = _positions(folder)
    _take_off_half_a_line(folder / JOURNAL)
    topics = [topic for topic in BY_NAME.values() if topic.name in FOLLOWED_TOPICS]
    with os.fdopen(os.open(folder / JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as journal:
        async with Reading(stores.kafka, topics) as reading:
            await reading.begin(positions)
            ends = None
            while True:
                if ends is None:
                    asked_at, ends = utc_now(), await _ends(reading, until_now)
                lines = [kept.line() for kept in await reading.more() if is_noted(kept)]
                if lines:
                    journal.write(b"".join(lines))
                    journal.flush()
                    os.fsync(journal.fileno())
                    noted += len(lines)
                reached = await reading.positions()
                if ends is not None and all(reached[position] >= end for position, end in ends.items()):
                    _write_followed(folder, reached, asked_at)
                    if until_now:
                        return noted
                    ends = None


async def _ends(reading: Reading, is_needed: bool) -> dict[Position, int] | None:
    """None while Kafka does not answer: who notes for ever waits for it."""
    try:
        return await reading.ends()
    except KafkaError:
        if is_needed:
            raise
        return None


def _positions(folder: Path) -> dict[Position, int]:
    followed = followed_of(folder)
    found = followed.positions if followed else manifest_of(folder).positions
    if not found:
        raise Refused(f"{folder} was taken before there were topics: there is nothing to follow")
    return {Position(topic, int(number)): offset for (topic, _, number), offset in _split(found)}


def _split(found: dict[str, int]) -> list[tuple[tuple[str, str, str], int]]:
    return [(place.rpartition("/"), offset) for place, offset in found.items()]


def _take_off_half_a_line(journal: Path) -> None:
    """Cut off the unfinished end that a killed process wrote: it is read again, as its position was not noted."""
    if journal.exists():
        os.truncate(journal, sum(map(len, lines_of(journal))))


def _write_followed(folder: Path, reached: dict[Position, int], until: datetime) -> None:
    positions = {f"{at.topic}/{at.partition}": offset for at, offset in reached.items()}
    write_small(folder / FOLLOWED, Followed(until=until, positions=positions).model_dump_json())
