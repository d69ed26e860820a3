"""Where the databases and topics are that are backed up or restored."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.operations.settings import KafkaSettings

from tawasul.stack.settings import DATABASES, StackSettings


@dataclass(frozen=True)
class Stores:
    """For a user of its own: reads (for a restore: writes) the four databases, reads every topic and group.

    `databases` by service.
    """

    kafka: KafkaSettings
    mongo_uri: str
    databases: Mapping[str, str]


def stores_of_the_environment() -> Stores:
    """The stores named by `TAWASUL_…`; by default those of the local stack."""
    local = StackSettings()
    kafka = KafkaSettings()
    if local.kafka_bootstrap is None:
        kafka = kafka.model_copy(update={"kafka_bootstrap": f"127.0.0.1:{local.port_kafka}"})
    return Stores(kafka, local.mongo_at, DATABASES)
