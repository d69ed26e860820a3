"""A whole service and a record that it cannot take: set aside, published to its own topic, and in nobody's way."""

from uuid import uuid4

from aiokafka import AIOKafkaConsumer, TopicPartition
from notifier.app import create_app
from prometheus_client import REGISTRY
from shared.events.contacts import ContactRegistered
from shared.events.topics import CONTACTS, dead_letter_topic
from shared.messaging.dead_letters import DeadLetters, Failure
from shared.messaging.failure_causes import FailureCause
from shared.messaging.kafka import connection_options, make_producer
from shared.operations.metrics import DEAD_LETTERS
from shared.reference.working_time import utc_now

from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.notifier import notifier_settings
from tests.support.parcels import record
from tests.support.provider import Provider
from tests.support.serving import serving


def counted(topic: str) -> float:
    return REGISTRY.get_sample_value("tawasul_dead_letters_total", {"topic": topic}) or 0.0


async def test_a_record_set_aside_reaches_the_dead_letter_topic_of_its_service(
    infrastructure: Infrastructure,
    mongo_database: Database,
    topic_prefix: str,
    provider: Provider,
    neighbours: Neighbours,
) -> None:
    """The contacts are read under a group of their own, and set aside under the service's."""
    settings = notifier_settings(infrastructure, mongo_database.name, topic_prefix, provider.issuer, 1)
    app = create_app(settings)
    assert {topic.name for subscription in app.state.service.subscriptions for topic in subscription.topics} <= {
        sample.labels["topic"] for family in DEAD_LETTERS.collect() for sample in family.samples
    }, "an increase is seen from nought alone"
    before = counted(CONTACTS.name)
    async with serving(app):
        producer = make_producer(neighbours.settings)
        await producer.start()
        await producer.send_and_wait(topic_prefix + CONTACTS.name, b"nonsense", key=b"a submission/author")
        await producer.stop()

        async def published() -> bool:
            letter = await mongo_database["dead_letters"].find_one({})
            return letter is not None and "pending" not in letter

        await eventually(published)
        name = topic_prefix + dead_letter_topic(CONTACTS.name, app.state.service.group)
        consumer = AIOKafkaConsumer(**connection_options(neighbours.settings), enable_auto_commit=False)
        await consumer.start()
        consumer.assign([TopicPartition(name, 0)])
        await consumer.seek_to_beginning()
        record = await consumer.getone()
        await consumer.stop()
        assert record.value == b"nonsense"
        assert dict(record.headers)["dlq_reason"] == b"no CloudEvents envelope: ce_type missing"
        assert counted(CONTACTS.name) == before + 1, "the alert is by the counter"


async def test_what_came_of_a_replayed_contact_is_told(
    infrastructure: Infrastructure,
    mongo_database: Database,
    topic_prefix: str,
    provider: Provider,
    neighbours: Neighbours,
) -> None:
    """It has no inbox: the same contact again changes nothing."""
    app = create_app(notifier_settings(infrastructure, mongo_database.name, topic_prefix, provider.issuer, 1))
    letters: DeadLetters = app.state.service.dead_letters
    cause = FailureCause("ContactRegistered", "KeyError", "a bug that is mended")
    id = str(uuid4())
    event = neighbours.event(
        f"{id}/author", ContactRegistered(submission_id=id, contact_id="author", language="en", sealed="sealed")
    )
    async with serving(app) as client:
        client.headers.update(provider.authorization("administrator", "administrator"))
        await letters.hold(Failure(record(event), CONTACTS.name, cause, 1), utc_now())
        replay = f"/internal/dead-letters/causes/{cause.id(letters.group)}/replay"
        run = (await client.post(replay)).json()["run"]

        async def _is_told() -> bool:
            [letter] = (await client.get(f"/internal/dead-letters/runs/{run}")).json()["items"]
            return bool(letter.get("outcome", {}).get("result") == "taken")

        await eventually(_is_told)
