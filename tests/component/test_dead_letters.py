"""A whole service and a record that it cannot take: set aside, published to its own topic, and in nobody's way."""

from aiokafka import AIOKafkaConsumer, TopicPartition
from notifier.app import create_app
from shared.kafka import connection_options, make_producer
from shared.topics import CONTACTS, dead_letter_topic

from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.notifier import notifier_settings
from tests.support.provider import Provider
from tests.support.serving import serving


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
        assert dict(record.headers)["dlq_reason"].startswith(b"no CloudEvents envelope")
