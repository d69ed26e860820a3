"""Cases as the router keeps them: as many as a country has after some years, most of them over. Always the same.

Each is a document of `Assignment` by way of `Aggregate`, as the service writes one, with a point, a time and a history
of its own. There are 5,000 texts, each of two of the sample country's in another order of words; by which signs and
keys a text is found is asked of the service's own code once for each of them, as it says the same each time. Several
processes write, into a collection without indexes, which are then made as the service makes them.
"""

import asyncio
import os
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from multiprocessing import get_context
from typing import Any
from uuid import UUID

import yaml
from pymongo import AsyncMongoClient, MongoClient
from pymongo.collection import Collection
from router.assigning.rules import Where
from router.cases.indexes import INDEXES, SIGNS_OVER
from router.cases.life import State
from router.cases.model import Assignment, Custodian, Decided, Due, Entry, Submission
from router.cases.store import ASSIGNMENTS, Assignments
from shared.events.model import Location
from shared.reference.likeness import Traits, keys, traits
from shared.storage.aggregates import Document, StoredAggregate
from tawasul.stack.paths import COUNTRY

from tests.support.router import a_directory

AT_ONCE, OF_ONE_TASK = 2_000, 10_000
MOST_WRITERS = 8
TEXTS = 5_000
NOWHERE = a_directory()
ENTITIES = ("works", "ewa", "west-municipality", "east-municipality")
CATEGORIES = ("roads.pothole", "roads.lighting", "rubbish")
SOUTH, NORTH, WEST, EAST = 26.0, 26.28, 50.45, 50.65
"""Degrees: about 600 square kilometres."""

OVER = (State.CLOSED, State.ANSWERED, State.DECLINED, State.WITHDRAWN)
OPEN = (State.ASSIGNED, State.ACKNOWLEDGED, State.AWAITING_CITIZEN)


async def fill(assignments: Assignments, uri: str, count: int, still_open: int, now: datetime) -> None:
    """`still_open` of `count` are of the last two months; what is over reaches almost three years back."""
    name, loop = assignments.collection.database.name, asyncio.get_running_loop()
    writers = min(os.cpu_count() or 1, MOST_WRITERS)
    with ProcessPoolExecutor(writers, mp_context=get_context("spawn")) as pool:
        parts = (range(begin, min(begin + OF_ONE_TASK, count)) for begin in range(0, count, OF_ONE_TASK))
        await asyncio.gather(
            *(loop.run_in_executor(pool, write, uri, name, numbers, still_open, now) for numbers in parts)
        )
    # One command makes its indexes one after the other; the largest has one of its own. It takes longer than a service
    # would wait for an answer.
    largest = [index for index in INDEXES if index.document["name"] == SIGNS_OVER]
    others = [index for index in INDEXES if index not in largest]
    async with AsyncMongoClient[Document](uri) as patient:
        collection = patient[name][ASSIGNMENTS]
        await asyncio.gather(*map(collection.create_indexes, (largest, others)))
    await assignments.ensure_indexes()


def write(uri: str, database: str, numbers: range, still_open: int, now: datetime) -> None:
    for begin in range(0, len(numbers), AT_ONCE):
        some = numbers[begin : begin + AT_ONCE]
        _collection(uri, database).insert_many(cases(some, still_open, now), ordered=False)


def cases(numbers: range, still_open: int, now: datetime) -> Iterator[Document]:
    chance = random.Random(numbers.start)
    for number in numbers:
        yield _case(number, number < still_open, now, chance)


@cache
def _collection(uri: str, database: str) -> Collection[Document]:
    client: MongoClient[Document] = MongoClient(uri, tz_aware=True)
    return client[database][ASSIGNMENTS]


@cache
def texts() -> list[str]:
    chance = random.Random(7)
    samples = [each["text"] for each in yaml.load((COUNTRY / "texts.yaml").read_text("utf-8"), yaml.CSafeLoader)]
    return [" ".join(_of_two(chance, samples)) for _ in range(TEXTS)]


def _of_two(chance: random.Random, samples: list[str]) -> list[str]:
    words = f"{chance.choice(samples)} {chance.choice(samples)}".split()
    chance.shuffle(words)
    return words


@cache
def _signs(text: str, area: str | None) -> tuple[str, ...]:
    """Of what has a point and no address."""
    return NOWHERE.findable_by(_submission(0, datetime.now(UTC), text, Location(lat=0, lon=0), ""), Where(area))


@cache
def _traits(text: str) -> Traits:
    return traits(text, None, None, datetime.now(UTC), {})


def _case(number: int, is_open: bool, now: datetime, chance: random.Random) -> Document:
    entity, category, text = chance.choice(ENTITIES), chance.choice(CATEGORIES), chance.choice(texts())
    received_at = now - timedelta(days=chance.uniform(0, 60) if is_open else chance.uniform(3, 1_000))
    due = Due(at=received_at + timedelta(days=chance.uniform(1, 60)), target="answer")
    at = Location(lat=chance.uniform(SOUTH, NORTH), lon=chance.uniform(WEST, EAST))
    area = NOWHERE.areas.find(at)
    found_as = replace(
        _traits(text), received_at=received_at, category=category, group=category, lat=at.lat, lon=at.lon
    )
    assigned: dict[str, Any] = {"from_state": State.EXPECTED, "to_state": State.ASSIGNED, "entity": entity}
    state = Assignment(
        state=chance.choice(OPEN if is_open else OVER),
        submission=_submission(number, received_at, text, at, f"{chance.getrandbits(20):05X}"),
        entity=entity,
        category=category,
        area=area or "",
        decided=Decided(by="rule", reason="because", rule="potholes", directory_version=1),
        due=due,
        list_at=due.at,
        answered_at=None if is_open else received_at + timedelta(days=3),
        custodians=(Custodian(entity=entity, since=received_at),),
        history=(Entry(at=received_at, what="SubmissionAssigned", who="router", **assigned),),
        like=keys(found_as),
        found_by=_signs(text, area),
    )
    return StoredAggregate(str(UUID(int=chance.getrandbits(128), version=4)), state=state.filed()).document()


def _submission(number: int, received_at: datetime, text: str, location: Location, ending: str) -> Submission:
    return Submission.model_validate(
        {
            "reference": f"{number:05X}-{ending}",
            "kind": "complaint",
            "text": text,
            "language": "ar",
            "channel": "web",
            "received_at": received_at,
            "location": location,
        }
    )
