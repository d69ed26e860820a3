"""What became of messages is noted by several at once: of one submission in turn, of others side by side."""

import asyncio

import pytest
from notifier.notifications.model import State
from notifier.notifications.outcome_store import Outcomes
from notifier.notifications.outcomes import Outcome
from notifier.notifications.store import SOURCE, notification_record
from notifier.sending.keyed_lock import KeyedLock
from shared.reference.working_time import utc_now

from tests.support.eventually import PATIENCE_SECONDS
from tests.support.infrastructure import Database
from tests.support.notifier import a_notification, an_id


async def handed_over(database: Database, submission: str) -> Outcome:
    """That it was sent, and is not noted yet."""
    claimed = a_notification(id=an_id(), submission_id=submission, state="sending", claimed_by="me", next_at=utc_now())
    collection, document = notification_record(claimed)
    await database[collection].insert_one(document)
    return Outcome(claimed, State.SENT, tried=True)


async def test_one_that_takes_long_holds_up_nobody_who_notes_something_else(mongo_database: Database) -> None:
    outcomes, here, elsewhere = Outcomes(mongo_database, SOURCE), an_id(), an_id()
    waits, goes = await handed_over(mongo_database, here), await handed_over(mongo_database, elsewhere)
    async with outcomes.turns.of({here}):
        held_up = asyncio.create_task(outcomes.note([waits], utc_now()))
        assert await outcomes.note([goes], utc_now()) == [goes]
        assert not held_up.done()
    assert await held_up == [waits]


async def test_whoever_waits_has_all_of_their_turns_together_or_none() -> None:
    turns, order = KeyedLock(), list[str]()

    async def work(name: str, *keys: str) -> None:
        async with turns.of(keys):
            order.append(f"{name} begins")
            await asyncio.sleep(0)
            order.append(f"{name} ends")

    await asyncio.gather(work("a", "x", "y"), work("b", "y", "x"), work("c", "y"), work("d", "z"))
    assert order.index("d begins") < order.index("a ends")
    of_y = [each for each in order if not each.startswith("d")]
    assert [each.split()[1] for each in of_y] == ["begins", "ends"] * 3
    with pytest.raises(ValueError, match="stop"):
        async with turns.of({"x"}):
            raise ValueError("stop")
    async with asyncio.timeout(PATIENCE_SECONDS), turns.of({"x", "y", "z"}):
        pass
