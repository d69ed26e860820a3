"""Fixtures that every test may use."""

from tests.support.infrastructure import (
    infrastructure,
    kafka_bootstrap,
    mongo_client,
    mongo_database,
    mongo_uri,
    topic_prefix,
)
from tests.support.neighbours import neighbours
from tests.support.provider import provider

__all__ = [
    "infrastructure",
    "kafka_bootstrap",
    "mongo_client",
    "mongo_database",
    "mongo_uri",
    "neighbours",
    "provider",
    "topic_prefix",
]
