"""The SLA monitor whole, on real Kafka and MongoDB: what it hears, what it says, and when."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from shared.events.envelope import Event
from shared.events.topics import DEADLINES
from shared.http.session_cookie import Session, SessionKeys
from shared.storage.lease import Lease
from sla_monitor.app import create_app
from sla_monitor.clocks.store import Clocks
from sla_monitor.metrics import SWEEP_FAILURES, UNKNOWN_CLOCKS, UNSETTLED_AGE
from sla_monitor.settings import SlaMonitorSettings
from sla_monitor.sweeper.gauges import measure_once
from sla_monitor.sweeper.worker import Sweeper

from tests.support import one_sla_monitor
from tests.support.desk import AtTheDesk
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.one_sla_monitor import ALWAYS, API, publish
from tests.support.provider import Provider
from tests.support.serving import serving
from tests.support.sla_monitor import (
    SESSION_KEYS,
    a_policy,
    a_rulebook_body,
    a_triage_policy,
    answered,
    assigned,
    information,
    question,
    received,
    round_the_clock,
)

Client = httpx2.AsyncClient

settings, app, client = one_sla_monitor.settings, one_sla_monitor.app, one_sla_monitor.client
administrator, central = one_sla_monitor.administrator, one_sla_monitor.central


def types(events: Sequence[Event]) -> list[str]:
    return [event.type for event in events]


async def test_a_case_that_is_answered_has_one_deadline_set_and_met(
    client: Client, neighbours: Neighbours, administrator: dict[str, str], central: dict[str, str]
) -> None:
    await publish(client, administrator)
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission))
    [assignment] = await neighbours.publish(submission, assigned(submission))
    [set_] = await neighbours.hear(DEADLINES, submission, "DeadlineSet")
    assert set_.data.entity == "works"
    assert set_.data.calendar == "utilities"
    assert set_.data.due_at == assignment.time + timedelta(hours=8)
    assert set_.data.windows == ((assignment.time, set_.data.due_at),)

    await neighbours.publish(submission, answered(submission))
    said = await neighbours.hear(DEADLINES, submission, "DeadlineMet")
    assert types(said) == ["DeadlineSet", "DeadlineMet"]
    assert [event.sequence for event in said] == [1, 2]
    assert said[1].data.in_time

    shown = (await client.get(f"{API}/clocks/{submission}", headers=central)).json()
    assert shown["state"] == "met"
    assert [step["entity"] for step in shown["steps"]] == ["central-office", "works"]


async def test_a_question_pauses_and_only_its_answer_resumes(
    client: Client, neighbours: Neighbours, administrator: dict[str, str]
) -> None:
    await publish(client, administrator)
    submission, asked = str(uuid4()), str(uuid4())
    await neighbours.publish(submission, received(submission))
    await neighbours.publish(submission, assigned(submission), question(submission, asked))
    [set_, paused] = await neighbours.hear(DEADLINES, submission, "DeadlineSet", "DeadlinePaused")
    assert paused.data.question_id == asked

    await neighbours.publish(submission, information(submission), information(submission, answers=asked))
    [*_, resumed] = await neighbours.hear(DEADLINES, submission, "DeadlineResumed")
    assert resumed.data.reason == "answered"
    assert resumed.data.due_at - set_.data.due_at == resumed.data.windows[0][0] - paused_at(paused)


async def test_who_has_not_answered_a_question_is_reminded_while_the_clock_waits(
    client: Client, neighbours: Neighbours, administrator: dict[str, str]
) -> None:
    await publish(client, administrator, remind_after="1s")
    submission, asked = str(uuid4()), str(uuid4())
    await neighbours.publish(submission, received(submission), assigned(submission), question(submission, asked))
    said = await neighbours.hear(DEADLINES, submission, "ReplyAwaited")
    assert types(said) == ["DeadlineSet", "DeadlinePaused", "ReplyAwaited"]
    assert (said[-1].data.question_id, said[-1].data.until) == (asked, said[1].data.until)


def paused_at(paused: Event) -> Any:
    return paused.data.until - timedelta(hours=72, minutes=30)


async def test_facts_that_come_before_the_submission_wait_for_it(
    client: Client, neighbours: Neighbours, administrator: dict[str, str]
) -> None:
    await publish(client, administrator)
    submission, marker = str(uuid4()), str(uuid4())
    receipt = neighbours.event(submission, received(submission))
    await neighbours.publish(submission, assigned(submission))
    await neighbours.publish(marker, received(marker), assigned(marker))
    await neighbours.hear(DEADLINES, marker, "DeadlineSet")
    await neighbours.send([receipt, receipt])
    await neighbours.publish(submission, answered(submission))
    said = await neighbours.hear(DEADLINES, submission, "DeadlineMet")
    assert types(said) == ["DeadlineSet", "DeadlineMet"]


async def test_a_deadline_that_passes_is_declared_once_and_not_early(
    client: Client, neighbours: Neighbours, administrator: dict[str, str], mongo_database: Database
) -> None:
    await publish(client, administrator, answer="1s")
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission), assigned(submission))
    said = await neighbours.hear(DEADLINES, submission, "DeadlineBreached", "DeadlineEscalated")
    assert types(said) == ["DeadlineSet", "DeadlineApproaching", "DeadlineBreached", "DeadlineEscalated"]
    for event in said[2:]:
        assert timedelta() <= event.time - said[0].data.due_at < timedelta(seconds=5)
    assert (await mongo_database["clocks"].find_one({"_id": submission}))["state"].get("next_at") is None  # type: ignore[index]


async def test_a_clock_that_cannot_be_read_keeps_no_other_from_being_declared_and_is_seen_to_wait(
    app: FastAPI, client: Client, neighbours: Neighbours, administrator: dict[str, str], mongo_database: Database
) -> None:
    await publish(client, administrator, answer="1s")
    spoilt, sound = str(uuid4()), str(uuid4())
    await neighbours.publish(spoilt, received(spoilt))
    clocks, past = mongo_database["clocks"], datetime.now(UTC) - timedelta(minutes=10)
    await eventually(lambda: clocks.find_one({"_id": spoilt}))
    before = SWEEP_FAILURES._value.get()
    kept = await clocks.find_one_and_update(
        {"_id": spoilt}, {"$set": {"state.facts": "spoilt", "state.next_at": past, "state.imminent": True}}
    )
    await neighbours.publish(sound, received(sound), assigned(sound))
    await neighbours.hear(DEADLINES, sound, "DeadlineBreached", "DeadlineEscalated")
    await eventually(lambda: SWEEP_FAILURES._value.get() > before)
    now = datetime.now(UTC)
    await measure_once(app.state.clocks, now)
    assert UNSETTLED_AGE._value.get() == pytest.approx((now - past).total_seconds(), abs=0.01)

    assert kept is not None
    mended = {"state.facts": kept["state"]["facts"], "state.next_at": now, "state.imminent": True}
    await clocks.update_one({"_id": spoilt}, {"$set": mended})
    await neighbours.publish(spoilt, assigned(spoilt))
    await neighbours.hear(DEADLINES, spoilt, "DeadlineBreached", "DeadlineEscalated")
    await measure_once(app.state.clocks, datetime.now(UTC))
    assert UNSETTLED_AGE._value.get() == 0


async def test_two_sweepers_at_once_declare_once(
    app: FastAPI,
    client: Client,
    neighbours: Neighbours,
    administrator: dict[str, str],
    mongo_database: Database,
) -> None:
    await publish(client, administrator, answer="1s")
    # Beside the service's own: both believe that they hold the lease, as one that was stopped and woke again does.
    others = [
        Sweeper(Clocks(mongo_database), app.state.reference, Lease(mongo_database, f"other-{n}", "test"), nothing)
        for n in range(2)
    ]
    sweeping = [asyncio.ensure_future(sweeper.lead()) for sweeper in others]
    submissions = [str(uuid4()) for _ in range(20)]
    for submission in submissions:
        await neighbours.publish(submission, received(submission), assigned(submission))
    for submission in submissions:
        said = await neighbours.hear(DEADLINES, submission, "DeadlineBreached", "DeadlineEscalated")
        assert types(said) == ["DeadlineSet", "DeadlineApproaching", "DeadlineBreached", "DeadlineEscalated"]
        assert [event.sequence for event in said] == [1, 2, 3, 4]
    for sweep in sweeping:
        assert not sweep.done()
        sweep.cancel()


async def nothing() -> None:
    return


async def test_what_came_due_while_it_was_down_is_declared_once_when_it_is_back(
    settings: SlaMonitorSettings, neighbours: Neighbours, administrator: dict[str, str]
) -> None:
    late, answered_meanwhile = str(uuid4()), str(uuid4())
    due_at = datetime.now(UTC)
    async with serving(create_app(settings)) as client:
        await publish(client, administrator, answer="15s")  # it must have ended before one is due, on slow machines too
        for submission in (late, answered_meanwhile):
            await neighbours.publish(submission, received(submission), assigned(submission))
            set_, *_ = await neighbours.hear(DEADLINES, submission, "DeadlineSet")
            due_at = set_.data.due_at
    await neighbours.publish(answered_meanwhile, answered(answered_meanwhile))
    await eventually(lambda: datetime.now(UTC) > due_at)
    async with serving(create_app(settings)):
        said = await neighbours.hear(DEADLINES, late, "DeadlineBreached", "DeadlineEscalated")
        assert types(said) == ["DeadlineSet", "DeadlineApproaching", "DeadlineBreached", "DeadlineEscalated"]
        said = await neighbours.hear(DEADLINES, answered_meanwhile, "DeadlineMet")
        # The warning may have been due before it went down; what it must not say is that the answer was late.
        assert [said_type for said_type in types(said) if said_type != "DeadlineApproaching"] == [
            "DeadlineSet",
            "DeadlineMet",
        ]


async def test_faulty_calendars_and_policies_are_refused_whole(
    client: Client, administrator: dict[str, str], central: dict[str, str]
) -> None:
    body = a_rulebook_body(a_policy(answer="0h"), a_triage_policy(calendar="lunar"), calendars=[ALWAYS])
    url = f"{API}/calendars-and-policies"
    refused = await client.put(url, json=body, headers=administrator)
    assert refused.status_code == 422
    assert {fault["code"] for fault in refused.json()["errors"]} == {"zero", "unknown"}
    assert (await client.get(f"{API}/policies")).status_code == 404
    assert (await client.put(url, json=body, headers=central)).status_code == 403

    await publish(client, administrator)
    shown = (await client.get(f"{API}/calendars")).json()
    assert [(item["id"], item["version"]) for item in shown["items"]] == [("government", 1), ("utilities", 1)]


async def test_a_rulebook_sent_twice_with_its_key_is_published_once_and_answered_alike(
    client: Client, administrator: dict[str, str]
) -> None:
    def keyed() -> dict[str, str]:
        return administrator | {"Idempotency-Key": str(uuid4())}

    async def put(body: dict[str, Any], headers: dict[str, str]) -> httpx2.Response:
        return await client.put(f"{API}/calendars-and-policies", json=body, headers=headers)

    first, second = (
        a_rulebook_body(a_policy(answer=answer), a_triage_policy(), calendars=[ALWAYS, round_the_clock()])
        for answer in ("8h", "9h")
    )
    publishing, unchanging = keyed(), keyed()
    seen = publishing | {"If-Match": '"0"'}
    at_once = await asyncio.gather(*(put(first, seen) for _ in range(4)))
    assert {answer.status_code for answer in at_once} == {200}, [answer.text for answer in at_once]
    assert {answer.headers["ETag"] for answer in at_once} == {'"1"'}
    assert all(answer.json() == at_once[0].json() and answer.json()["changed"] for answer in at_once)
    unchanged = await asyncio.gather(*(put(first, unchanging) for _ in range(4)))
    assert [(answer.status_code, answer.json()["changed"]) for answer in unchanged] == [(200, False)] * 4

    assert (await put(second, administrator | {"If-Match": '"0"'})).status_code == 412
    assert (await put(second, administrator | {"If-Match": '"1"'})).json()["version"] == 2
    assert [(await put(first, key)).json()["version"] for key in (seen, publishing, unchanging)] == [1, 1, 1]
    assert [(await put(second, key)).json()["type"] for key in (publishing, unchanging)] == [
        "urn:tawasul:problem:idempotency-key-reused"
    ] * 2


async def test_a_clock_is_shown_to_its_custodian_and_to_no_other_entity(
    client: Client, neighbours: Neighbours, administrator: dict[str, str], provider: Provider
) -> None:
    await publish(client, administrator)
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission), assigned(submission))
    await neighbours.hear(DEADLINES, submission, "DeadlineSet")
    for entity, status in (("works", 200), ("health", 403)):
        headers = provider.authorization("officer", "officer", entity=entity)
        assert (await client.get(f"{API}/clocks/{submission}", headers=headers)).status_code == status
    metrics = (await client.get("/metrics")).text
    assert "tawasul_sla_monitor_lateness_seconds_bucket" in metrics


async def test_how_a_deadline_came_about_is_a_page_for_who_has_the_case_and_for_who_sent_it(
    app: FastAPI, client: Client, neighbours: Neighbours, administrator: dict[str, str]
) -> None:
    await publish(client, administrator)
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission), assigned(submission), question(submission, "q1"))
    await neighbours.hear(DEADLINES, submission, "DeadlineSet", "DeadlinePaused")
    page = f"/performance/clocks/{submission}"
    async with AtTheDesk(app, "officer", "officer", "works") as officer:
        seen = await officer.opens(page)
        assert "The entity asked a question" in seen
        assert "What follows if nothing happens" in seen
        assert 'href="/desk/T-1"' in seen
        await officer.opens(f"/performance/clocks/{uuid4()}", 403)
    async with AtTheDesk(app, "officer", "officer", "health") as stranger:
        await stranger.opens(page, 403)
    async with AtTheDesk(app, "anybody", "citizen", None) as author:
        asked = await author.get(page, headers={"Accept": "text/html"})
        assert (asked.status_code, asked.headers["Location"]) == (303, "/track/T-1/clock"), "intake knows who sent it"
        await author.opens(f"/performance/clocks/{uuid4()}", 404)
        author.cookie = by_secret_link(submission)
        seen = await author.opens(page)
        assert 'href="/track/T-1"' in seen
        assert "What follows" not in seen, "what officials are told is not theirs"
        assert 'dir="rtl"' in await author.opens(f"{page}?lang=ar")
        await author.opens(f"/performance/clocks/{uuid4()}", 303)
    signed_out = await client.get(page, headers={"Accept": "text/html"})
    assert (signed_out.status_code, "/auth/sign-in" in signed_out.headers["Location"]) == (303, True)


async def test_a_case_whose_receipt_cannot_be_read_says_so_until_the_receipt_can_be_taken(
    app: FastAPI,
    client: Client,
    neighbours: Neighbours,
    administrator: dict[str, str],
    central: dict[str, str],
    mongo_database: Database,
) -> None:
    await publish(client, administrator)
    submission, clocks = str(uuid4()), app.state.clocks
    readable = received(submission)
    [sent] = await neighbours.publish(submission, readable.model_copy(update={"language": "riddle"}))
    [unknown] = await neighbours.hear(DEADLINES, submission, "DeadlineUnknown")
    assert (unknown.data.target, unknown.data.to_state) == ("triage", "unknown")
    [assignment] = await neighbours.publish(submission, assigned(submission))
    await eventually(lambda: is_held_by(clocks, submission, "works"))
    shown = (await client.get(f"{API}/clocks/{submission}", headers=central)).json()
    assert (shown["state"], shown["custodian"], shown["unread_events"]) == ("unknown", "works", [sent.id])
    await measure_once(clocks, datetime.now(UTC))
    assert UNKNOWN_CLOCKS._value.get() == 1
    async with AtTheDesk(app, "officer", "officer", "works") as officer:
        assert "Clock unknown" in await officer.opens(f"/performance/clocks/{submission}")
    async with AtTheDesk(app, "anybody", "citizen", None) as author:
        author.cookie = by_secret_link(submission)
        assert "is being dealt with all the same" in await author.opens(f"/performance/clocks/{submission}")

    [letter] = await mongo_database["dead_letters"].find({"status": "held"}).to_list()
    assert letter["event_id"] == sent.id
    await neighbours.send([replace(sent, data=readable)])
    *_, set_ = await neighbours.hear(DEADLINES, submission, "DeadlineSet")
    assert (set_.data.from_state, set_.data.due_at) == ("unknown", assignment.time + timedelta(hours=8))
    await measure_once(clocks, datetime.now(UTC))
    assert UNKNOWN_CLOCKS._value.get() == 0


async def is_held_by(clocks: Clocks, submission: str, entity: str) -> bool:
    found = await clocks.find(submission)
    return (
        found is not None
        and found.state is not None
        and found.state.unknown is not None
        and (found.state.unknown.entity == entity)
    )


def by_secret_link(submission: str) -> str:
    """The cookie of a browser that opened this submission's link and signed in as nobody."""
    expires_at = datetime.now(UTC) + timedelta(minutes=15)
    return SessionKeys(SESSION_KEYS).write(Session("s", None, "", frozenset(), None, (submission,), expires_at))


async def test_the_figures_of_the_clocks_tell_who_has_no_custodian_and_what_is_due(
    app: FastAPI, client: Client, neighbours: Neighbours, administrator: dict[str, str], mongo_database: Database
) -> None:
    await publish(client, administrator)
    clocks, now = app.state.clocks, datetime.now(UTC)
    assert await clocks.oldest_unrouted() is None
    first, second = str(uuid4()), str(uuid4())
    for submission, minutes in ((second, 10), (first, 20)):
        await neighbours.publish(submission, received(submission, received_at=now - timedelta(minutes=minutes)))

    async def oldest_waits(minutes: int) -> bool:
        found = await clocks.oldest_unrouted()
        return found is not None and abs(now - timedelta(minutes=minutes) - found) < timedelta(seconds=1)

    await eventually(lambda: oldest_waits(20))
    facts = (await mongo_database["clocks"].find_one({"_id": first}) or {})["state"]["facts"]
    await mongo_database["clocks"].update_one({"_id": first}, {"$set": {"state.facts": "no facts"}})
    await eventually(lambda: oldest_waits(10))  # one that cannot be read hides no other
    await mongo_database["clocks"].update_one({"_id": first}, {"$set": {"state.facts": facts}})
    await neighbours.publish(first, assigned(first))
    await eventually(lambda: oldest_waits(10))
    assert await clocks.count_due(now, now + timedelta(hours=12)) == 1
    assert await clocks.count_due(now, now + timedelta(hours=7)) == 0
    await measure_once(clocks, now)
    said = (await client.get("/metrics")).text
    assert "tawasul_sla_monitor_due_clocks 1.0" in said
    (line,) = [
        line for line in said.splitlines() if line.startswith("tawasul_sla_monitor_unrouted_oldest_age_seconds ")
    ]
    assert float(line.split()[1]) == pytest.approx(600, abs=30)
