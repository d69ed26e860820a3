"""A consumer that lost one of its own tasks never comes back, and says nothing: its process ends, the next goes on."""

import asyncio
from uuid import uuid4

import pytest

from tests.support.infrastructure import Infrastructure
from tests.support.processes import ServiceProcess, environment

TASKS = ("metadata", "coordination", "fetching")


async def _end_of(infrastructure: Infrastructure, task: str) -> tuple[int, list[str]]:
    name = f"test_{uuid4().hex[:8]}"
    told = environment("router", infrastructure, f"{name}.", name, "http://127.0.0.1:1", smtp_port=1)
    process = ServiceProcess("tests.support.losing", told | {"LOSES": task})
    await process.start()
    try:
        return await process.ended(90), process.lines
    finally:
        await process.kill()


@pytest.mark.timeout(240)
async def test_a_process_whose_consumer_lost_a_task_ends_with_the_reason(infrastructure: Infrastructure) -> None:
    ends = await asyncio.gather(*(_end_of(infrastructure, task) for task in TASKS))
    for task, (code, lines) in zip(TASKS, ends, strict=True):
        assert code == 1, lines
        assert f"a consumer of router lost its task for {task}" in lines[-1], lines
