"""Several things that happen to one submission soon after one another come in one message, whole and once."""

import asyncio
import signal
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from notifier.deferral.message_grouping import combined
from notifier.deferral.store import HeldNotifications
from notifier.notifications.store import notification_record, read_notification
from notifier.settings import NotifierSettings
from shared.events.envelope import Event
from shared.events.topics import NOTIFICATIONS
from shared.reference.working_time import utc_now

from tests.support import one_notifier
from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.notifier import a_fact, a_notification, notifier_settings
from tests.support.one_notifier import MARYAM, Client, a_process, file, message_of
from tests.support.post_office import Posted, PostOffice
from tests.support.provider import Provider

office = one_notifier.office
country, client = one_notifier.country, one_notifier.client


@pytest.fixture
def settings(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider, office: PostOffice
) -> NotifierSettings:
    return notifier_settings(
        infrastructure, mongo_database.name, topic_prefix, provider.issuer, office.port, burst_seconds=3_600
    )


async def test_the_first_comes_at_once_and_what_follows_in_one_message_that_says_everything(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database, provider: Provider
) -> None:
    id = await file(neighbours)
    await message_of(mongo_database, id, "sent")
    await neighbours.publish(id, a_fact("SubmissionAssigned", id))
    await message_of(mongo_database, id, "sent", template="assigned")
    for type in ("SubmissionTransferred", "InterimReplyGiven", "InformationRequested"):
        await neighbours.publish(id, a_fact(type, id, text="On Tuesday."))
    await message_of(mongo_database, id, "sent", template="question-asked")
    assert len(office.to(MARYAM)) == 3, "what is mandatory waits for nothing, and nothing waits for what is urgent"
    waiting = [await message_of(mongo_database, id, "held", template=each) for each in ("transferred", "interim-reply")]
    assert {each["held_for"] for each in waiting} == {"burst"}
    assert all(timedelta(minutes=58) < each["held_until"] - utc_now() < timedelta(hours=1) for each in waiting)

    await their_time_comes(mongo_database, id)
    one = await message_of(mongo_database, id, "sent", template="several")
    members = [await message_of(mongo_database, id, "sent", template=each) for each in ("transferred", "interim-reply")]
    assert set(one["members"]) == {each["_id"] for each in members}
    assert {each["told_in"] for each in members} == {one["_id"]}
    assert all("text" not in each["params"] for each in members), "forgotten, as it has been told"
    (mail,) = office.to(MARYAM)[3:]
    assert mail.message_id.startswith(f"<{one['_id']}@")
    assert "List-Unsubscribe" in mail.message
    for said in ("has moved to Entity works", "News from Entity works", "On Tuesday."):
        assert said in mail.text
        assert said in mail.html
    each_told = ["assigned", "interim-reply", "question-asked", "received", "transferred"]

    def _told(events: Sequence[Event]) -> bool:
        return sorted(each.data.template for each in events if each.data.audience == "author") == each_told

    await neighbours.hear_until(NOTIFICATIONS, _told, id)
    central = provider.authorization("central.triage", "central", entity="central-office")
    items = (await client.get(f"/api/notifier/v1/submissions/{id}/notifications", headers=central)).json()["items"]
    assert {each["template"] for each in items if each["told_in"] == one["_id"]} == {"transferred", "interim-reply"}


@pytest.mark.full
async def test_a_process_killed_while_it_tells_several_tells_them_again_under_the_same_message_id(
    settings: NotifierSettings, country: None, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    running = [await a_process(settings)]
    id = await file(neighbours)
    await neighbours.publish(id, a_fact("SubmissionAssigned", id))
    await message_of(mongo_database, id, "sent", template="assigned")
    for type in ("SubmissionTransferred", "InterimReplyGiven"):
        await neighbours.publish(id, a_fact(type, id))
    for each in ("transferred", "interim-reply"):
        await message_of(mongo_database, id, "held", template=each)

    async def _are_noted() -> bool:
        """Two of them to officials: what is not noted yet would go out once more after the kill."""
        return await mongo_database["notifications"].count_documents({"channel": "mail", "state": "sent"}) == 4

    await eventually(_are_noted)

    async def _kill(posted: Posted) -> str:
        running[0].send_signal(signal.SIGKILL)
        return "250 taken"

    office.verdicts.append(_kill)
    await their_time_comes(mongo_database, id)
    await running[0].wait()
    running.append(await a_process(settings))
    try:
        one = await message_of(mongo_database, id, "sent", template="several")
        for each in ("transferred", "interim-reply"):
            assert (await message_of(mongo_database, id, "sent", template=each))["told_in"] == one["_id"]
        events = await neighbours.hear_until(NOTIFICATIONS, lambda events: len(_to_author(events)) >= 4, id)
    finally:
        running[1].send_signal(signal.SIGTERM)
        await running[1].wait()
    first, second = office.mails[4:]
    assert first.message.as_bytes() == second.message.as_bytes()
    assert sorted(_to_author(events)) == ["assigned", "interim-reply", "received", "transferred"]


async def their_time_comes(database: Database, id: str) -> None:
    """Of all that its author is not told yet in one moment: whoever looks between two of them would tell one alone."""
    theirs = {"submission_id": id, "recipient": f"{id}/author", "state": "held"}
    async with database.client.start_session() as session, await session.start_transaction():
        await database["notifications"].update_many(theirs, {"$set": {"held_until": utc_now()}}, session=session)


def _to_author(events: Sequence[Event]) -> list[str]:
    """The templates of the messages that were sent."""
    return [event.data.template for event in events if event.data.audience == "author"]


async def held_ones(database: Database, *ids: str) -> Sequence[Any]:
    due = utc_now() - timedelta(seconds=1)
    ones = [a_notification(id=id, state="held", held_until=due, held_for="burst") for id in ids]
    await database["notifications"].insert_many([notification_record(one)[1] for one in ones])
    return ones


async def test_two_processes_that_look_at_once_make_one_message_and_one_that_was_slower_makes_none(
    mongo_database: Database,
) -> None:
    stores = [HeldNotifications(mongo_database) for _ in range(4)]
    one = combined(await held_ones(mongo_database, "a", "b"), utc_now())
    made = await asyncio.gather(*(store.put_together(one, utc_now()) for store in stores))
    assert sum(made) == 1
    assert not await stores[0].put_together(one, utc_now())
    found = [read_notification(each) async for each in mongo_database["notifications"].find().sort("_id")]
    assert {each.told_in for each in found if each.id != one.id} == {one.id}
    assert [each.id for each in found if each.next_at] == [one.id]


async def test_what_was_put_together_is_not_cancelled_by_whoever_read_it_before_that(mongo_database: Database) -> None:
    held, ones = HeldNotifications(mongo_database), await held_ones(mongo_database, "a", "b", "waits")
    assert await held.put_together(combined(ones[:2], utc_now()), utc_now())
    await held.cancel(["a", "b", "waits"], "overtaken", utc_now())
    states = {each["_id"]: each["state"] async for each in mongo_database["notifications"].find()}
    assert [states[id] for id in ("a", "b", "waits")] == ["held", "held", "cancelled"]


async def test_what_was_erased_while_it_was_put_together_leaves_the_rest_as_it_was(mongo_database: Database) -> None:
    one = combined(await held_ones(mongo_database, "a", "b"), utc_now())
    store = HeldNotifications(mongo_database)
    await store.cancel(["a"], "erased", utc_now())
    assert not await store.put_together(one, utc_now())
    left = {each["_id"]: each async for each in mongo_database["notifications"].find()}
    assert (set(left), "told_in" in left["b"], left["b"]["state"]) == ({"a", "b"}, False, "held")
