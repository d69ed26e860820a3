"""A whole service, as a consumer and as an owner, and what is held between it and the others."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from fastapi import FastAPI
from shared.events.envelope import Event
from shared.events.statements import AssignmentsStated, StatedSubmission, SubmissionsStated
from shared.events.topics import ASSIGNMENTS, DEADLINES, DEADLINES_STATED, SUBMISSIONS
from shared.messaging.kafka import connection_options, partitions_of
from shared.reference.working_time import utc_now
from sla_monitor.app import create_app
from sla_monitor.settings import SlaMonitorSettings

from tests.support import one_sla_monitor
from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.one_sla_monitor import Client, publish
from tests.support.provider import Provider
from tests.support.serving import serving
from tests.support.sla_monitor import assigned, received, sla_monitor_settings

client, administrator, central = one_sla_monitor.client, one_sla_monitor.administrator, one_sla_monitor.central

PATH = "/internal/reconciliation"
Headers = dict[str, str]


@pytest.fixture
def settings(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider
) -> SlaMonitorSettings:
    """Impatient, and taking nothing again by itself."""
    made = sla_monitor_settings(infrastructure, mongo_database.name, topic_prefix, provider.issuer)
    return made.model_copy(
        update={
            "reconcile_every_seconds": 0.5,
            "difference_after_seconds": 0.5,
            "replay_differences_after_seconds": 0,
        }
    )


@pytest.fixture
def app(settings: SlaMonitorSettings) -> FastAPI:
    return create_app(settings)


def stated(
    submission: str, sequence: int, of: type[SubmissionsStated] | type[AssignmentsStated] = SubmissionsStated
) -> Any:
    entry = StatedSubmission(submission_id=submission, sequence=sequence, is_open=True)
    return of(read_at=utc_now(), entries=(entry,))


async def differences(client: Client, headers: Headers) -> list[dict[str, Any]]:
    answer = await client.get(PATH, headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def showing(
    client: Client, headers: Headers, expected: Callable[[Sequence[dict[str, Any]]], object]
) -> Callable[[], Any]:
    async def shown() -> object:
        return expected(await differences(client, headers))

    return shown


async def test_a_case_whose_clock_was_lost_is_named_and_taken_again_when_that_is_asked_for(
    client: Client, neighbours: Neighbours, administrator: Headers, mongo_database: Database
) -> None:
    await publish(client, administrator)
    lost, kept = str(uuid4()), str(uuid4())
    for id in (lost, kept):
        await neighbours.publish(id, received(id))
        await neighbours.publish(id, assigned(id))
        await neighbours.hear(DEADLINES, id, "DeadlineSet")
    await mongo_database["clocks"].delete_one({"_id": lost})
    for id in (lost, kept):
        await neighbours.publish(str(uuid4()), stated(id, 1))
        await neighbours.publish(str(uuid4()), stated(id, 1, AssignmentsStated))

    await eventually(
        showing(client, administrator, lambda found: [each.get("cause") for each in found] == ["not_taken"] * 2)
    )
    found = await differences(client, administrator)
    assert {(each["topic"], each["submission"], each["kind"], each["sequence"]) for each in found} == {
        (SUBMISSIONS.name, lost, "event", 1),
        (ASSIGNMENTS.name, lost, "event", 1),
    }

    asked = await client.post(f"{PATH}/submissions/{lost}/replay", headers=administrator)
    assert (asked.status_code, asked.json()) == (202, {"asked": 2})
    await eventually(showing(client, administrator, lambda found: not found))
    clock = await mongo_database["clocks"].find_one({"_id": lost})
    assert clock is not None
    assert clock["state"]["standing"]["due_at"] > utc_now()


async def test_a_record_that_the_consumer_went_past_is_taken_again_by_itself(
    settings: SlaMonitorSettings, neighbours: Neighbours, provider: Provider, mongo_database: Database
) -> None:
    administrator = provider.authorization("admin", "administrator")
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission))
    [skipped] = await neighbours.publish(submission, assigned(submission))
    await _pass_over(skipped, settings)
    app = create_app(settings.model_copy(update={"replay_differences_after_seconds": 1}))
    async with serving(app) as client:
        await publish(client, administrator)
        await neighbours.publish(str(uuid4()), stated(submission, 1, AssignmentsStated))
        [set_] = await neighbours.hear(DEADLINES, submission, "DeadlineSet")
        assert set_.data.entity == "works"
        await eventually(showing(client, administrator, lambda found: not found))
        clock = await mongo_database["clocks"].find_one({"_id": submission})
        assert clock is not None
        assert clock["seen"] == {"submissions": 1, "assignments": 1}


async def _pass_over(event: Event, settings: SlaMonitorSettings) -> None:
    """As if the group had taken it."""
    name = settings.topic_prefix + event.topic.name
    places = [TopicPartition(name, number) for number in range(partitions_of(settings, event.topic))]
    group = f"{settings.topic_prefix}tawasul-sla-monitor"
    consumer = AIOKafkaConsumer(**connection_options(settings), group_id=group, enable_auto_commit=False)
    await consumer.start()
    consumer.assign(places)
    await consumer.commit(await consumer.end_offsets(places))
    await consumer.stop()


async def test_an_event_that_was_jumped_over_is_kept_until_it_comes(
    client: Client, neighbours: Neighbours, administrator: Headers, mongo_database: Database
) -> None:
    await publish(client, administrator)
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission))
    late = neighbours.event(submission, assigned(submission))
    await neighbours.publish(submission, assigned(submission))
    await eventually(showing(client, administrator, lambda found: [each["sequence"] for each in found] == [1]))
    await neighbours.send([late])
    await eventually(showing(client, administrator, lambda found: not found))


async def test_what_its_owner_never_published_is_said_to_be_so_and_can_be_given_up(
    client: Client, neighbours: Neighbours, administrator: Headers
) -> None:
    await publish(client, administrator)
    submission = str(uuid4())
    await neighbours.publish(submission, received(submission))
    await neighbours.publish(str(uuid4()), stated(submission, 2))
    await eventually(
        showing(
            client,
            administrator,
            lambda found: [(each["sequence"], each.get("cause")) for each in found] == [(2, "never_published")],
        )
    )
    shown = (await client.get(f"{PATH}/submissions/{submission}", headers=administrator)).json()
    assert {"topic": SUBMISSIONS.name, "sequence": 1} in shown["taken"]
    given_up = await client.delete(f"{PATH}/submissions/{submission}", headers=administrator)
    assert given_up.json() == {"given_up": 1}
    assert await differences(client, administrator) == []


async def test_an_owner_states_what_its_database_says_although_it_was_cleared_from_the_outbox_unsent(
    client: Client, neighbours: Neighbours, administrator: Headers, mongo_database: Database
) -> None:
    await publish(client, administrator)
    submission, round = str(uuid4()), str(uuid4())
    await neighbours.publish(submission, received(submission))
    await neighbours.publish(submission, assigned(submission))
    await neighbours.hear(DEADLINES, submission, "DeadlineSet")
    await neighbours.hear_until(DEADLINES_STATED, lambda said: _last_stated(said, submission) == 1)
    # As if a second event had been written and taken out of the outbox by whoever did not send it.
    await mongo_database["clocks"].update_one({"_id": submission}, {"$inc": {"sequences.deadlines": 1, "version": 1}})
    asked = await client.post(f"{PATH}/rounds/{round}", headers=administrator)
    assert asked.json() == {"id": round, "topics": [DEADLINES.name]}
    said = await neighbours.hear_until(
        DEADLINES_STATED, lambda said: any(event.data.is_last and round in event.data.rounds for event in said)
    )
    assert _last_stated(said, submission) == 2


def _last_stated(said: Sequence[Event], submission: str) -> int | None:
    entries = [entry for event in said for entry in event.data.entries if entry.submission_id == submission]
    return entries[-1].sequence if entries else None


async def test_only_administrators_and_auditors_read_differences_and_only_administrators_act_on_them(
    client: Client, provider: Provider, central: Headers
) -> None:
    auditor = provider.authorization("auditor", "auditor")
    assert (await client.get(PATH, headers=central)).status_code == 403
    assert (await client.get(PATH)).status_code == 401
    assert (await client.get(PATH, headers=auditor)).status_code == 200
    assert (await client.post(f"{PATH}/replays", headers=auditor)).status_code == 403
    assert (await client.delete(f"{PATH}/submissions/{uuid4()}", headers=auditor)).status_code == 403
