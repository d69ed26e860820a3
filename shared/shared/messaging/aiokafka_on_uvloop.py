"""Makes writing to a Kafka connection that was just reset fail like any broken connection.

Some turns of the loop pass between a reset and the moment when aiokafka closes its connection. What is written
meanwhile, asyncio drops; uvloop raises a RuntimeError, which aiokafka expects of no connection: its task for metadata,
coordination or fetching ends by it, the first without a word, and the consumer takes nothing any more. A broker that is
killed resets all its connections at once, so that one's end asks for something on another. Known since 2024, open in
0.14: https://github.com/aio-libs/aiokafka/issues/1038 (ADR 48).
"""

from typing import Any

import aiokafka.conn
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError


class Connection(AIOKafkaConnection):  # type: ignore[misc]
    """Raises KafkaConnectionError where its transport is closing."""

    def send(self, request: Any, expect_response: bool = True) -> Any:
        if self._writer is not None and self._writer.is_closing():
            self.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken")
        return super().send(request, expect_response)


def patch_transport() -> None:
    """For every client that connects from now on in this process."""
    aiokafka.conn.AIOKafkaConnection = Connection
