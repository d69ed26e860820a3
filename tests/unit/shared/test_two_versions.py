"""Documents that a newer version wrote go through this one without losing what it does not know."""

import re
from collections import defaultdict
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from pydantic import BaseModel
from shared.events.envelope import Cause
from shared.storage.aggregates import Aggregates, Decision, Document, StoredAggregate
from sla_monitor.clocks.record import ClockRecord
from sla_monitor.clocks.store import Clocks

from tests.contract.services import PACKAGES, sources

NOON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class State(BaseModel):
    name: str
    note: str | None = None


STATES: Aggregates[State] = Aggregates(None, State, "/test")  # type: ignore[arg-type]
"""Only reads and writes documents here, and needs no collection for it."""


def a_document(**state: Any) -> Document:
    return StoredAggregate("a", state=State(name="lamp")).document() | {"state": {"name": "lamp"} | state}


def written_after(document: Document, state: State) -> Document:
    """The state as this version writes it as a whole after a decision."""
    aggregate = STATES.read(document)
    aggregate.apply(Decision(state), "/test", NOON, Cause("c"))
    written: Document = aggregate.update(is_whole=True)["$set"]["state"]
    return written


def test_a_field_of_a_newer_version_stays_when_this_one_writes() -> None:
    newer = a_document(counted=[["works/received", 1]], colour="green")
    assert written_after(newer, State(name="street")) == {
        "name": "street",
        "counted": [["works/received", 1]],
        "colour": "green",
    }


def test_a_field_that_this_version_takes_back_is_gone() -> None:
    assert written_after(a_document(note="old", colour="green"), State(name="lamp")) == {
        "name": "lamp",
        "colour": "green",
    }


def test_what_is_other_is_set_what_is_gone_is_taken_away_and_the_rest_is_left_as_it_is() -> None:
    aggregate = STATES.read(a_document(note="old", colour="green"))
    aggregate.apply(Decision(State(name="lamp")), "/test", NOON, Cause("c"))
    change = aggregate.update()
    assert (change["$set"], change["$unset"]) == ({"version": 2, "commands": {}}, {"state.note": ""})

    aggregate = STATES.read(a_document(colour="green"))
    aggregate.apply(Decision(State(name="street")), "/test", NOON, Cause("c"))
    change = aggregate.update()
    assert (change["$set"], "$unset" in change) == ({"version": 2, "commands": {}, "state.name": "street"}, False)


def test_what_comes_soon_is_written_whole_as_the_sweeper_finds_it_in_the_change() -> None:
    database: Any = defaultdict(lambda: None)
    clocks: Any = Clocks(database)
    for imminent in (True, False):
        aggregate = clocks.read(StoredAggregate("a", state=ClockRecord(rulebook=1, correlation_id="c")).document())
        after = aggregate.state.model_copy(update={"imminent": imminent, "rulebook": 2})
        aggregate.apply(Decision(after), "/test", NOON, Cause("c"))
        _, change = clocks.update_of(aggregate)
        assert ("state" in change["$set"]) is imminent


def test_a_document_of_an_older_version_is_written_as_this_one_does() -> None:
    assert written_after(a_document(), State(name="lamp", note="n")) == {"name": "lamp", "note": "n"}


def test_who_is_erased_leaves_nothing_in_what_only_a_newer_version_understands() -> None:
    aggregate = STATES.read(a_document(colour="green") | {"commands": {"k": {"answer": {}, "fingerprint": "f"}}})
    aggregate.apply(Decision(State(name=""), forgets=True), "/test", NOON, Cause("c"))
    written: Document = aggregate.update()["$set"]
    assert (written["state"], written["commands"]) == ({"name": ""}, {})


REQUIRED = {
    "intake.AbuseList": set(),
    "intake.Submission": {"reference", "kind", "text", "language", "channel", "received_at"},
    "router.Assignment": set(),
    "router.Draft": set(),
    "router.EntityTemplate": {"entity", "template", "by"},
    "router.Item": {"publication", "data"},
    "sla_monitor.ClockRecord": {"rulebook", "correlation_id"},
    "sla_monitor.Digest": {"told"},
    "sla_monitor.Publication": {"figures", "at"},
    "notifier.Case": set(),
    "notifier.Delivery": set(),
    "notifier.Draft": set(),
    "notifier.Endpoint": {"url", "events", "made_at", "made_by"},
    "notifier.Preferences": set(),
}
"""Of every kind of aggregate, what its documents have had from the first one on. Nothing can be added here: documents
of yesterday lack it. A new field has a default that means "not known"."""


def _models() -> dict[str, type[BaseModel]]:
    """Those of all aggregates, as the services' code names them."""
    return {
        f"{package}.{name}": getattr(import_module(module), name)
        for package in PACKAGES.values()
        for module, file in sources(package)
        for name in re.findall(r"\bAggregates\[(\w+)\]", file.read_text())
    }


def test_every_kind_of_aggregate_is_looked_at() -> None:
    assert _models().keys() == REQUIRED.keys()


@pytest.mark.parametrize("name", REQUIRED)
def test_what_a_document_must_have_it_has_always_had(name: str) -> None:
    model = _models()[name]
    assert {field for field, about in model.model_fields.items() if about.is_required()} == REQUIRED[name]
    assert model.model_config.get("extra") in (None, "ignore")  # what a newer version adds is no fault
