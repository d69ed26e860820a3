"""A dead letter's whole life in a running service: over HTTP, by role, and with the command of operations."""

import re
from dataclasses import dataclass

import pytest
from shared.events.topics import SUBMISSIONS
from shared.messaging.consumer import Consumer
from shared.messaging.dead_letters import Failure
from shared.messaging.failure_causes import FailureCause
from shared.operations.settings import ServiceSettings
from shared.reference.working_time import utc_now
from shared.serving.service import Service
from tawasul.stack.ports import free_port

from tests.support import dead_letters
from tests.support.dead_letters import command, listening
from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.parcels import Handlers, an_event, parcels_of, received, record
from tests.support.provider import Provider
from tests.support.router import an_id
from tests.support.serving import serving

identity = dead_letters.identity

URL = "/internal/dead-letters"
REASON = "SubmissionReceived: ZeroDivisionError in tests.support.parcels.Handlers.on_received"


@dataclass
class Office:
    """The parcels' service; its handlers can be mended while it runs."""

    service: Service
    handlers: Handlers
    database: Database
    neighbours: Neighbours

    async def poison(self) -> tuple[str, str]:
        """The ids of a submission that the handlers break on, and of its dead letter."""
        id = an_id()
        await self.neighbours.publish(id, received(id, "a bug"))

        async def _held() -> object:
            return await self.database["dead_letters"].find_one({"key": id})

        await eventually(_held)
        letter = await self.database["dead_letters"].find_one({"key": id})
        assert letter is not None
        return id, str(letter["_id"])

    async def happened(self, id: str) -> list[str]:
        parcel = await parcels_of(self.database).find(id)
        return parcel.state.happened if parcel and parcel.state else []


def the_settings(infrastructure: Infrastructure, database: Database, prefix: str, issuer: str) -> ServiceSettings:
    return ServiceSettings.model_validate(
        {
            "kafka_bootstrap": infrastructure.kafka_bootstrap,
            "mongo_uri": infrastructure.mongo_uri,
            "mongo_database": database.name,
            "topic_prefix": prefix,
            "kafka_partitions": 3,
            "oidc_issuer": issuer,
        }
    )


def an_office(
    infrastructure: Infrastructure, database: Database, prefix: str, issuer: str, neighbours: Neighbours
) -> Office:
    settings = the_settings(infrastructure, database, prefix, issuer)
    service, handlers = Service("router", settings, outboxes=["parcels"]), Handlers()
    consumer = Consumer(
        service.database,
        parcels_of(service.database),
        handlers.table(),
        [SUBMISSIONS],
        service.group,
        topic_prefix=prefix,
    )
    service.subscribe([SUBMISSIONS], consumer.take)
    return Office(service, handlers, database, neighbours)


async def test_only_administrators_list_show_replay_and_discard(
    infrastructure: Infrastructure,
    mongo_database: Database,
    topic_prefix: str,
    provider: Provider,
    neighbours: Neighbours,
) -> None:
    office = an_office(infrastructure, mongo_database, topic_prefix, provider.issuer, neighbours)
    officer = provider.authorization("officer.works", "officer", entity="works")
    administrator = provider.authorization("administrator", "administrator")
    async with serving(office.service.application()) as client:
        (first, replayed), (_, discarded) = await office.poison(), await office.poison()
        for method, path in [
            ("GET", URL),
            ("GET", f"{URL}/{replayed}"),
            ("POST", f"{URL}/{replayed}/replay"),
            ("DELETE", f"{URL}/{replayed}"),
            ("GET", f"{URL}/causes"),
            ("POST", f"{URL}/causes/any/replay"),
            ("GET", f"{URL}/runs/any"),
        ]:
            assert (await client.request(method, path)).status_code == 401
            assert (await client.request(method, path, headers=officer)).status_code == 403

        client.headers.update(administrator)
        listed = (await client.get(URL)).json()["items"]
        assert {letter["_id"] for letter in listed} == {replayed, discarded}
        assert all("value" not in letter and "headers" not in letter for letter in listed)
        shown = (await client.get(f"{URL}/{replayed}")).json()
        assert (shown["key"], shown["reason"]) == (first, REASON)
        assert '"a bug"' in shown["value"]

        office.handlers.is_broken = False
        assert (await client.post(f"{URL}/{replayed}/replay")).status_code == 202
        assert (await client.delete(f"{URL}/{discarded}")).status_code == 200
        await eventually(lambda: _has_happened(office, first))
        for id in (replayed, discarded, "unknown"):  # settled is settled
            assert (await client.post(f"{URL}/{id}/replay")).status_code == 404
            assert (await client.delete(f"{URL}/{id}")).status_code == 404
        assert (await client.get(f"{URL}/unknown")).status_code == 404
        assert (await client.get(URL)).json()["items"] == []
        assert len((await client.get(f"{URL}?status=replayed")).json()["items"]) == 1
        assert (await client.get(f"{URL}?status=nonsense")).status_code == 422


async def test_the_command_takes_a_dead_letter_from_held_to_applied_once(
    infrastructure: Infrastructure,
    mongo_database: Database,
    topic_prefix: str,
    identity: int,
    neighbours: Neighbours,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = an_office(infrastructure, mongo_database, topic_prefix, f"http://127.0.0.1:{identity}", neighbours)
    async with listening(office.service.application()) as port:
        monkeypatch.setenv("TAWASUL_PORT_IDENTITY", str(identity))
        monkeypatch.setenv("TAWASUL_PORT_ROUTER", str(port))
        (first, letter), (second, other) = await office.poison(), await office.poison()

        listed = await command("list", "router")
        assert listed.exit_code == 1  # there are some
        assert letter in listed.output
        assert other in listed.output
        shown = await command("show", "router", letter)
        assert shown.exit_code == 0
        assert first in shown.output
        assert REASON in shown.output

        office.handlers.is_broken = False
        assert (await command("replay", "router", letter)).exit_code == 0
        await eventually(lambda: _has_happened(office, first))
        again = await command("replay", "router", letter)
        assert again.exit_code == 2
        assert "404" in again.output
        assert (await command("discard", "router", other)).exit_code == 0
        assert (await command("list", "router")).exit_code == 0
        assert other in (await command("list", "router", "--status", "discarded")).output
        assert await office.happened(first) == ["received a bug"]
        assert await office.happened(second) == []


async def test_the_command_says_when_the_service_is_not_there(identity: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAWASUL_PORT_IDENTITY", str(identity))
    monkeypatch.setenv("TAWASUL_PORT_ROUTER", str(free_port()))
    refused = await command("list", "router")
    assert refused.exit_code == 2
    assert "router does not answer" in refused.output


async def _has_happened(office: Office, id: str) -> bool:
    return bool(await office.happened(id))


async def test_one_command_replays_all_of_a_cause_and_says_what_came_of_each(
    infrastructure: Infrastructure,
    mongo_database: Database,
    topic_prefix: str,
    identity: int,
    neighbours: Neighbours,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = an_office(infrastructure, mongo_database, topic_prefix, f"http://127.0.0.1:{identity}", neighbours)
    async with listening(office.service.application()) as port:
        monkeypatch.setenv("TAWASUL_PORT_IDENTITY", str(identity))
        monkeypatch.setenv("TAWASUL_PORT_ROUTER", str(port))
        assert (await command("causes", "router")).exit_code == 0
        (first, letter), (second, _) = await office.poison(), await office.poison()

        listed = await command("causes", "router")
        assert listed.exit_code == 1  # there is one
        [(cause, letters)] = re.findall(r"│ ([0-9a-f]{12}) +│ router +│ (\d+)", listed.output)
        assert letters == "2"
        assert "ZeroDivisionError" in listed.output

        failed = await command("replay", "router", "--cause", cause)
        assert failed.exit_code == 1
        assert "0 taken, 0 had been taken, 2 set aside again, 0 not yet known" in failed.output
        assert "ZeroDivisionError" in failed.output
        assert letter in failed.output
        assert await office.service.dead_letters.held() == 2, "each was tried once"

        office.handlers.is_broken = False
        mended = await command("replay", "router", "--cause", cause)
        assert mended.exit_code == 0, mended.output
        assert "2 taken, 0 had been taken, 0 set aside again, 0 not yet known" in mended.output
        assert first in mended.output
        assert await office.happened(first) == await office.happened(second) == ["received a bug"]
        assert (await command("causes", "router")).exit_code == 0
        gone = await command("replay", "router", "--cause", cause)
        assert gone.exit_code == 2
        assert "404" in gone.output


async def test_an_event_that_was_set_aside_twice_is_taken_once(
    infrastructure: Infrastructure,
    mongo_database: Database,
    topic_prefix: str,
    identity: int,
    neighbours: Neighbours,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A relay that ends between sending and noting sends the same event again."""
    office = an_office(infrastructure, mongo_database, topic_prefix, f"http://127.0.0.1:{identity}", neighbours)
    async with listening(office.service.application()) as port:
        monkeypatch.setenv("TAWASUL_PORT_IDENTITY", str(identity))
        monkeypatch.setenv("TAWASUL_PORT_ROUTER", str(port))
        id = an_id()
        event = neighbours.event(id, received(id, "a bug"))
        await neighbours.send([event, event])
        await eventually(lambda: _are_held(office, 2))
        [cause] = await office.service.dead_letters.causes()

        office.handlers.is_broken = False
        replayed = await command("replay", "router", "--cause", cause["id"])
        assert replayed.exit_code == 0, replayed.output
        assert "1 taken, 1 had been taken, 0 set aside again, 0 not yet known" in replayed.output
        assert await office.happened(id) == ["received a bug"]


async def test_what_nobody_took_in_time_is_said_to_be_not_yet_known(
    infrastructure: Infrastructure,
    mongo_database: Database,
    topic_prefix: str,
    identity: int,
    neighbours: Neighbours,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its service is there and reads no topic."""
    settings = the_settings(infrastructure, mongo_database, topic_prefix, f"http://127.0.0.1:{identity}")
    service = Service("router", settings, outboxes=[])
    cause = FailureCause("SubmissionReceived", "KeyError", "a bug")
    async with listening(service.application()) as port:
        monkeypatch.setenv("TAWASUL_PORT_IDENTITY", str(identity))
        monkeypatch.setenv("TAWASUL_PORT_ROUTER", str(port))
        event = an_event(received(an_id()), 1)
        await service.dead_letters.hold(Failure(record(event), SUBMISSIONS.name, cause, 3), utc_now())
        replayed = await command("replay", "router", "--cause", cause.id(service.group), "--wait", "0")
        assert replayed.exit_code == 1
        assert "0 taken, 0 had been taken, 0 set aside again, 1 not yet known" in replayed.output


@pytest.mark.parametrize("arguments", [(), ("router",), ("router", "an-id", "--cause", "0123456789ab")])
async def test_a_replay_is_of_one_letter_or_of_one_cause(arguments: tuple[str, ...]) -> None:
    refused = await command("replay", *arguments)
    assert refused.exit_code == 2
    assert "give a service and an id, or --cause" in refused.output


async def _are_held(office: Office, count: int) -> bool:
    return await office.service.dead_letters.held() == count
