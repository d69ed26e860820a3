"""What ended long ago is found to be erased, whatever its end was, and what somebody still waits for is not."""

from datetime import datetime, timedelta
from uuid import uuid4

from intake.submissions.group_commit_store import GroupCommit
from intake.submissions.life import Status
from intake.submissions.store import COLLECTION, Submissions
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate

from tests.support.infrastructure import Database
from tests.support.intake import a_submission

ENDS = {
    Status.CLOSED,
    Status.WITHDRAWN,
    Status.DECLINED,
    Status.MERGED,
    Status.ACCEPTED,
    Status.REJECTED,
    Status.IMPLEMENTED,
}
KEPT_FOR = timedelta(days=1_825)


def submissions_in(database: Database) -> Submissions:
    return Submissions(database, GroupCommit(database[COLLECTION], 100, 100))


async def store(database: Database, status: Status, heard_of: datetime) -> str:
    id = str(uuid4())
    state = a_submission(status, reference=id, updated_at=heard_of)
    await database[COLLECTION].insert_one(StoredAggregate(id, state=state).document())
    return id


async def test_retention_finds_every_end_and_nothing_that_is_under_way(mongo_database: Database) -> None:
    submissions, now = submissions_in(mongo_database), utc_now()
    await submissions.ensure_indexes()
    old = {await store(mongo_database, status, now - KEPT_FOR): status for status in Status}
    for status in Status:
        await store(mongo_database, status, now)
    found = await submissions.ended_before(now - KEPT_FOR, 100)
    assert sorted(old[id] for id in found) == sorted(ENDS)
