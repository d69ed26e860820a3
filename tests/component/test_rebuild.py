"""`python -m sla_monitor rebuild` beside a running service: what it finds, what it brings back."""

from uuid import uuid4

import httpx2
from fastapi import FastAPI
from shared.events.topics import DEADLINES
from sla_monitor.clocks.store import CLOCKS, Clocks
from sla_monitor.operations.commands import compare_with_kafka, rebuild_all
from sla_monitor.settings import SlaMonitorSettings
from sla_monitor.timekeeping.reference import Reference

from tests.support import one_sla_monitor
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.neighbours import Neighbours
from tests.support.one_sla_monitor import publish
from tests.support.sla_monitor import answered, assigned, received

settings, app, client = one_sla_monitor.settings, one_sla_monitor.app, one_sla_monitor.client
administrator = one_sla_monitor.administrator

Client = httpx2.AsyncClient


async def test_clocks_come_back_from_their_facts_and_facts_from_kafka(
    app: FastAPI,
    client: Client,
    neighbours: Neighbours,
    administrator: dict[str, str],
    settings: SlaMonitorSettings,
    mongo_database: Database,
) -> None:
    await publish(client, administrator, answer="100h")
    open_case, done, lost = (str(uuid4()) for _ in range(3))
    for id in (open_case, done, lost):
        await neighbours.publish(id, received(id), assigned(id))
        await neighbours.hear(DEADLINES, id, "DeadlineSet")
    await neighbours.publish(done, answered(done))
    await neighbours.hear(DEADLINES, done, "DeadlineMet")
    clocks: Clocks = app.state.clocks
    reference: Reference = app.state.reference
    said: list[str] = []
    collection = mongo_database[CLOCKS]

    async def are_sent() -> bool:
        return await clocks.backlog(1) == 0

    await eventually(are_sent)
    whole = await rebuild_all(clocks, reference, False, said.append)
    assert (whole.clocks, whole.different, said) == (3, set(), [])
    from_kafka = await compare_with_kafka(settings, clocks, reference, False, said.append)
    assert (from_kafka.clocks, from_kafka.facts, from_kafka.different) == (3, 7, set())

    kept = await collection.find_one({"_id": open_case})
    await collection.update_one({"_id": open_case}, {"$set": {"state.standing.entity": "health", "version": 50}})
    await collection.delete_one({"_id": lost})
    found = await rebuild_all(clocks, reference, True, said.append)
    assert found.different == {open_case}
    assert [line.split(":")[1].strip() for line in said] == ["standing.entity"]
    restored = await collection.find_one({"_id": open_case})
    assert restored["state"] == kept["state"]  # type: ignore[index]
    missed = await compare_with_kafka(settings, clocks, reference, True, said.append)
    assert missed.different == {lost}
    assert (await collection.find_one({"_id": lost}))["state"]["standing"]["entity"] == "works"  # type: ignore[index]
    assert (await compare_with_kafka(settings, clocks, reference, False, said.append)).different == set()
    assert (await rebuild_all(clocks, reference, False, said.append)).different == set()
