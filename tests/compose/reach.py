"""Runs inside a service's container, with its credentials: what they open at Kafka and MongoDB. Prints one JSON object.

Given as text to the container's Python, so it may use only what the service's image has.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

UNAUTHORISED = 13
CONTACTS = "tawasul.contacts.v1"


async def _tried(attempt: Callable[[], Awaitable[Any]]) -> str:
    try:
        await attempt()
    except OperationFailure as error:
        return "refused" if error.code in (UNAUTHORISED, 18) else f"failed: {error.code}"
    except TopicAuthorizationFailedError:
        return "refused"
    except KafkaError as error:
        return f"failed: {type(error).__name__}"
    return "done"


async def databases(names: list[str]) -> dict[str, dict[str, str]]:
    async with AsyncMongoClient[dict[str, Any]](os.environ["TAWASUL_MONGO_URI"]) as client:
        found = {}
        for name in names:
            collection = client[name]["isolation_check"]
            found[name] = {
                "list": await _tried(client[name].list_collection_names),
                "read": await _tried(collection.find_one),
                "write": await _tried(partial(collection.insert_one, {"_id": 1})),
                "remove": await _tried(collection.drop),
            }
        found["admin"] = {"users": await _tried(client["admin"]["system.users"].find_one)}
    host = os.environ["TAWASUL_MONGO_URI"].partition("@")[2].partition("/")[0]
    async with AsyncMongoClient[dict[str, Any]](f"mongodb://{host}/?replicaSet=rs0") as nobody:
        found["nobody"] = {"read": await _tried(nobody[names[0]]["isolation_check"].find_one)}
    return found


def _broker(password: str) -> dict[str, Any]:
    return {
        "bootstrap_servers": os.environ["TAWASUL_KAFKA_BOOTSTRAP"],
        "security_protocol": os.environ["TAWASUL_KAFKA_SECURITY"],
        "sasl_mechanism": os.environ["TAWASUL_KAFKA_SASL_MECHANISM"],
        "sasl_plain_username": os.environ["TAWASUL_KAFKA_USERNAME"],
        "sasl_plain_password": password,
    }


async def contacts() -> dict[str, str]:
    password = os.environ["TAWASUL_KAFKA_PASSWORD"]
    found = {"read": await _tried(partial(_read, password)), "sign in with another password": "done"}
    try:
        async with AIOKafkaProducer(**_broker("another")):
            pass
    except KafkaError:
        found["sign in with another password"] = "refused"
    return found


async def _read(password: str) -> None:
    async with AIOKafkaConsumer(**_broker(password), enable_auto_commit=False) as consumer:
        partition = TopicPartition(CONTACTS, 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        # Whoever may not even know of the topic is told nothing, rather than refused.
        if not await consumer.getmany(timeout_ms=5_000):
            raise TopicAuthorizationFailedError(CONTACTS)


async def main() -> None:
    print(json.dumps({"databases": await databases(sys.argv[1:]), "contacts": await contacts()}))


asyncio.run(main())
