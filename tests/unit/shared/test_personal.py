"""What of every event is a person, and that the rest is still the event."""

import json
from pathlib import Path

import pytest
from shared.events.model import EventData, Location
from shared.events.personal import ERASED, personal_fields, place_kept, without_person
from shared.events.topics import ASSIGNMENTS, BY_EVENT, SUBMISSIONS
from tawasul.stack.paths import REPOSITORY

EXAMPLES = sorted((REPOSITORY / "shared" / "examples").glob("*/*/*.json"))
MODELS = [model for topic in (SUBMISSIONS, ASSIGNMENTS) for model in topic.events.values()]


def _model(example: Path) -> type[EventData]:
    return next(model for model in BY_EVENT if model.__name__ == example.parent.name)


def _value(example: Path) -> bytes:
    return json.dumps(json.loads(example.read_text())["value"]).encode()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_whatever_people_write_into_an_event_is_personal(model: type[EventData]) -> None:
    written = {
        name
        for name, field in model.model_fields.items()
        if any(getattr(rule, "max_length", None) == 4_000 for rule in field.metadata)
    }
    assert written <= personal_fields(model)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.parent.name}-{example.stem}")
def test_an_event_without_its_person_is_still_that_event(example: Path) -> None:
    model = _model(example)
    left = without_person(model, _value(example))
    assert left is not None
    before, after = model.model_validate_json(_value(example)), model.model_validate_json(left)
    unchanged = set(model.model_fields) - personal_fields(model)
    assert after.model_dump(include=unchanged) == before.model_dump(include=unchanged)
    assert without_person(model, left) == left
    for name in personal_fields(model) - {"location"}:
        assert getattr(after, name) in (ERASED, None, ()), name


def test_what_nobody_can_read_is_nothing() -> None:
    assert without_person(MODELS[0], b"no event") is None


def test_of_a_place_the_block_stays() -> None:
    assert place_kept(Location(lat=26.2, lon=50.5, block="428", address="Road 2825")) == Location(block="428")
    assert place_kept(Location(lat=26.2, lon=50.5)) is None
    assert place_kept(None) is None
