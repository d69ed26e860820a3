"""Where the databases and topics are that are backed up or restored."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field, SecretStr
from shared.settings import KafkaSettings

from tawasul.stack.settings import SERVICES, StackSettings


class BackupSettings(KafkaSettings):
    """A user of its own: reads (for a restore: writes) the four databases, reads every topic and group."""

    mongo_uri: SecretStr | None = Field(default=None, description="the replica set with all four databases")


@dataclass(frozen=True)
class Stores:
    """`databases` by service."""

    kafka: KafkaSettings
    mongo_uri: str
    databases: Mapping[str, str]


def stores_of_the_environment() -> Stores:
    """What `TAWASUL_…` names; the local stack's where it names nothing."""
    local = StackSettings()
    kafka = BackupSettings()
    if local.kafka_bootstrap is None:
        kafka = kafka.model_copy(update={"kafka_bootstrap": f"127.0.0.1:{local.port_kafka}"})
    mongo_uri = kafka.mongo_uri.get_secret_value() if kafka.mongo_uri else None
    return Stores(
        kafka,
        mongo_uri or f"mongodb://127.0.0.1:{local.port_mongod}/?replicaSet=rs0",
        {service: f"tawasul_{service.replace('-', '_')}" for service in SERVICES},
    )
