"""Kafka and MongoDB as containers, for machines whose Docker engine has the images."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from docker.client import DockerClient as Engine
from docker.errors import DockerException
from pymongo import MongoClient
from tawasul.stack.ports import free_port
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

KAFKA_IMAGES = ("confluentinc/cp-kafka", "apache/kafka")
MONGO_IMAGES = ("mongo",)


@dataclass(frozen=True)
class Images:
    kafka: str
    mongo: str


def usable_images() -> Images | None:
    """The images that the engine has already; None without an engine or without one of them: tests pull nothing."""
    try:
        client = Engine.from_env(timeout=5)
        tags = [tag for image in client.images.list() for tag in image.tags]
    except DockerException:
        return None
    kafka = _first(tags, KAFKA_IMAGES)
    mongo = _first(tags, MONGO_IMAGES)
    return Images(kafka, mongo) if kafka and mongo else None


def _first(tags: list[str], names: tuple[str, ...]) -> str | None:
    return next((tag for name in names for tag in tags if tag.rpartition(":")[0] == name), None)


@contextlib.contextmanager
def kafka_and_mongo_containers(images: Images) -> Iterator[tuple[str, str]]:
    """Bootstrap address and MongoDB URI. The replica set knows itself by its inner address: connect directly."""
    mongo = DockerContainer(images.mongo).with_command("--replSet rs0 --bind_ip_all").with_exposed_ports(27017)
    host, port = DockerClient().host(), free_port()
    kafka = _kafka_container(images.kafka, f"{host}:{port}").with_bind_ports(9092, port)
    with kafka, mongo:
        uri = f"mongodb://{mongo.get_container_host_ip()}:{mongo.get_exposed_port(27017)}/?directConnection=true"
        _make_replica_set(uri)
        yield f"{host}:{port}", uri


def _kafka_container(image: str, advertised: str) -> DockerContainer:
    """Both images read the broker's configuration from the same variables."""
    variables = {
        "CLUSTER_ID": "4L6g3nShT-eMCtK--X86sw",
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{advertised}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }
    container = DockerContainer(image).with_envs(**variables)
    return container.waiting_for(LogMessageWaitStrategy(r".*Kafka Server started.*"))


def _make_replica_set(uri: str) -> None:
    with MongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=30_000) as client:
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": "127.0.0.1:27017"}]})
        deadline = time.monotonic() + 30
        while not client.admin.command("hello").get("isWritablePrimary"):
            if time.monotonic() > deadline:
                raise TimeoutError("the MongoDB container did not become primary")
