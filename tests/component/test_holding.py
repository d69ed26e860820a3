"""A message at night waits for the morning, and is dropped where it has been overtaken by then."""

from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
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

FROM_OUR_PAGE = {"origin": "https://tawasul.example", "sec-fetch-site": "same-origin"}
office = one_notifier.office
country, client = one_notifier.country, one_notifier.client


@pytest.fixture
def settings(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider, office: PostOffice
) -> NotifierSettings:
    """It is night, at whatever hour this runs."""
    now = utc_now().astimezone(ZoneInfo("Asia/Bahrain"))
    night = f"{now - timedelta(hours=2):%H:%M}-{now + timedelta(hours=3):%H:%M}"
    return notifier_settings(
        infrastructure, mongo_database.name, topic_prefix, provider.issuer, office.port, quiet_hours=night
    )


async def test_at_night_only_what_is_urgent_goes_out_and_in_the_morning_what_still_matters(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database
) -> None:
    id = await file(neighbours)
    await message_of(mongo_database, id, "sent")
    await neighbours.publish(id, a_fact("SubmissionAssigned", id), a_fact("DeadlineBreached", id))
    await neighbours.publish(id, a_fact("InformationRequested", id, to_state="awaiting_citizen"))
    await eventually(lambda: office.to("head.works@gov.example"))
    assigned = await message_of(mongo_database, id, "held", template="assigned")
    assert (assigned["reason"], "next_at" in assigned) == ("quiet hours", False)
    left = assigned["held_until"] - utc_now()
    assert timedelta(hours=2, minutes=58) < left <= timedelta(hours=3)
    await message_of(mongo_database, id, "held", template="question-asked")
    inbox = {"submission_id": id, "channel": "inbox", "recipient": "citizen.maryam", "state": "delivered"}
    assert await mongo_database["notifications"].count_documents(inbox) == 3, "which waits for nothing"

    await neighbours.publish(id, a_fact("InformationAdded", id, from_state="awaiting_citizen", to_state="in_progress"))
    page = urlsplit(str(office.to(MARYAM)[0].message["List-Unsubscribe"]).strip("<>")).path
    awake = {"progress-mail": "yes", "quiet": "never"}
    assert (await client.post(f"{page}/choices", data=awake, headers=FROM_OUR_PAGE)).status_code == 303
    morning = {"submission_id": id, "recipient": f"{id}/author", "state": "held"}
    await eventually(lambda: _has_state(mongo_database, id, "in_progress"))
    await mongo_database["notifications"].update_many(morning, {"$set": {"held_until": utc_now()}})
    sent = await message_of(mongo_database, id, "sent", template="assigned")
    assert (sent["held_for"], "released_at" in sent, "held_until" in sent) == ("quiet hours", True, False)
    overtaken = await message_of(mongo_database, id, "cancelled", template="question-asked")
    assert (overtaken["reason"], "text" in overtaken["params"]) == ("overtaken", False)
    assert len(office.to(MARYAM)) == 2
    await neighbours.publish(id, a_fact("SubmissionAnswered", id))
    assert (await message_of(mongo_database, id, "cancelled", template="answered"))["reason"] == "switched off"


async def _has_state(database: Database, id: str, state: str) -> bool:
    case = await database["cases"].find_one({"_id": id})
    return case is not None and case["state"]["state"] == state
