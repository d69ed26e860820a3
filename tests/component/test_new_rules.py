"""Calendars and policies change while cases are open, on real Kafka and MongoDB: what moves, what is said, who sees."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from shared.events.envelope import Event
from shared.events.topics import DEADLINES
from shared.storage.aggregates import VersionMiss
from sla_monitor.calendars.model import Calendar
from sla_monitor.clocks.store import CLOCKS, MOVES, Clocks
from sla_monitor.performance.store import PROGRESS
from sla_monitor.recalculation.adaptive_throttle import AdaptiveThrottle
from sla_monitor.recalculation.store import Digests, MoveStore
from sla_monitor.recalculation.worker import Recalculation

from tests.support import one_sla_monitor
from tests.support.desk import AtTheDesk
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.one_sla_monitor import ALWAYS, API, a_body, publish
from tests.support.provider import Provider
from tests.support.sla_monitor import NAME, answered, assigned, confidential, question, received, round_the_clock

settings, app, client = one_sla_monitor.settings, one_sla_monitor.app, one_sla_monitor.client
administrator, central = one_sla_monitor.administrator, one_sla_monitor.central

Client = httpx2.AsyncClient
DAY = timedelta(days=1)


def with_two_days_closed() -> list[Calendar]:
    """Whatever the time is now: the day after tomorrow and the one after it, for the entity's own calendar."""
    first = date_in_bahrain() + 2 * DAY
    closed = {"name": NAME, "first": first, "last": first + DAY}
    return [ALWAYS, round_the_clock(special=[closed])]


def date_in_bahrain() -> date:
    return (datetime.now(UTC) + timedelta(hours=3)).date()


async def an_open_case(neighbours: Neighbours) -> tuple[str, Event]:
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission))
    await neighbours.publish(submission, assigned(submission))
    [set_] = await neighbours.hear(DEADLINES, submission, "DeadlineSet")
    return submission, set_


async def read(client: Client, path: str, headers: dict[str, str]) -> Any:
    answer = await client.get(f"{API}{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def one_that_cannot_be_judged(neighbours: Neighbours, database: Database) -> str:
    """No calendar goes on after the last of all days."""
    submission, _ = await an_open_case(neighbours)
    last = datetime.max.replace(microsecond=0, tzinfo=UTC)
    await database[CLOCKS].update_one({"_id": submission}, {"$set": {"state.facts.$[].time": last}})
    return submission


async def test_a_holiday_that_is_announced_late_moves_open_cases_and_the_report_says_which(
    app: FastAPI,
    client: Client,
    neighbours: Neighbours,
    administrator: dict[str, str],
    central: dict[str, str],
    mongo_database: Database,
) -> None:
    await publish(client, administrator, answer="100h")
    submission, set_ = await an_open_case(neighbours)
    await one_that_cannot_be_judged(neighbours, mongo_database)
    done = str(uuid4())
    await neighbours.publish(done, received(done))
    await neighbours.publish(done, assigned(done), answered(done))
    await neighbours.hear(DEADLINES, done, "DeadlineMet")

    await publish(client, administrator, answer="100h", calendars=with_two_days_closed())
    [*_, moved] = await neighbours.hear(DEADLINES, submission, "DeadlineMoved")
    assert moved.data.reason == "calendar_changed"
    assert (moved.data.from_due_at, moved.data.due_at) == (set_.data.due_at, set_.data.due_at + 2 * DAY)

    [told] = await neighbours.hear(DEADLINES, "works:rules-2", "DeadlinesMoved")
    assert (told.data.entity, told.data.moved, told.data.later, told.data.late_now) == ("works", 1, 1, 0)
    report = await read(client, "/rulebooks/2", central)
    assert report["moved"] == {"moved": 1, "later": 1, "earlier": 0, "late_now": 0, "in_time_again": 0}
    assert [each["entity"] for each in report["entities"]] == ["works"]
    assert (report["gone_through"], report["failed"]) == ("done", 1)
    async with AtTheDesk(app, "official", "central", "central-office") as person:
        page = await person.opens("/working-hours/rulebooks/2")
        assert "1 open case could not be brought under these rules" in page
        assert "still being gone through" not in page
    [move] = (await read(client, "/rulebooks/2/moves?entity=works", central))["items"]
    assert move["submission"] == submission
    assert (await read(client, "/rulebooks/2/moves?entity=health", central))["items"] == []
    second, first = (await read(client, "/rulebooks", central))["items"]
    assert [(each["what"], each["id"], each["kind"], each["parts"]) for each in second["changes"]] == [
        ("calendar", "utilities", "changed", ["special"])
    ]
    assert (second["version"], second["published_by"], second["reason"]) == (2, "admin", "a test")
    assert {each["kind"] for each in first["changes"]} == {"added"}
    paged = await read(client, "/rulebooks?limit=1", central)
    assert [each["version"] for each in paged["items"]] == [2]
    assert (await read(client, f"/rulebooks?limit=1&cursor={paged['next_cursor']}", central))["items"] == [first]


async def test_a_report_counts_the_cases_whose_due_time_is_unknown_under_its_rules(mongo_database: Database) -> None:
    clocks = Clocks(mongo_database)
    await clocks.ensure_indexes()
    published, followed = datetime(2026, 4, 5, tzinfo=UTC), datetime(2026, 4, 7, tzinfo=UTC)
    before, during, after = published - DAY, published + DAY, followed + DAY
    unread = [{"id": "e", "time": before, "type": "SubmissionAnswered"}]
    cases = [(before, []), (before, unread), (during, []), (during, unread), (after, [])]
    for number, (since, events) in enumerate(cases):
        state = {"unknown": {"since": since}, "unread": events}
        await mongo_database[CLOCKS].insert_one({"_id": f"case-{number}", "state": state})
    await mongo_database[CLOCKS].insert_one({"_id": "known", "state": {"unknown": None, "unread": []}})
    assert await clocks.count_unknown_under(published, followed) == 3, "not what an event made unknown afterwards"
    assert await clocks.count_unknown_under(published, None) == 4


async def test_a_preview_says_what_publishing_then_does_and_publishes_nothing(
    client: Client, neighbours: Neighbours, administrator: dict[str, str], central: dict[str, str]
) -> None:
    await publish(client, administrator, answer="100h")
    submissions = [(await an_open_case(neighbours))[0] for _ in range(3)]
    body = a_body("1s", calendars=with_two_days_closed())
    answer = await client.post(f"{API}/calendars-and-policies/preview", json=body, headers=administrator)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["open"], shown["looked_at"]) == (3, 3)
    assert (shown["moved"]["moved"], shown["moved"]["later"], shown["moved"]["earlier"]) == (3, 0, 3)
    assert {(each["what"], each["id"]) for each in shown["changes"]} == {
        ("calendar", "utilities"),
        ("policy", "answer"),
    }
    assert {each["submission"] for each in shown["examples"]} == set(submissions)
    assert [each["version"] for each in (await read(client, "/rulebooks", central))["items"]] == [1]

    await publish(client, administrator, answer="1s", calendars=with_two_days_closed())
    for submission in submissions:
        said = await neighbours.hear(DEADLINES, submission, "DeadlineBreached", "DeadlineEscalated")
        assert [event.type for event in said][:2] == ["DeadlineSet", "DeadlineMoved"]
        assert said[1].data.reason == "policy_changed"
    examples = {each["submission"]: each["due_at"] for each in shown["examples"]}
    moves = (await read(client, "/rulebooks/2/moves", central))["items"]
    assert {each["submission"]: each["due_at"] for each in moves} == examples
    same = await client.post(f"{API}/calendars-and-policies/preview", json=body, headers=administrator)
    assert (same.json()["changes"], same.json()["moved"]["moved"]) == ([], 0)


async def test_what_is_confidential_is_counted_among_what_moves_and_listed_for_its_readers_alone(
    app: FastAPI, client: Client, neighbours: Neighbours, administrator: dict[str, str], provider: Provider
) -> None:
    await publish(client, administrator, answer="100h")
    submission, _ = await an_open_case(neighbours)
    await neighbours.publish(submission, confidential(submission, "clerk"))
    clocks: Clocks = app.state.clocks
    await eventually(clocks.confidential)
    body = a_body("200h")
    shown = (await client.post(f"{API}/calendars-and-policies/preview", json=body, headers=administrator)).json()
    assert (shown["moved"]["moved"], shown["examples"]) == (1, [])
    await publish(client, administrator, answer="200h")
    await neighbours.hear(DEADLINES, submission, "DeadlineMoved")
    named, other = (provider.authorization(id, "central", entity="central-office") for id in ("clerk", "another"))
    assert [len((await read(client, "/rulebooks/2/moves", who))["items"]) for who in (named, other)] == [1, 0]
    assert (await read(client, "/rulebooks/2", other))["moved"]["moved"] == 1
    for official, is_shown in (("clerk", True), ("another", False)):
        async with AtTheDesk(app, official, "central", "central-office") as person:
            assert (submission in await person.opens("/working-hours/rulebooks/2")) is is_shown


async def test_what_is_due_first_is_looked_at_first_and_nothing_is_sorted_before(
    client: Client, neighbours: Neighbours, administrator: dict[str, str], mongo_database: Database
) -> None:
    await publish(client, administrator, answer="100h")
    assigned_one, _ = await an_open_case(neighbours)
    asked, _ = await an_open_case(neighbours)
    await neighbours.publish(asked, question(asked, "q1"))
    await neighbours.hear(DEADLINES, asked, "DeadlinePaused")
    armed = str(uuid4())
    await neighbours.publish(armed, received(armed))
    clocks = Clocks(mongo_database)
    await eventually(lambda: clocks.find(armed))
    assert await clocks.count_all_open() == 3
    found = [clocks.read(each) async for each in clocks.open_by_due(10)]
    due = [each.state.standing.due_at for each in found if each.state and each.state.standing]
    assert {each.id for each in found} == {assigned_one, asked, armed}
    assert due == sorted(due)
    explained = await clocks.open_by_due(10).explain()
    assert "SORT_MERGE" in str(explained["queryPlanner"]["winningPlan"])


async def test_a_preview_of_what_is_faulty_is_refused_as_publishing_it_is(
    client: Client, administrator: dict[str, str], central: dict[str, str]
) -> None:
    url = f"{API}/calendars-and-policies/preview"
    refused = await client.post(url, json=a_body("0h"), headers=administrator)
    assert refused.status_code == 422
    first = (await client.post(url, json=a_body(), headers=administrator)).json()
    assert ({each["kind"] for each in first["changes"]}, first["open"]) == ({"added"}, 0)
    await publish(client, administrator)
    refused = await client.post(url, json=a_body("0h"), headers=administrator)
    assert (refused.status_code, [each["code"] for each in refused.json()["errors"]]) == (422, ["zero"])
    assert (await client.post(url, json=a_body(), headers=central)).status_code == 403


@pytest.mark.parametrize("path", ["/rulebooks", "/rulebooks/1", "/rulebooks/1/moves"])
async def test_the_history_is_for_those_who_oversee(
    path: str, client: Client, administrator: dict[str, str], provider: Provider
) -> None:
    await publish(client, administrator)
    for role, status in (("administrator", 200), ("auditor", 200), ("central", 200), ("head", 403), ("citizen", 403)):
        headers = provider.authorization("somebody", role, entity="works")
        assert (await client.get(f"{API}{path}", headers=headers)).status_code == status, role
    assert (await client.get(f"{API}{path}")).status_code == 401
    assert (await client.get(f"{API}/rulebooks/77", headers=administrator)).status_code == 404


async def test_two_that_judge_at_once_move_each_case_once(
    app: FastAPI,
    client: Client,
    neighbours: Neighbours,
    administrator: dict[str, str],
    central: dict[str, str],
    mongo_database: Database,
) -> None:
    await publish(client, administrator, answer="100h")
    submissions = [(await an_open_case(neighbours))[0] for _ in range(20)]
    await publish(client, administrator, answer="100h", calendars=with_two_days_closed())
    # Beside the service's own: as one does whose lease has passed to another while it was stopped.
    moves = MoveStore(mongo_database[MOVES], mongo_database[PROGRESS])
    stores = Clocks(mongo_database), moves, Digests(mongo_database)
    other = Recalculation(*stores, app.state.reference, 1_000, AdaptiveThrottle(lambda within: None))
    await other.recalculate_all()
    for submission in submissions:
        said = await neighbours.hear(DEADLINES, submission, "DeadlineMoved")
        assert [event.type for event in said] == ["DeadlineSet", "DeadlineMoved"]
    report = await read(client, "/rulebooks/2", central)
    assert report["moved"]["moved"] == len(submissions)
    await other.publish_digests()
    [told] = await neighbours.hear(DEADLINES, "works:rules-2", "DeadlinesMoved")
    assert (told.sequence, told.data.moved) == (1, len(submissions)), "one for all of them, whoever judged"

    # What a rulebook moved before it was corrected is told too, by whoever looks next.
    moved = await mongo_database[MOVES].find_one({"version": 2}) or {}
    submission = str(uuid4())
    other_entity = moved | {"_id": f"2/{submission}", "submission": submission, "entity": "health"}
    await mongo_database[MOVES].insert_one(other_entity)
    await publish(client, administrator, answer="90h", calendars=with_two_days_closed())
    await neighbours.hear(DEADLINES, "works:rules-3", "DeadlinesMoved")
    await Recalculation(*stores, app.state.reference, 1_000, AdaptiveThrottle(lambda within: None)).publish_digests()
    [told] = await neighbours.hear(DEADLINES, "health:rules-2", "DeadlinesMoved")
    assert told.data.moved == 1


async def test_a_clock_that_others_are_writing_is_left_for_the_next_time(
    client: Client, neighbours: Neighbours, administrator: dict[str, str], mongo_database: Database
) -> None:
    await publish(client, administrator, answer="100h")
    submission, _ = await an_open_case(neighbours)
    clocks = Clocks(mongo_database)
    read = await clocks.find(submission)
    assert read is not None
    assert read.state is not None
    assert read.state.standing is not None
    later = read.state.standing.model_copy(update={"due_at": read.state.standing.due_at + DAY})
    read.state = read.state.model_copy(update={"standing": later, "rulebook": 2})
    read.changed = True
    async with mongo_database.client.start_session() as others, await others.start_transaction():
        await mongo_database[CLOCKS].update_one({"_id": submission}, {"$set": {"held": True}}, session=others)
        with pytest.raises(VersionMiss):
            await clocks.save([read])
        await others.abort_transaction()
    await clocks.save([read])
    assert await mongo_database[MOVES].count_documents({"submission": submission}) == 1


@pytest.mark.parametrize(("spoilt", "failed"), [({"state.facts.1.entity": "not one"}, 0), ({"state.facts": "none"}, 1)])
async def test_a_clock_that_cannot_be_judged_or_read_holds_up_no_other(
    spoilt: dict[str, str],
    failed: int,
    app: FastAPI,
    client: Client,
    neighbours: Neighbours,
    administrator: dict[str, str],
    mongo_database: Database,
) -> None:
    await publish(client, administrator, answer="100h")
    broken, whole = [(await an_open_case(neighbours))[0] for _ in range(2)]
    await mongo_database[CLOCKS].update_one({"_id": broken}, {"$set": spoilt})
    changed = a_body("100h", calendars=with_two_days_closed())
    shown = (await client.post(f"{API}/calendars-and-policies/preview", json=changed, headers=administrator)).json()
    assert (shown["looked_at"], shown["failed"]) == (2, failed)
    assert whole in [each["submission"] for each in shown["examples"]]
    await publish(client, administrator, answer="100h", calendars=with_two_days_closed())
    said = await neighbours.hear(DEADLINES, whole, "DeadlineMoved")
    assert [event.type for event in said] == ["DeadlineSet", "DeadlineMoved"]

    async def nothing_is_left() -> bool:
        return bool(await app.state.clocks.all_read_by(2, [broken]))

    await eventually(nothing_is_left)
