"""A planned notification is claimed by the write that stores it, and handed over without another."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from notifier.channels import Message, Unavailable
from notifier.contacts.recipient_facts import RecipientFacts
from notifier.contacts.recipient_lookup import RecipientLookup
from notifier.contacts.store import Contacts
from notifier.contacts.suppression_lookup import SuppressionList
from notifier.contacts.suppression_store import Suppressions
from notifier.deferral.confirmed_release import Releaser
from notifier.deferral.store import HeldNotifications
from notifier.notifications.model import Notification
from notifier.notifications.outcome_store import Outcomes
from notifier.notifications.outcomes import Handover, RetryPolicy
from notifier.notifications.store import SOURCE, Notifications, notification_record
from notifier.preferences.store import PreferenceStore
from notifier.sending.worker import Dispatcher
from notifier.sending.writing import MessageWriter
from shared.concurrency.tasks import cancel_all
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Document, VersionMiss

from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.notifier import a_notification, the_book

POLICY = RetryPolicy(timedelta(seconds=30), timedelta(seconds=60), attempts=3)


class Post:
    """Channel, writer and look-up in one: whatever is given is handed over as it is, in `sent`."""

    name, at_once = "mail", 2

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.is_away = False

    async def known(self, notifications: Sequence[Notification]) -> RecipientFacts:
        return RecipientFacts()

    def write(self, notification: Notification, known: RecipientFacts, now: datetime) -> Message:
        return Message(notification.id, "t", "a@b.example", None, "en", "s", "t", "h", now)

    async def send(self, message: Message) -> Handover:
        if self.is_away:
            raise Unavailable("away")
        self.sent.append(message.id)
        return Handover()

    async def close(self) -> None: ...


class SlowToAnswer(Notifications):
    """Takes back at once, and answers when it may."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, kept_days=1)
        self.has_taken_back, self.may_answer = asyncio.Event(), asyncio.Event()
        self.may_answer.set()

    async def take_back(self, claimant: str, but_not: Collection[str], now: datetime) -> int:
        count = await super().take_back(claimant, but_not, now)
        self.has_taken_back.set()
        await self.may_answer.wait()
        return count


class Office:
    """A dispatcher over a database of its own, and what another process finds there meanwhile."""

    def __init__(self, database: Database) -> None:
        self.post, self.database = Post(), database
        self.notifications, outcomes = SlowToAnswer(database), Outcomes(database, SOURCE)
        self.dispatcher = Dispatcher(
            self.post,
            ("normal",),
            self.notifications,
            Contacts(database),
            outcomes,
            cast(Releaser, None),
            cast(MessageWriter, self.post),
            cast(RecipientLookup, self.post),
            POLICY,
            claimant="me",
            claim_seconds=60,
            clock=utc_now,
        )

    def has_looked(self) -> bool:
        """Whether what is planned now is claimed at once."""
        with suppress(VersionMiss), self.storing("never stored") as records:
            raise VersionMiss
        return bool(records["never stored"]["state"] == "sending")

    @contextmanager
    def storing(self, *ids: str) -> Iterator[dict[str, Document]]:
        now = utc_now()
        due = [a_notification(id=id, state="created", next_at=now, event_at=now, changed_at=now) for id in ids]
        records = {each.id: notification_record(each)[1] for each in due}
        with self.dispatcher.storing(dict(records), records):
            yield records

    async def store(self, records: Mapping[str, Document]) -> None:
        await self.notifications.collection.insert_many(list(records.values()))

    async def another_finds(self) -> list[str]:
        found = await self.notifications.claim("mail", ["normal"], "another", 9, (), utc_now(), timedelta(minutes=1))
        return [each.id for each in found]

    async def states(self) -> dict[str, str]:
        return {each["_id"]: each["state"] async for each in self.notifications.collection.find()}

    async def are(self, **states: str) -> None:
        async def _are() -> bool:
            return await self.states() == states

        await eventually(_are)


@asynccontextmanager
async def an_office(database: Database) -> AsyncIterator[Office]:
    office = Office(database)
    await office.notifications.ensure_indexes()
    work = asyncio.create_task(office.dispatcher.run())
    try:
        await eventually(office.has_looked)
        yield office
    finally:
        await cancel_all([work])


async def test_what_is_planned_is_never_due_for_anybody_else_and_handed_over_once(mongo_database: Database) -> None:
    async with an_office(mongo_database) as office:
        with office.storing("a", "b", "stored before") as records:
            await office.store(records)
            assert (await office.another_finds(), office.post.sent) == ([], []), "not before it is durable"
            del records["stored before"]  # as messaging does: an earlier life has told it
        await office.are(**{"a": "sent", "b": "sent", "stored before": "sending"})
        assert sorted(office.post.sent) == ["a", "b"]


async def test_what_was_not_stored_is_handed_over_only_when_it_is_planned_again(
    mongo_database: Database,
) -> None:
    async with an_office(mongo_database) as office:
        with pytest.raises(VersionMiss), office.storing("a"):
            raise VersionMiss
        with office.storing("a") as records:
            await office.store(records)
        await office.are(a="sent")
        assert office.post.sent == ["a"]


async def test_what_was_stored_and_its_answer_lost_is_taken_back_and_handed_over_once(
    mongo_database: Database,
) -> None:
    async with an_office(mongo_database) as office:
        with suppress(ConnectionError), office.storing("a") as records:
            await office.store(records)
            raise ConnectionError
        await office.are(a="sent")
        assert office.post.sent == ["a"]


async def test_what_is_in_doubt_while_something_else_is_taken_back_is_taken_back_next(
    mongo_database: Database,
) -> None:
    async with an_office(mongo_database) as office:
        with suppress(ConnectionError), office.storing("a") as records:
            office.notifications.may_answer.clear()
            await office.dispatcher.succeed()
            await office.notifications.has_taken_back.wait()
            await office.store(records)
            raise ConnectionError
        office.notifications.may_answer.set()
        await office.are(a="sent")
        assert office.post.sent == ["a"]


async def test_what_cannot_be_handed_over_now_is_left_for_whoever_can(mongo_database: Database) -> None:
    async with an_office(mongo_database) as office:
        office.post.is_away = True
        with office.storing("first") as records:
            await office.store(records)
        await eventually(lambda: not office.dispatcher.is_available())
        with office.storing("second") as records:
            await office.store(records)
            assert records["second"]["state"] == "created"
            assert "second" in await office.another_finds()
        office.post.is_away = False
        await eventually(lambda: office.post.sent == ["first"])


async def test_what_is_stored_while_it_drains_is_given_back(mongo_database: Database) -> None:
    async with an_office(mongo_database) as office:
        with office.storing("a") as records:
            ending = asyncio.create_task(office.dispatcher.drain())
            await asyncio.sleep(0)
            await office.store(records)
        await ending
        assert (await office.states(), office.post.sent) == ({"a": "created"}, [])
        assert await office.another_finds() == ["a"]


class Nothing:
    """Holds nothing back."""

    async def of(self, claimed: Sequence[Notification], known: RecipientFacts) -> dict[str, Any]:
        return {}


async def test_of_messages_to_a_number_that_are_claimed_side_by_side_the_earliest_asks_whoever_looks(
    mongo_database: Database,
) -> None:
    notifications, nobody = Notifications(mongo_database, kept_days=1), cast(Any, None)
    suppressed = SuppressionList(Suppressions(mongo_database), nobody)
    preferences, contacts = PreferenceStore(mongo_database, SOURCE), Contacts(mongo_database)
    held, nothing = HeldNotifications(mongo_database), cast(Any, Nothing())
    look_up = RecipientLookup(the_book(), contacts, nobody, suppressed, preferences, held, notifications, nothing)
    now = utc_now()
    each_by_sms = [
        a_notification(id=id, channel="sms", state="sending", event_at=now + timedelta(seconds=at))
        for id, at in (("z", 0), ("a", 1), ("b", 1))
    ]
    await notifications.add(each_by_sms)
    asks = [(await look_up.known([each])).first_to_number for each in each_by_sms]
    assert asks == [{"z"}, frozenset(), frozenset()]
    await notifications.collection.update_one({"_id": "a"}, {"$set": {"state": "sent"}})
    assert (await look_up.known(each_by_sms[:1])).first_to_number == frozenset(), "one has gone"
