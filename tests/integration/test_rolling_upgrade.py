"""The version before and this one, side by side on the same stores, forward and back: nothing lost, nothing twice."""

import subprocess
import tarfile
from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest
from tawasul.stack.paths import REPOSITORY
from tawasul.stack.settings import SERVICES

from tests.support.eventually import eventually
from tests.support.telling import tell
from tests.support.town import MAILS_OF_ONE, Town, town

__all__ = ["town"]

BEFORE = "be6228da5d19917b509454c6d93d09f194ab2938"
"""The version that runs until this one is rolled out: the commit of the last release."""

EACH_TIME = 8
KILLS = 2
"""Of the notifier."""
PATIENCE_SECONDS = 180.0

pytestmark = [pytest.mark.timeout(900), pytest.mark.full]


@pytest.fixture(scope="module")
def version_before(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its code, from git."""
    archived = subprocess.run(
        ["git", "archive", BEFORE, "services", "shared"], cwd=REPOSITORY, capture_output=True, check=False
    )
    if archived.returncode:
        tell(pytestconfig, f"NOT RUN: no rolling upgrade, git does not have {BEFORE} here (a shallow clone?)")
        pytest.skip("no version before")
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=BytesIO(archived.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


async def test_old_and_new_work_on_the_same_submissions_forward_and_back(town: Town, version_before: Path) -> None:
    await town.file(EACH_TIME)
    await town.start(*SERVICES, ordinal=1, code=version_before)  # both, side by side
    await town.file(EACH_TIME)
    await town.kill(*SERVICES)  # the old version alone: rolled back
    await town.start(*SERVICES, code=version_before)
    await town.file(EACH_TIME)
    await town.kill(*SERVICES)  # and forward again, one half after the other
    await town.start(*SERVICES)
    await town.file(EACH_TIME)
    wanted = MAILS_OF_ONE * len(town.filed)
    await eventually(lambda: len(_message_ids(town)) >= wanted, PATIENCE_SECONDS)
    await eventually(town.is_quiet, PATIENCE_SECONDS)

    filed = set(town.filed)
    assert await town.ids("intake", "submissions", **{"state.status": "assigned"}) == filed
    assert await town.ids("router", "assignments", **{"state.state": "assigned"}) == filed
    assert await town.ids("sla-monitor", "clocks") == filed
    # Everybody is told everything under one Message-ID. What a notifier had just handed over when it was killed goes
    # out again under the same, and a mailbox shows it once.
    told = town.told()
    assert len(told) == len(_message_ids(town)) == wanted
    assert max(told.values()) <= 1 + KILLS
    for service in SERVICES:
        assert await town.ids(service, "dead_letters") == set()
    await eventually(lambda: _is_counted_once(town), PATIENCE_SECONDS)


def _message_ids(town: Town) -> set[str]:
    return {str(posted.message["Message-ID"]) for posted in town.office.mails}


async def _is_counted_once(town: Town) -> bool:
    """What was added up of the entities, by whichever version, is what all clocks say together."""
    sums: Counter[str] = Counter()
    async for row in town.collection("sla-monitor", "sums").find({"detailed": True}):
        sums.update({f"{row['_id']}/{what}": number for what, number in row["counts"].items() if number})
    counted: Counter[str] = Counter()
    async for clock in town.collection("sla-monitor", "clocks").find():
        counted.update(dict(clock["state"]["counted"]))
    received = sum(number for what, number in sums.items() if what.endswith("/received"))
    return sums == counted and received == len(town.filed)
