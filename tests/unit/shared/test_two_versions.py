"""Documents that a newer version wrote go through this one without losing what it does not know."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from intake.abuse import AbuseLists
from intake.repository import Submissions
from notifier.domain.case import Case
from notifier.repository.outcomes import Delivery
from pydantic import BaseModel
from router.repository import Assignments, DirectoryItems
from shared.aggregates import Aggregate, Aggregates, Decision, Document
from shared.events.envelope import Cause
from sla_monitor.domain.record import ClockRecord
from sla_monitor.repository import Clocks, Publications

NOON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class State(BaseModel):
    name: str
    note: str | None = None


STATES: Aggregates[State] = Aggregates(None, State, "/test")  # type: ignore[arg-type]
"""Only reads and writes documents here, and needs no collection for it."""


def a_document(**state: Any) -> Document:
    return Aggregate("a", state=State(name="lamp")).document() | {"state": {"name": "lamp"} | state}


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
        aggregate = clocks.read(Aggregate("a", state=ClockRecord(rulebook=1, correlation_id="c")).document())
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
    "Submission": {"reference", "kind", "text", "language", "channel", "received_at"},
    "Assignment": set(),
    "Item": {"publication", "data"},
    "ClockRecord": {"rulebook", "correlation_id"},
    "Publication": {"figures", "at"},
    "Case": set(),
    "Delivery": set(),
}
"""Of every kind of aggregate, what its documents have had from the first one on. Nothing can be added here: documents
of yesterday lack it. A new field has a default that means "not known"."""


def _model_of(owner: type[Aggregates[Any]]) -> type[BaseModel]:
    (bases, *_) = (vars(each)["__orig_bases__"] for each in owner.__mro__ if "__orig_bases__" in vars(each))
    (model,) = get_args(bases[0])
    found: type[BaseModel] = model
    return found


def _models() -> dict[str, type[BaseModel]]:
    owners: list[type[Aggregates[Any]]] = [Submissions, Assignments, DirectoryItems, Clocks, Publications]
    models: list[type[BaseModel]] = [*map(_model_of, owners), Case, Delivery]
    return {model.__name__: model for model in models}


@pytest.mark.parametrize("name", REQUIRED)
def test_what_a_document_must_have_it_has_always_had(name: str) -> None:
    model = _models()[name]
    assert {field for field, about in model.model_fields.items() if about.is_required()} == REQUIRED[name]
    assert model.model_config.get("extra") in (None, "ignore")  # what a newer version adds is no fault


def test_the_abuse_list_is_a_document_like_these() -> None:
    assert _model_of(AbuseLists).model_config.get("extra") in (None, "ignore")
