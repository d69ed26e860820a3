"""A consumer that lost one of its own tasks never comes back: its process ends, or what follows it begins anew."""

import asyncio
from uuid import uuid4

import pytest
from shared.messaging.directory_reader import DirectoryReader
from shared.messaging.lost_clients import ClientLost

from tests.support.infrastructure import Infrastructure
from tests.support.losing import TASKS
from tests.support.neighbours import Neighbours
from tests.support.own_tasks import own_tasks
from tests.support.processes import ServiceProcess, environment

pytestmark = pytest.mark.timeout(300)


async def _end_of(infrastructure: Infrastructure, task: str) -> tuple[int, ServiceProcess]:
    name = f"test_{uuid4().hex[:8]}"
    told = environment("router", infrastructure, f"{name}.", name, "http://127.0.0.1:1", smtp_port=1)
    process = ServiceProcess("tests.support.losing", told | {"LOSES": task})
    await process.start()
    try:
        return await process.ended(240), process
    finally:
        await process.kill()


async def test_a_process_whose_consumer_lost_a_task_ends_with_the_reason(infrastructure: Infrastructure) -> None:
    """The orderly end, too: who waits for news of the cluster, that nobody gets any more, is not waited for."""
    ends = await asyncio.gather(*(_end_of(infrastructure, task) for task in TASKS))
    for task, (code, process) in zip(TASKS, ends, strict=True):
        assert code == 1, process.lines
        assert any(f"a consumer of router lost a task, {task}: " in line for line in process.lines)
        assert any('"message": "stopped"' in line for line in process.lines), process.lines


async def test_who_follows_the_directory_begins_anew(neighbours: Neighbours) -> None:
    reader = DirectoryReader(neighbours.settings)
    with own_tasks() as own:
        following = asyncio.create_task(reader.run())
        await reader.wait_until_caught_up()
        (metadata,) = (each for each in own if "_md_synchronizer" in repr(each) and not each.done())
        metadata.cancel()
        with pytest.raises(ClientLost, match="metadata: cancelled"):
            await following
