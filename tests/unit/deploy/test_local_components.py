"""The local Kafka and mongod: they come up, keep their data over a kill, and leave nothing behind."""

from pathlib import Path

import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import AsyncMongoClient

from tests.support.infrastructure import LocalKafka, LocalMongo


async def test_kafka_keeps_an_acknowledged_message_over_a_kill(tmp_path: Path) -> None:
    kafka = LocalKafka(tmp_path)
    await kafka.start()
    try:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic("kept", num_partitions=1, replication_factor=1)])
        await admin.close()
        async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all") as producer:
            await producer.send_and_wait("kept", b"a message")
        await kafka.kill()
        await kafka.start()
        async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap) as consumer:
            consumer.assign([TopicPartition("kept", 0)])
            await consumer.seek_to_beginning()
            assert (await consumer.getone()).value == b"a message"
    finally:
        await kafka.stop()
    assert not kafka.is_running


async def test_mongod_takes_majority_writes_and_keeps_them_over_a_kill(tmp_path: Path) -> None:
    mongo = LocalMongo(tmp_path)
    await mongo.start()
    try:
        async with AsyncMongoClient[dict[str, object]](mongo.uri, w="majority") as client:
            await client["kept"]["things"].insert_one({"_id": 1})
            await mongo.kill()
            await mongo.start()
            assert await client["kept"]["things"].count_documents({}) == 1
    finally:
        await mongo.stop()
    assert not psutil.pid_exists(mongo.process.pid)


async def test_mongod_moves_to_another_port_with_its_data(tmp_path: Path) -> None:
    first = LocalMongo(tmp_path)
    await first.start()
    await first.stop()
    second = LocalMongo(tmp_path)
    await second.start()
    try:
        assert second.uri != first.uri
        async with AsyncMongoClient[dict[str, object]](second.uri) as client:
            await client["moved"]["things"].insert_one({})
    finally:
        await second.stop()


async def test_a_suspended_mongod_still_stops(tmp_path: Path) -> None:
    mongo = LocalMongo(tmp_path)
    await mongo.start()
    mongo.suspend()
    await mongo.stop()
    assert not mongo.is_running
