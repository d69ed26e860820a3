"""Closing steps run side by side; one that fails or hangs stops no other."""

import asyncio
import logging
from pathlib import Path

import pytest
import yaml
from shared.concurrency.shutdown import finish_within
from shared.concurrency.tasks import CANCELLED_AGAIN_SECONDS
from shared.messaging.kafka import STOP_SECONDS
from shared.serving.server import REQUESTS_SECONDS
from shared.serving.service import CLOSING_SECONDS, LEAVING_SECONDS

from tests.support.logged import logged_by

ROOT = Path(__file__).parents[3]


async def test_all_begin_at_once_and_none_keeps_another_from_its_end(caplog: pytest.LogCaptureFixture) -> None:
    log, all_began = [], asyncio.Barrier(3)

    async def _fails() -> None:
        await all_began.wait()
        raise ValueError("with somebody's address in it")

    async def _hangs() -> None:
        await all_began.wait()
        try:
            await asyncio.Event().wait()
        finally:
            log.append("cut short")

    async def _works() -> None:
        await all_began.wait()
        log.append("done")

    with caplog.at_level(logging.ERROR):
        await finish_within({"one": _fails, "two": _hangs, "three": _works}, seconds=0.2)
    assert log == ["done", "cut short"]
    records = logged_by(caplog, "shared.concurrency.shutdown")
    said = [(record.getMessage(), vars(record)["work"], vars(record).get("reason")) for record in records]
    assert said == [("not finished", "one", "ValueError"), ("not finished in time", "two", None)]
    assert "address" not in caplog.text


async def test_whoever_does_not_even_end_when_cancelled_is_left() -> None:
    may_end, ended = asyncio.Event(), asyncio.Event()

    async def _stays() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await may_end.wait()
        ended.set()

    await finish_within({"stays": _stays}, seconds=0)
    assert not ended.is_set()
    may_end.set()
    await ended.wait()


def test_the_whole_end_takes_less_than_containers_are_given() -> None:
    values = yaml.safe_load((ROOT / "deploy/kubernetes/tawasul/values.yaml").read_text())
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    workers = 2 * STOP_SECONDS + CANCELLED_AGAIN_SECONDS  # a producer of which Kafka hears nothing
    last = workers + LEAVING_SECONDS + 2 * CANCELLED_AGAIN_SECONDS
    for service, own in values["services"].items():
        chosen = values["defaults"] | own
        whole = chosen["drainSeconds"] + REQUESTS_SECONDS + CLOSING_SECONDS + last
        assert whole < chosen["graceSeconds"], service
        assert compose["services"][service]["stop_grace_period"] == f"{chosen['graceSeconds']}s"
