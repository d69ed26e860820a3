"""Fixtures that every test may use."""

import os

import pytest

from tests.support.infrastructure import (
    infrastructure,
    kafka_bootstrap,
    mongo_client,
    mongo_database,
    mongo_uri,
    topic_prefix,
)
from tests.support.neighbours import neighbours
from tests.support.promtool import promtool
from tests.support.provider import provider

os.environ.setdefault("TAWASUL_RATE_LIMITS", "off")
os.environ.setdefault("TAWASUL_QUIET_HOURS", "off")  # tests run at any hour
os.environ.setdefault("TAWASUL_BURST_SECONDS", "0")  # and most of them look at each message by itself
os.environ.setdefault("TAWASUL_DAILY_LIMIT", "0")
"""Tests come from one address and look again and again; those about limits turn them on."""

pytest_plugins = ["tests.support.telling"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the tests, those of a file stay together, and so do all that need the browser."""
    for item in items:
        together = item.path.parent if item.path.parent.name == "e2e" else item.path
        item.add_marker(pytest.mark.xdist_group(str(together)))


__all__ = [
    "infrastructure",
    "kafka_bootstrap",
    "mongo_client",
    "mongo_database",
    "mongo_uri",
    "neighbours",
    "promtool",
    "provider",
    "topic_prefix",
]
