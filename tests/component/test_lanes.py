"""An urgent message never waits behind others, and bulk waits behind all of them."""

import asyncio
from datetime import timedelta

import pytest
from notifier.app import create_app
from notifier.notifications.model import Lane, State
from notifier.notifications.outcome_store import Outcomes
from notifier.notifications.outcomes import Outcome
from notifier.notifications.store import SOURCE, Notifications, notification_record
from notifier.settings import NotifierSettings
from shared.reference.working_time import utc_now

from tests.support import one_notifier
from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.notifier import A_SUBMISSION, a_fact, a_notification, notifier_settings
from tests.support.one_notifier import file
from tests.support.post_office import Posted, PostOffice
from tests.support.provider import Provider
from tests.support.serving import serving

office, country = one_notifier.office, one_notifier.country


@pytest.fixture
def settings(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider, office: PostOffice
) -> NotifierSettings:
    return notifier_settings(
        infrastructure, mongo_database.name, topic_prefix, provider.issuer, office.port, smtp_connections=1
    )


async def test_an_escalation_goes_out_while_every_other_sender_is_held_up(
    settings: NotifierSettings, country: None, neighbours: Neighbours, office: PostOffice
) -> None:
    is_held_up, may_go_on = asyncio.Event(), asyncio.Event()

    async def _slowly(posted: Posted) -> str:
        is_held_up.set()
        await may_go_on.wait()
        return "250 taken"

    async with serving(create_app(settings)):
        id = await file(neighbours)
        await eventually(lambda: len(office.mails) == 1)
        office.verdicts.append(_slowly)
        await neighbours.publish(id, a_fact("SubmissionAssigned", id))
        await is_held_up.wait()
        await neighbours.publish(id, a_fact("DeadlineEscalated", id))
        await eventually(lambda: "escalated" in "".join(office.subjects_to("head.works@gov.example")))
        assert len(office.mails) == 2, "the rest still waits"
        may_go_on.set()
        await eventually(lambda: len(office.mails) == 5)


async def test_lanes_are_claimed_in_turn_and_the_oldest_of_each_first(mongo_database: Database) -> None:
    notifications = Notifications(mongo_database, kept_days=1)
    await notifications.ensure_indexes()
    now = utc_now()
    lanes: list[Lane] = ["bulk", "normal", "urgent"]
    for minutes, lane in enumerate([lane for lane in lanes for _ in range(3)]):
        due = now - timedelta(minutes=60 - minutes)
        planned = a_notification(id=f"{lane}-{minutes}", lane=lane, state="created", next_at=due, event_at=due)
        collection, document = notification_record(planned)
        await mongo_database[collection].insert_one(document)

    async def claimed(limit: int, *lanes: Lane) -> list[str]:
        found = await notifications.claim("mail", lanes, "me", limit, (), now, timedelta(minutes=1))
        return sorted(each.id for each in found)

    assert await claimed(2, "urgent") == ["urgent-6", "urgent-7"]
    assert await claimed(4, "normal", "bulk") == ["bulk-0", "normal-3", "normal-4", "normal-5"]
    assert await claimed(10, "normal", "bulk") == ["bulk-1", "bulk-2"]
    waiting = await notifications.waiting("mail", now, timedelta(minutes=1))
    assert (waiting.by_state, waiting.oldest_due) == ({"sending": 8, "created": 1}, now - timedelta(minutes=52))


async def test_the_version_before_keeps_its_index_and_can_come_back(mongo_database: Database) -> None:
    collection = mongo_database["notifications"]
    earlier: list[tuple[str, int]] = [("channel", 1), ("next_at", 1)]
    notifications = Notifications(mongo_database, kept_days=1)
    for _ in range(2):
        await collection.create_index(earlier, name="due", partialFilterExpression={"next_at": {"$exists": True}})
        await notifications.ensure_indexes()
    there = await collection.index_information()
    assert [there[name]["key"] for name in ("due", "lanes")] == [earlier, [("channel", 1), ("lane", 1), ("next_at", 1)]]


async def test_one_that_cannot_be_read_holds_up_no_other(mongo_database: Database) -> None:
    notifications = Notifications(mongo_database, kept_days=1)
    await notifications.ensure_indexes()
    now, a_minute = utc_now(), timedelta(minutes=1)
    for id in ("before", "spoilt", "after"):
        _, document = notification_record(a_notification(id=id, state="created", next_at=now, event_at=now))
        await mongo_database["notifications"].insert_one(document)
    await mongo_database["notifications"].update_one({"_id": "spoilt"}, {"$set": {"event_at": "no time"}})
    lanes: list[Lane] = ["normal"]
    taken = await notifications.claim("mail", lanes, "me", 10, (), now, a_minute)
    assert sorted(each.id for each in taken) == ["after", "before"]
    assert await notifications.claim("mail", lanes, "me", 10, (), now, a_minute) == []
    await mongo_database["notifications"].update_one({"_id": "spoilt"}, {"$set": {"event_at": now}})
    mended = await notifications.claim("mail", lanes, "me", 10, ("after", "before"), now + 2 * a_minute, a_minute)
    assert [each.id for each in mended] == ["spoilt"]


async def test_one_dispatcher_takes_back_what_its_own_name_holds_and_nothing_of_another(
    mongo_database: Database,
) -> None:
    notifications = Notifications(mongo_database, kept_days=1)
    await notifications.ensure_indexes()
    now = utc_now()
    lanes: list[Lane] = ["urgent", "normal"]
    for id, lane in enumerate(lanes * 3):
        planned = a_notification(id=str(id), lane=lane, state="created", next_at=now, event_at=now)
        await mongo_database["notifications"].insert_one(notification_record(planned)[1])

    async def claim(claimant: str, lane: Lane, limit: int) -> list[str]:
        claimed = await notifications.claim("mail", [lane], claimant, limit, (), now, timedelta(minutes=1))
        return [each.id for each in claimed]

    on_its_way, lost = await claim("notifier-1-mail-urgent", "urgent", 2)
    others = [await claim("notifier-11-mail-urgent", "urgent", 1), await claim("notifier-1-mail-normal", "normal", 3)]
    assert [len(each) for each in others] == [1, 3]
    assert await notifications.take_back("notifier-1-mail-urgent", {on_its_way}, now) == 1
    assert await claim("notifier-1-mail-urgent", "urgent", 5) == [lost]
    assert await claim("notifier-1-mail-normal", "normal", 5) == []


async def test_what_becomes_at_once_of_several_about_one_submission_is_noted_without_a_miss(
    mongo_database: Database,
) -> None:
    outcomes, notifications = Outcomes(mongo_database, SOURCE), mongo_database["notifications"]
    await outcomes.ensure_indexes()
    told = [a_notification(id=channel, channel=channel, claimed_by=channel) for channel in ("mail", "sms")]
    received = a_notification(id="received", channel="sms", state="sent")
    await notifications.insert_many([notification_record(each)[1] for each in (*told, received)])
    await notifications.update_one({"_id": "received"}, {"$set": {"receipt_waits": "delivered"}})
    await asyncio.gather(
        *(outcomes.note([Outcome(each, State.SENT)], utc_now()) for each in told),
        outcomes.note_receipt(received, State.DELIVERED, State.DELIVERED, utc_now()),
    )
    found = await outcomes.deliveries.find(A_SUBMISSION)
    assert found is not None
    assert (found.version, found.emitted) == (3, 3)
