"""The model of a submission's way keeps what it promises, and TLC would notice if it did not.

`deploy/docs/model/README.md` says what is modelled. Every instance is gone through whole: a number of states below the
one that stands here means that something cannot happen any more, and that less was proven than is said.
"""

import re
from pathlib import Path

import pytest

from tests.model.tlc import MODEL, check, tools
from tests.support.telling import tell

STATES = {
    "publishing": 7_000,
    "topics": 8_000,
    "clearing": 15_000,
    "taking": 17_000,
    "notes": 4_500,
    "replays": 32_000,
    "mails": 17_000,
    "time": 8_000,
}
"""At least so many in each small instance; the exact number is TLC's and changes with the model."""

EXHAUSTIVE = {
    "publishing-repeats-full": 200_000,
    "publishing-full": 180_000,
    "taking-full": 600_000,
    "replays-full": 600_000,
    "mails-full": 1_500_000,
    "whole-full": 600_000,
}

FAULTS = [
    # what is done wrong, the instance it shows in, and what it breaks first
    ("clears the outbox unconditionally", "publishing", "ClearedIsPublished"),
    ("clears before the acknowledgement", "publishing", "ClearedIsPublished"),
    ("takes a document off the sweep's list unconditionally", "publishing", "UnsentIsPending"),
    ("sweeps nothing that an earlier life left", "publishing", "NothingLost"),
    ("sends from the middle of an outbox", "publishing", "InOrder"),
    ("splits the events of a document over requests", "publishing", "InOrder"),
    ("sends before the write is confirmed", "publishing", "NothingUnstoredIsPublished"),
    ("knows a send by a part of it", "topics", "ClearedIsPublished"),
    ("brings an outbox back without its pending", "clearing", "UnsentIsPending"),
    ("writes a record after its aggregate", "taking", "NothingLost"),
    ("notes what was seen in a write of its own", "taking", "EachEffectOnce"),
    ("takes what has been seen", "taking", "EachEffectOnce"),
    ("writes without looking at the version", "taking", "SeenIsDone"),
    ("takes a version miss for a repetition", "taking", "NothingLost"),
    ("commits the offset before the write", "taking", "NoGap"),
    ("sets what was seen instead of raising it", "notes", "EachEffectOnce"),
    ("writes a record after its aggregate", "replays", "SeenIsDone"),
    ("checks a replay by its sequence alone", "replays", "NothingLost"),
    ("takes every replay", "replays", "EachEffectOnce"),
    ("forgets which events were set aside", "replays", "SeenIsDone"),
    ("remembers replays in a write of their own", "replays", "EachEffectOnce"),
    ("hands over without a claim", "mails", "RepeatedOnlyByACrash"),
    ("tells before it hands over", "mails", "ToldIsHandedOver"),
    ("tells whatever the state is", "mails", "ToldOnce"),
    ("sweeps nothing that an earlier life left", "time-alone", "DoneAtLast"),
]
QUICK = {"clears before the acknowledgement", "commits the offset before the write", "tells before it hands over"}


@pytest.fixture(autouse=True)
def _tlc(pytestconfig: pytest.Config) -> None:
    if tools() is None:
        tell(pytestconfig, "NOT RUN: the model of a submission's way, no TLC: uv sync --all-packages")
        pytest.skip("no TLC")


def _planted(fault: str, instance: str, breaks: str) -> object:
    marks = [] if fault in QUICK else [pytest.mark.full]
    return pytest.param(fault, instance, breaks, id=f"{instance}: {fault}", marks=marks)


@pytest.mark.parametrize("instance", STATES)
def test_every_state_of_a_small_instance_keeps_the_promises(instance: str, tmp_path: Path) -> None:
    checked = check(instance, tmp_path)
    assert checked.violated is None, checked.output
    assert checked.is_complete
    assert checked.states >= STATES[instance]


@pytest.mark.full
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("instance", EXHAUSTIVE)
def test_every_state_of_a_large_instance_keeps_the_promises(instance: str, tmp_path: Path) -> None:
    checked = check(instance, tmp_path, seconds=3_500)
    assert checked.violated is None, checked.output
    assert checked.is_complete
    assert checked.states >= EXHAUSTIVE[instance]


@pytest.mark.parametrize(("fault", "instance", "breaks"), [_planted(*each) for each in FAULTS])
def test_a_planted_fault_breaks_the_promise_that_is_about_it(
    fault: str, instance: str, breaks: str, tmp_path: Path
) -> None:
    assert check(instance, tmp_path, fault).violated == breaks


def test_every_fault_that_the_model_knows_is_planted() -> None:
    modules = (module.read_text() for module in MODEL.glob("*.tla"))
    known = {fault for module in modules for fault in re.findall(r'Fault (?:=|#) "([^"]+)"', module)} - {"none"}
    assert known == {fault for fault, _, _ in FAULTS}


def test_every_promise_is_broken_by_a_fault_and_looked_at_in_every_instance() -> None:
    promises = {breaks for _, _, breaks in FAULTS}
    for instance in (*STATES, *EXHAUSTIVE):
        configuration = (MODEL / f"{instance}.cfg").read_text()
        assert set(configuration.partition("INVARIANTS")[2].split()) == promises - {"DoneAtLast"}, instance
