"""The fixtures that every integration test stands on."""

from typing import Any

from aiokafka import AIOKafkaProducer
from pymongo.asynchronous.database import AsyncDatabase


async def test_the_shared_kafka_answers(kafka_bootstrap: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap) as producer:
        assert producer.client.cluster.brokers()


async def test_each_test_has_an_empty_database_of_its_own(mongo_database: AsyncDatabase[dict[str, Any]]) -> None:
    assert await mongo_database.list_collection_names() == []
    await mongo_database["things"].insert_one({"_id": 1})


async def test_the_database_of_another_test_is_not_seen(mongo_database: AsyncDatabase[dict[str, Any]]) -> None:
    assert await mongo_database.list_collection_names() == []
