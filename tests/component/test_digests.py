"""An official who wants what happens gathered gets one mail with all cases: nothing is lost, nothing comes twice."""

import asyncio
from datetime import timedelta
from typing import Any

from notifier.deferral.deferred_release import TOGETHER
from notifier.deferral.digests import DIGEST
from notifier.deferral.message_grouping import combined
from notifier.deferral.store import HeldNotifications
from notifier.notifications.store import Notifications, notification_record
from shared.reference.working_time import utc_now

from tests.support import one_notifier
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.notifier import NOW, a_fact, a_notification
from tests.support.one_notifier import Client, file
from tests.support.post_office import PostOffice
from tests.support.provider import Provider

OFFICER = "officer.one@gov.example"
API = "/api/notifier/v1/preferences"

office, settings = one_notifier.office, one_notifier.settings
country, client = one_notifier.country, one_notifier.client


async def test_what_an_official_wants_gathered_comes_in_one_mail_and_at_once_when_that_is_changed(
    client: Client, neighbours: Neighbours, office: PostOffice, mongo_database: Database, provider: Provider
) -> None:
    notifications = mongo_database["notifications"]
    officer = provider.authorization("officer.one", "officer", entity="works")
    daily = {"choices": {"assignment": {"mail": "daily"}, "deadline": {"mail": "daily"}}, "quiet": None}
    chosen = await client.put(API, json=daily, headers=officer)
    assert chosen.json()["choices"] == daily["choices"]
    page = await client.get("/inbox/preferences?lang=en", headers=officer)
    assert ('<option value="daily" selected>' in page.text, "on Sunday at 07:30" in page.text) == (True, True)
    wrong = {"choices": {"decision": {"mail": "daily"}}}
    assert (await client.put(API, json=wrong, headers=officer)).status_code == 422

    first, second = await file(neighbours), await file(neighbours, reference="9ZZZZ-QPA42")
    late = await file(neighbours, reference="8YYYY-QPA42")
    for id in (first, second, late):
        await neighbours.publish(id, a_fact("SubmissionAssigned", id), a_fact("DeadlineSet", id, due_at=NOW, **SET))
    await neighbours.publish(late, a_fact("DeadlineApproaching", late), a_fact("DeadlineBreached", late))
    mine: dict[str, Any] = {"recipient": "officer.one", "channel": "mail"}
    await eventually(lambda: _count(notifications, 4, mine | {"held_for": DIGEST, "state": "held"}))
    await eventually(lambda: office.to(OFFICER))
    assert [mail for mail in office.subjects_to(OFFICER) if "news" in mail] == [], "nothing was due yet"
    assert len(office.to(OFFICER)) == 1, "what is mandatory is told at once"
    await eventually(lambda: len(office.to("officer.two@gov.example")) == 5)
    waiting = await notifications.find_one(mine | {"held_for": DIGEST}) or {}
    assert (waiting["held_until"] + timedelta(hours=3)).strftime("%H:%M") == "07:30"
    await neighbours.publish(late, a_fact("SubmissionAnswered", late))
    await eventually(lambda: _count(mongo_database["cases"], 1, {"_id": late, "state.state": "answered"}))

    hourly = {"choices": {"assignment": {"mail": "hourly"}}}
    assert (await client.put(API, json=hourly, headers=officer)).status_code == 200
    await eventually(lambda: len(office.to(OFFICER)) == 2)
    digest = office.to(OFFICER)[1]
    assert "(2)" in str(digest.message["Subject"])
    for said in ("7K3MX-QPA42", "9ZZZZ-QPA42", "https://tawasul.example/desk", "Due: Tuesday 24 November 2026, 12:00"):
        assert said in digest.text
    await eventually(lambda: _count(notifications, 2, mine | {"told_in": {"$exists": True}, "state": "sent"}))
    dropped = await notifications.find(mine | {"submission_id": late, "held_for": DIGEST}).to_list()
    assert [(each["state"], each["reason"]) for each in dropped] == [("cancelled", "overtaken")] * 2
    (one,) = await notifications.find({"template": DIGEST}).to_list()
    assert (one["lane"], one["state"], digest.message_id) == ("bulk", "sent", f"<{one['_id']}@tawasul.example>")

    assert (await client.put(API, json={"choices": {}}, headers=officer)).status_code == 200
    third = await file(neighbours)
    await neighbours.publish(third, a_fact("SubmissionAssigned", third))
    await eventually(lambda: len(office.to(OFFICER)) == 3)
    assert "assigned" in str(office.to(OFFICER)[2].text).lower()
    assert await notifications.count_documents({"template": DIGEST}) == 1, "and none where there is nothing"


async def test_more_spoilt_messages_than_are_let_go_at_once_keep_no_other_held(
    client: Client, mongo_database: Database
) -> None:
    notifications, now = mongo_database["notifications"], utc_now()
    await notifications.insert_many(
        [{"_id": f"spoilt-{n}", "state": "held", "held_until": now - timedelta(hours=1)} for n in range(TOGETHER + 1)]
    )
    held = a_notification(id="sound", channel="inbox", state="held", held_until=now)
    await notifications.insert_one(notification_record(held)[1])
    await eventually(lambda: _count(notifications, 1, {"_id": "sound", "held_until": {"$exists": False}}))
    assert await _count(notifications, TOGETHER + 1, {"state": "held"})


async def test_one_case_that_cannot_be_read_keeps_no_message_about_another_held(
    client: Client, neighbours: Neighbours, mongo_database: Database
) -> None:
    spoilt, sound = await file(neighbours), await file(neighbours, reference="9ZZZZ-QPA42")
    await eventually(lambda: _count(mongo_database["cases"], 2, {}))
    await mongo_database["cases"].update_one({"_id": spoilt}, {"$set": {"state": "spoilt"}})
    notifications = mongo_database["notifications"]
    ones = [
        a_notification(id=id, submission_id=id, channel="inbox", over_in=("closed",), state="held")
        for id in (spoilt, sound)
    ]
    for one in ones:
        await notifications.insert_one(notification_record(one)[1] | {"held_until": utc_now()})
    await eventually(lambda: _count(notifications, 1, {"_id": sound, "held_until": {"$exists": False}}))
    assert await _count(notifications, 1, {"_id": spoilt, "state": "held"})


async def test_each_digest_is_whole_however_many_wait_and_made_once_by_however_many_processes(
    mongo_database: Database,
) -> None:
    await Notifications(mongo_database, kept_days=1).ensure_indexes()
    now = utc_now()
    ones = [
        a_notification(
            id=f"{reader}-{n}",
            recipient=f"reader.{reader}",
            recipient_kind="official",
            submission_id=f"case-{n}",
            state="held",
            held_for=DIGEST,
            held_until=now,
        )
        for n in range(20)
        for reader in range(10)
    ]
    await mongo_database["notifications"].insert_many([notification_record(each)[1] for each in ones])
    stores = [HeldNotifications(mongo_database) for _ in range(3)]

    async def _one_process(store: HeldNotifications) -> int:
        made = 0
        while due := await store.due(now, 7):
            for reader in dict.fromkeys(each.recipient for each in due):
                if members := await store.gathered([reader], now, 100):
                    made += await store.put_together(combined(members, now), now)
        return made

    made = await asyncio.gather(*(_one_process(store) for store in stores))
    assert sum(made) == 10
    digests = await mongo_database["notifications"].find({"template": DIGEST}).to_list()
    assert sorted(len(each["members"]) for each in digests) == [20] * 10
    assert await mongo_database["notifications"].count_documents({"told_in": {"$exists": True}}) == 200


async def _count(collection: Any, count: int, what: dict[str, Any]) -> bool:
    return int(await collection.count_documents(what)) == count


SET: dict[str, Any] = {"policy": "p", "policy_version": 1, "calendar": "c", "calendar_version": 1}
