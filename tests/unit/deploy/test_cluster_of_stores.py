"""Three brokers and three members on one machine: who is where, and that a write is on two disks."""

from pathlib import Path

import pytest
from tawasul.stack.kafka import Kafka
from tawasul.stack.local import kafka_of, local_stack, mongo_of
from tawasul.stack.mongo import Mongo
from tawasul.stack.settings import StackSettings


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    return StackSettings(state=tmp_path, cluster=True, kafka_bootstrap=None, mongo_uri=None)


def written(kafka: Kafka) -> dict[str, str]:
    """Its configuration."""
    return dict(line.split("=", 1) for line in kafka._configuration().splitlines() if "=" in line)


def test_each_has_ports_a_folder_and_a_name_of_its_own(settings: StackSettings) -> None:
    parts: list[Kafka | Mongo] = [*kafka_of(settings), *mongo_of(settings)]
    ports = [port.number for part in parts for port in part.ports]
    assert len(set(ports)) == len(ports) == 9
    assert [part.name for part in parts] == ["kafka-1", "kafka-2", "kafka-3", "mongod-1", "mongod-2", "mongod-3"]
    assert len({part._folder for part in parts}) == 6


def test_a_record_is_acknowledged_when_two_of_three_brokers_have_it(settings: StackSettings) -> None:
    brokers = [written(kafka) for kafka in kafka_of(settings)]
    assert [broker["node.id"] for broker in brokers] == ["1", "2", "3"]
    assert {broker["min.insync.replicas"] for broker in brokers} == {"2"}
    assert {broker["default.replication.factor"] for broker in brokers} == {"3"}
    assert {broker["unclean.leader.election.enable"] for broker in brokers} == {"false"}
    (voters,) = {broker["controller.quorum.voters"] for broker in brokers}
    assert voters == "1@127.0.0.1:9093,2@127.0.0.1:9095,3@127.0.0.1:9097"
    assert all("controller.quorum.bootstrap.servers" not in broker for broker in brokers)


def test_clients_are_told_of_all_of_them(settings: StackSettings) -> None:
    assert {kafka.bootstrap for kafka in kafka_of(settings)} == {"127.0.0.1:9092,127.0.0.1:9094,127.0.0.1:9096"}
    (uri,) = {mongo.uri for mongo in mongo_of(settings)}
    assert uri == "mongodb://127.0.0.1:27017,127.0.0.1:27018,127.0.0.1:27019/?replicaSet=rs0"


def test_services_wait_for_every_member_and_make_topics_in_three_copies(settings: StackSettings) -> None:
    parts = {part.name: part for part in local_stack(settings)}
    stores = {name for name in parts if name.startswith(("kafka-", "mongod-"))}
    assert len(stores) == 6
    assert stores <= set(parts["intake"].needs)
    assert parts["intake"].environment()["TAWASUL_KAFKA_REPLICATION"] == "3"


def test_without_a_cluster_there_is_one_of_each_as_before(tmp_path: Path) -> None:
    alone = StackSettings(state=tmp_path, kafka_bootstrap=None, mongo_uri=None)
    (kafka,), (mongo,) = kafka_of(alone), mongo_of(alone)
    assert (kafka.name, mongo.name) == ("kafka", "mongod")
    assert written(kafka)["default.replication.factor"] == "1"
    assert "controller.quorum.voters" not in written(kafka)
    parts = {part.name: part for part in local_stack(alone)}
    assert "TAWASUL_KAFKA_REPLICATION" not in parts["intake"].environment()
