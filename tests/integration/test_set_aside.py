"""What cannot be taken is set aside alone, and what becomes of it there; on a real database."""

import pytest
from shared.events.envelope import REPLAY_HEADER
from shared.messaging.dead_letters import DeadLetters
from shared.reference.working_time import utc_now

from tests.support.infrastructure import Database
from tests.support.parcels import GROUP, Handlers, a_consumer, a_submission, added, an_event, happened, received, record

ALL_HEADERS = ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_sequence"]
REASON = "SubmissionReceived: ZeroDivisionError in tests.support.parcels.Handlers.on_received"


@pytest.mark.parametrize(
    "spoilt",
    [
        {"value": b"no json"},
        {"value": b"{}"},
        {"headers": []},
        {"headers": [("ce_type", b"\xff\xfe")]},
        {"headers": [(name, b"x") for name in ALL_HEADERS]},
        {"headers": [("ce_id", None), ("ce_type", None)]},
        {"instead": {"ce_time": b"0001-01-01T00:00:00+14:00"}},
        {"instead": {"ce_time": b"2026-01-01T00:00:00"}},
        {"instead": {"ce_sequence": b"9" * 40}},
    ],
    ids=[
        "broken JSON",
        "no fields",
        "no envelope",
        "a header that is no text",
        "an envelope of nonsense",
        "headers without a value",
        "a time before all times",
        "a time without a zone",
        "a sequence without end",
    ],
)
async def test_a_poison_message_becomes_a_dead_letter_and_all_others_go_on(
    mongo_database: Database, spoilt: dict[str, object]
) -> None:
    id = a_submission()
    poison = record(an_event(received(a_submission()), 1), 0, **spoilt)
    if instead := spoilt.get("instead"):
        poison.headers = [(name, instead.get(name, value)) for name, value in poison.headers]  # type: ignore[attr-defined]
    consumer = a_consumer(mongo_database, Handlers())
    await consumer.take([poison, record(an_event(received(id), 1), 1)])
    assert await happened(mongo_database, id) == ["received a lamp is out"]
    (letter,) = await DeadLetters(mongo_database, GROUP).list("held")
    assert letter["offset"] == 0
    assert letter["attempts"] == 1
    waiting = await mongo_database["dead_letters"].find_one({"_id": letter["_id"]})
    assert waiting is not None
    assert waiting["outbox"][0]["topic"] == "tawasul.submissions.v1.tawasul-parcels.dlq"


async def test_a_poison_message_that_comes_again_is_one_dead_letter(mongo_database: Database) -> None:
    poison = record(an_event(received(a_submission()), 1), 7, value=b"no json")
    consumer = a_consumer(mongo_database, Handlers())
    await consumer.take([poison])
    await consumer.take([poison])
    assert await DeadLetters(mongo_database, GROUP).held() == 1


async def test_a_bug_sets_aside_its_own_event_and_no_other(mongo_database: Database) -> None:
    good, bad = a_submission(), a_submission()
    batch = [
        record(an_event(received(good), 1), 0),
        record(an_event(received(bad, "a bug"), 1), 1),
        record(an_event(added(good, "more"), 2), 2),
    ]
    consumer = a_consumer(mongo_database, Handlers())
    await consumer.take(batch)
    assert await happened(mongo_database, good) == ["received a lamp is out", "added more"]
    (letter,) = await DeadLetters(mongo_database, GROUP).list("held")
    assert (letter["key"], letter["attempts"]) == (bad, 3)
    assert letter["reason"] == REASON


async def test_a_replayed_dead_letter_is_checked_by_its_id_alone(mongo_database: Database) -> None:
    id, handlers = a_submission(), Handlers()
    consumer, letters = a_consumer(mongo_database, handlers), DeadLetters(mongo_database, GROUP)
    await consumer.take([record(an_event(received(id, "a bug"), 1)), record(an_event(added(id, "later"), 2), 1)])
    (letter,) = await letters.list("held")
    handlers.is_broken = False
    assert await letters.replay(letter["_id"], "an administrator", utc_now())
    assert not await letters.replay(letter["_id"], "an administrator", utc_now()), "the second click does nothing"
    stored = await mongo_database["dead_letters"].find_one({"_id": letter["_id"]})
    assert stored is not None
    entry = stored["outbox"][-1]
    assert (entry["topic"], entry["headers"][REPLAY_HEADER]) == ("tawasul.submissions.v1", GROUP)
    headers = [(name, value.encode()) for name, value in entry["headers"].items()]
    again = record(an_event(received(id, "a bug"), 1), 2, headers=headers, value=entry["value"])
    await consumer.take([again])
    await consumer.take([again])
    assert await happened(mongo_database, id) == ["added later", "received a bug"]
    assert await letters.held() == 0


async def test_a_replay_that_is_no_event_is_one_groups_matter_alone(mongo_database: Database) -> None:
    for group, expected in ((b"another group", 0), (GROUP.encode(), 1)):
        poison = record(an_event(received(a_submission()), 1), headers=[(REPLAY_HEADER, group)])
        await a_consumer(mongo_database, Handlers()).take([poison])
        assert len(await DeadLetters(mongo_database, GROUP).list("held")) == expected


async def test_a_discarded_dead_letter_stays_discarded(mongo_database: Database) -> None:
    consumer, letters = a_consumer(mongo_database, Handlers()), DeadLetters(mongo_database, GROUP)
    await consumer.take([record(an_event(received(a_submission(), "a bug"), 1))])
    (letter,) = await letters.list("held")
    assert await letters.discard(letter["_id"], "an administrator", utc_now())
    assert not await letters.replay(letter["_id"], "an administrator", utc_now())
    (kept,) = await letters.list("discarded")
    assert kept["settled_by"] == "an administrator"
