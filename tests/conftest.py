"""Fixtures that every test may use."""

import os

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

os.environ.setdefault("TAWASUL_RATE_LIMITS", "off")
"""Tests come from one address and look again and again; those about limits turn them on."""

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
