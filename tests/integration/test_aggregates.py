"""Aggregates where a command and a consumer write the same document, and where a transaction stands in the way."""

import asyncio

import pytest
from pymongo.errors import OperationFailure, PyMongoError
from shared.events.envelope import Cause
from shared.messaging.consumer import retry_transient
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, StoredAggregate
from shared.storage.mongo import is_transient, is_write_conflict

from tests.support.eventually import eventually
from tests.support.infrastructure import Client, Database
from tests.support.parcels import Parcel, parcels_of


def _a_parcel(*happened: str) -> Decision[Parcel]:
    return Decision(Parcel(happened=list(happened)))


async def test_a_command_leaves_the_place_that_a_consumer_noted_meanwhile(mongo_database: Database) -> None:
    """A note changes no version, so the command's write does not miss; it must not set the place back either."""
    parcels = parcels_of(mongo_database)
    await parcels.change("one", lambda _: _a_parcel("made"), utc_now(), Cause("test"))
    (read_by_command,) = (await parcels.load(["one"])).values()
    noted: StoredAggregate[Parcel] = (await parcels.load(["one"]))["one"]
    noted.note("submissions", 7)
    await parcels.save([noted])

    read_by_command.seen["submissions"] = 6
    read_by_command.apply(_a_parcel("made", "changed"), "/tawasul/parcels", utc_now(), Cause("test"))
    await parcels.save([read_by_command])

    stored = await parcels.find("one")
    assert stored is not None
    assert stored.seen == {"submissions": 7}
    assert stored.state == Parcel(happened=["made", "changed"])


async def test_work_waits_for_the_transaction_that_holds_its_document(
    mongo_client: Client, mongo_database: Database
) -> None:
    things = mongo_database["things"]
    await things.insert_one({"_id": 1, "by": "nobody"})
    conflicts: list[OperationFailure] = []

    async def work() -> None:
        try:
            async with mongo_client.start_session() as session, await session.start_transaction():
                await things.update_one({"_id": 1}, {"$set": {"by": "work"}}, session=session)
        except OperationFailure as error:
            conflicts.append(error)
            raise

    async with mongo_client.start_session() as session:
        await session.start_transaction()
        await things.update_one({"_id": 1}, {"$set": {"by": "another"}}, session=session)
        waiting = asyncio.create_task(retry_transient(work))
        await eventually(lambda: len(conflicts) > 1)
        await session.commit_transaction()
    await waiting

    assert all(is_write_conflict(error) for error in conflicts)
    assert (await things.find_one({"_id": 1}) or {})["by"] == "work"


async def test_what_cannot_be_carried_out_in_time_is_not_carried_out_later(
    mongo_client: Client, mongo_database: Database
) -> None:
    parcels = parcels_of(mongo_database)
    parcels.within = 1.0
    await parcels.change("one", lambda _: _a_parcel("made"), utc_now(), Cause("test"))

    async with mongo_client.start_session() as session:
        await session.start_transaction()
        await parcels.collection.update_one({"_id": "one"}, {"$set": {"held": True}}, session=session)
        with pytest.raises(PyMongoError) as given_up:
            await parcels.change("one", lambda _: _a_parcel("made", "late"), utc_now(), Cause("test"))
        await session.commit_transaction()

    assert is_transient(given_up.value)
    stored = await parcels.change("one", lambda _: _a_parcel("made", "next"), utc_now(), Cause("test"))
    assert stored.version == 2
