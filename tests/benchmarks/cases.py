"""Cases as the router keeps them: as many as a country has after some years, most of them over."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import yaml
from pymongo.asynchronous.database import AsyncDatabase
from router.domain.assignment import Assignment, Custodian, Decided, Due, Entry, Submission
from router.domain.life import State
from router.repository import ASSIGNMENTS
from router.use_cases.similar import traits_of
from shared.aggregates import Aggregate, Document
from shared.events.model import Location
from shared.likeness import keys
from tawasul.stack.paths import COUNTRY

from tests.support.router import a_directory

AT_ONCE = 2_000
NOWHERE = a_directory()
ENTITIES = ("works", "ewa", "west-municipality", "east-municipality")
CATEGORIES = ("roads.pothole", "roads.lighting", "rubbish")
SOUTH, NORTH, WEST, EAST = 26.0, 26.28, 50.45, 50.65
"""Degrees: about 600 square kilometres."""

OVER = (State.CLOSED, State.ANSWERED, State.DECLINED, State.WITHDRAWN)
OPEN = (State.ASSIGNED, State.ACKNOWLEDGED, State.AWAITING_CITIZEN)


async def fill(database: AsyncDatabase[Document], count: int, still_open: int, now: datetime) -> None:
    """`still_open` of `count` are of the last months; what is over reaches three years back. Always the same."""
    await database[ASSIGNMENTS].drop()
    waiting: list[Document] = []
    for document in cases(count, still_open, now):
        waiting.append(document)
        if len(waiting) == AT_ONCE:
            await database[ASSIGNMENTS].insert_many(waiting, ordered=False)
            waiting.clear()
    if waiting:
        await database[ASSIGNMENTS].insert_many(waiting, ordered=False)


def cases(count: int, still_open: int, now: datetime) -> Iterator[Document]:
    chance = random.Random(7)
    texts = [each["text"] for each in yaml.safe_load((COUNTRY / "texts.yaml").read_text("utf-8"))]
    for number in range(count):
        yield _case(number, number < still_open, now, chance, texts)


def _case(number: int, is_open: bool, now: datetime, chance: random.Random, texts: list[str]) -> Document:
    entity, category = chance.choice(ENTITIES), chance.choice(CATEGORIES)
    received_at = now - timedelta(days=chance.uniform(0, 60) if is_open else chance.uniform(60, 1_000))
    due = Due(at=received_at + timedelta(days=chance.uniform(1, 60)), target="answer")
    id = str(UUID(int=chance.getrandbits(128), version=4))
    state = Assignment(
        state=chance.choice(OPEN if is_open else OVER),
        submission=_submission(number, received_at, chance, texts),
        entity=entity,
        category=category,
        decided=Decided(by="rule", reason="because", rule="potholes", directory_version=1),
        due=due,
        list_at=due.at,
        answered_at=None if is_open else received_at + timedelta(days=3),
        custodians=(Custodian(entity=entity, since=received_at),),
        history=(
            Entry(
                at=received_at,
                what="SubmissionAssigned",
                who="router",
                from_state=State.EXPECTED,
                to_state=State.ASSIGNED,
                entity=entity,
            ),
        ),
    )
    assert state.submission is not None
    signs = NOWHERE.findable_by(state.submission, NOWHERE.where(state.submission))
    return Aggregate(id, state=state.changed(like=keys(traits_of(state, {})), found_by=signs)).document()


def _submission(number: int, received_at: datetime, chance: random.Random, texts: list[str]) -> Submission:
    words = f"{chance.choice(texts)} {chance.choice(texts)}".split()
    chance.shuffle(words)
    return Submission.model_validate(
        {
            "reference": f"{number:05X}-{chance.getrandbits(20):05X}",
            "kind": "complaint",
            "text": " ".join(words),
            "language": "ar",
            "channel": "web",
            "received_at": received_at,
            "location": Location(lat=chance.uniform(SOUTH, NORTH), lon=chance.uniform(WEST, EAST)),
        }
    )
