"""Nobody is sent more than so many messages in a day: the rest comes later, with the reason, and urgent things come."""

from datetime import timedelta
from typing import Any

import pytest
from notifier.deferral.day_count_store import DayCounts
from notifier.settings import NotifierSettings
from shared.reference.working_time import utc_now

from tests.support import one_notifier
from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.notifier import a_fact, notifier_settings
from tests.support.one_notifier import MARYAM, Client, file, message_of
from tests.support.post_office import PostOffice
from tests.support.provider import Provider

OFFICER = "officer.one@gov.example"

office = one_notifier.office
country, client = one_notifier.country, one_notifier.client


@pytest.fixture
def settings(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider, office: PostOffice
) -> NotifierSettings:
    return notifier_settings(
        infrastructure, mongo_database.name, topic_prefix, provider.issuer, office.port, daily_limit=2
    )


async def test_what_is_too_much_for_a_day_comes_in_a_digest_that_says_why_and_urgent_things_come_at_once(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    notifications = mongo_database["notifications"]
    ids = [await file(neighbours) for _ in range(3)]
    for id in ids:
        await message_of(mongo_database, id, "sent")
        await neighbours.publish(id, a_fact("SubmissionAssigned", id))
    held = {"state": "held", "held_for": "daily limit"}
    await eventually(lambda: _count(notifications, 3, held))
    await neighbours.publish(ids[0], a_fact("InformationRequested", ids[0]), a_fact("DeadlineBreached", ids[0]))
    await message_of(mongo_database, ids[0], "sent", template="question-asked")
    assert len(office.to(MARYAM)) == 3 + 2 + 1, "receipts and questions are not counted"
    await eventually(lambda: len(office.to(OFFICER)) == 3)
    waiting = {each["recipient_kind"]: each["held_until"] - utc_now() async for each in notifications.find(held)}
    assert waiting["official"] <= timedelta(hours=1)
    assert waiting["contact"] <= timedelta(hours=24)
    in_the_inbox = {"template": "assigned-to-you", "channel": "inbox", "recipient": "officer.one"}
    assert await notifications.count_documents(in_the_inbox | {"state": "delivered"}) == 3

    await notifications.update_many(held, {"$set": {"held_until": utc_now()}})
    await eventually(lambda: len(office.to(OFFICER)) == 4)
    assert "was kept until now" in office.to(OFFICER)[3].text
    assert "(1)" in office.subjects_to(OFFICER)[3]
    again = {"recipient_kind": "contact", "held_until": {"$gt": utc_now()}} | held
    await eventually(lambda: _count(notifications, 1, again))
    await mongo_database["told_today"].delete_many({})  # the next day
    await notifications.update_many(again, {"$set": {"held_until": utc_now()}})
    await eventually(lambda: len(office.to(MARYAM)) == 7)
    assert "was kept until now" in office.to(MARYAM)[6].text
    kept = await mongo_database["told_today"].find().to_list()
    assert "maryam" not in str(kept).lower()


async def test_a_place_among_those_of_the_day_is_kept_and_never_given_twice(mongo_database: Database) -> None:
    counts, tomorrow = DayCounts(mongo_database), utc_now() + timedelta(days=1)
    assert await counts.take_places({"m/1": ["a", "b"], "n/1": ["x"]}, 3, tomorrow) == {"a", "b", "x"}
    assert await counts.take_places({"m/1": ["b", "c", "d", "e"]}, 3, tomorrow) == {"b", "c"}, "b again, after a crash"
    assert await counts.take_places({"m/1": ["d", "e", "a"], "m/2": ["d"]}, 3, tomorrow) == {"a", "d"}
    assert await counts.take_places({}, 3, tomorrow) == set()


async def _count(collection: Any, count: int, what: dict[str, Any]) -> bool:
    return int(await collection.count_documents(what)) == count
