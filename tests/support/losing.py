"""A service whose consumer loses one of the tasks that work for it, as a process: `python -m tests.support.losing`,
LOSES=which."""

import os
from collections.abc import Sequence
from typing import Any

from shared.events.topics import SUBMISSIONS
from shared.messaging.aiokafka_on_uvloop import Connection
from shared.operations.settings import ServiceSettings
from shared.serving.server import serve
from shared.serving.service import Service

from tests.support.eventually import eventually

TASKS = ("metadata", "coordination", "fetching", "asking")


async def _nothing(records: Sequence[Any]) -> None:
    """Takes what it is given."""


def _lose(subscriber: Any, which: str) -> None:
    consumer = subscriber.consumer
    assert all(isinstance(connection, Connection) for connection in consumer._client._conns.values())
    tasks = {
        "metadata": consumer._client._sync_task,
        "coordination": consumer._coordinator._coordination_task,
        "fetching": consumer._fetcher._fetch_task,
        "asking": subscriber.tasks[-1],
    }
    tasks[which].cancel()
    # As when a connection breaks: news of the cluster is asked for, and then waited for by who joins the group again.
    consumer._client.force_metadata_update()
    consumer._coordinator.request_rejoin()


def main() -> None:
    service = Service("router", ServiceSettings(), [])
    service.subscribe([SUBMISSIONS], _nothing)
    subscriber = service.subscriptions[0].subscriber

    async def _has_partitions() -> bool:
        consumer = subscriber.consumer
        return not service.why_not_ready() and consumer is not None and bool(consumer.assignment())

    async def _lose_when_ready() -> None:
        await eventually(_has_partitions)
        _lose(subscriber, os.environ["LOSES"])

    service.workers["lose"] = _lose_when_ready
    serve(service.application())


if __name__ == "__main__":
    main()
