"""A Kafka or a MongoDB that the environment names is used instead of one of our own."""

from pathlib import Path

import pytest
from tawasul.stack.local import local_stack
from tawasul.stack.services import Service
from tawasul.stack.settings import SERVICES, StackSettings

KAFKA, MONGO = "kafka.example:9092", "mongodb://mongo.example/?replicaSet=rs0"


@pytest.mark.parametrize(
    ("variables", "ours"),
    [
        ({}, {"kafka", "mongod"}),
        ({"TAWASUL_KAFKA_BOOTSTRAP": KAFKA}, {"mongod"}),
        ({"TAWASUL_MONGO_URI": MONGO}, {"kafka"}),
        ({"TAWASUL_KAFKA_BOOTSTRAP": KAFKA, "TAWASUL_MONGO_URI": MONGO}, set()),
    ],
    ids=["neither", "a Kafka", "a MongoDB", "both"],
)
def test_what_the_environment_names_is_not_started_and_services_are_told_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], ours: set[str]
) -> None:
    for name in ("TAWASUL_KAFKA_BOOTSTRAP", "TAWASUL_MONGO_URI"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    parts = local_stack(StackSettings(state=tmp_path))
    services = [part for part in parts if isinstance(part, Service)]
    assert {part.name for part in parts} & {"kafka", "mongod"} == ours
    assert [service.name for service in services] == list(SERVICES)
    for service in services:
        assert set(service.needs) == ours
        assert variables.items() <= service.environment().items()
        assert service.environment()["TAWASUL_KAFKA_BOOTSTRAP"]
        assert service.environment()["TAWASUL_MONGO_URI"]
