"""Fixtures that every test may use."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from xdist.scheduler import LoadScopeScheduling

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

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
"""That a machine is slow, or busy with other tests, is no finding."""

settings.register_profile("unshrunk", settings.get_profile("patient"), phases=[Phase.explicit, Phase.generate])
"""For who only asks whether something fails (`tests/planted_faults`)."""

pytest_plugins = ["tests.support.telling"]


class _Together(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Where several processes share the tests, those of a file stay together, and so do all that need the browser.

    xdist's own groups (`loadgroup`) are lost with pytest 9.2: it writes them into ids that pytest no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = Path(nodeid.partition("::")[0])
        return str(file.parent if file.parent.name == "e2e" else file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return _Together(config, log)


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
