"""The command-line tool's list of topics and groups agrees with the services."""

import pytest
from fastapi import FastAPI
from shared.events.topics import TOPICS, Topic
from shared.serving.service import Service
from tawasul.flows import GROUPS, READ_WITHOUT_A_GROUP, groups_reading, published_by, read_by
from tawasul.stack.settings import SERVICES

from tests.contract.services import PACKAGES, create_app, sources


@pytest.fixture(params=PACKAGES)
def service(request: pytest.FixtureRequest) -> Service:
    app: FastAPI = create_app(PACKAGES[request.param])
    made: Service = app.state.service
    return made


def test_a_services_groups_read_what_it_subscribes_to(service: Service) -> None:
    subscribed = {subscription.group: subscription.topics for subscription in service.subscriptions}
    assert subscribed == GROUPS[service.name]


@pytest.mark.parametrize(("service_name", "package"), PACKAGES.items())
def test_who_reads_the_directory_without_a_group_is_known(service_name: str, package: str) -> None:
    code = "".join(file.read_text() for name, file in sources(package) if name == f"{package}.app")
    assert ("DirectoryReader(" in code) == bool(READ_WITHOUT_A_GROUP.get(service_name))


def test_every_topic_has_one_that_publishes_and_some_who_read() -> None:
    def readers(topic: Topic) -> list[str]:
        return [name for name in SERVICES if topic in read_by(name)]

    assert {topic.name for name in SERVICES for topic in published_by(name)} == {topic.name for topic in TOPICS}
    assert [topic.name for topic in TOPICS if not readers(topic)] == []
    assert [topic.name for topic in TOPICS if not topic.compacted and not groups_reading(topic)] == []
