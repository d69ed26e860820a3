"""Every event of every topic, generated from its model, taken by every service that reads its topic.

Nothing is set aside and nothing raises: over nothing, over a state that allows the event, and over every other state.
"""

import json
import os
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared.events.model import EventData
from shared.events.topics import BY_NAME, DIRECTORY, TOPICS, Topic
from tawasul.schemas import EXAMPLES as EXAMPLES_FOLDER

from tests.support.events import collected
from tests.support.events.consumers import MAKERS, NOW, ServiceUnderTest, asked, entry_of, read_by_every_process
from tests.support.events.generated import events, limits_of
from tests.support.events.states import allowing, every_state

BY_STREAM = {topic.stream: topic for topic in TOPICS}
EVENTS = [(event, topic) for topic in TOPICS for event in topic.events.values()]
IS_THOROUGH = bool(os.environ.get("TAWASUL_TEST_THOROUGH"))
EXAMPLES, AT_ONCE = (100, 10) if IS_THOROUGH else (4, 5)
TEXTS = 1 if IS_THOROUGH else 4
"""Every text that a field may hold, or every fourth."""

FIRST = 0x0B8F6F0E3A3D4C529C1E000000000000

SERVICES: dict[str, ServiceUnderTest] = {name: make() for name, make in MAKERS.items()}
"""Made once; each test begins with empty stores."""

READ = [
    pytest.param(SERVICES[name], event, id=f"{name}-{event.__name__}")
    for event, topic in EVENTS
    for name in SERVICES
    if topic in SERVICES[name].topics
]


@pytest.fixture(autouse=True)
def _empty_stores() -> None:
    for service in SERVICES.values():
        service.database.clear()


def _key(event: type[EventData], number: int) -> str:
    return str(UUID(int=FIRST + number)) if "submission_id" in event.model_fields else f"works:{number}"


def _keyed(event: type[EventData], facts: Iterable[EventData]) -> dict[str, EventData]:
    """Each about a case of its own."""
    return {
        (key := _key(event, number)): fact.model_copy(update=_placed(event, key)) for number, fact in enumerate(facts)
    }


def _placed(event: type[EventData], key: str) -> dict[str, Any]:
    return {"submission_id": key} if "submission_id" in event.model_fields else {}


def _taken(service: ServiceUnderTest, facts: dict[str, EventData], sequence: int) -> dict[str, str]:
    """Why which of these was not taken."""
    found = service.given([entry_of(data, sequence, key=key) for key, data in facts.items()])
    service.database.clear()
    return found


@pytest.mark.parametrize(("service", "event"), READ)
def test_each_limit_of_each_field_is_taken(service: ServiceUnderTest, event: type[EventData]) -> None:
    limits = list(limits_of(event, _placed(event, _key(event, 0)), TEXTS))
    facts = _keyed(event, [data for _, data in limits])
    over_none = _taken(service, facts, 1)
    allowing(service, event)(service, list(facts))
    over_its_own = _taken(service, facts, 50)
    names = {key: what for key, (what, _) in zip(facts, limits, strict=True)}
    assert {names[key]: why for key, why in over_none.items()} == {}, "over no state"
    assert {names[key]: why for key, why in over_its_own.items()} == {}, "over a state that allows it"


@pytest.mark.parametrize(("service", "event"), READ)
def test_whatever_its_model_allows_is_taken(service: ServiceUnderTest, event: type[EventData]) -> None:
    allowing(service, event)(service, [_key(event, number) for number in range(AT_ONCE)])
    before = service.database.kept()
    service.database.clear()

    @settings(
        max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None, derandomize=not IS_THOROUGH
    )
    @given(st.lists(events(event, *_placed(event, _key(event, 0)).items()), min_size=1, max_size=AT_ONCE))
    def taken(generated: list[EventData]) -> None:
        facts = _keyed(event, generated)
        assert _taken(service, facts, 1) == {}, "over no state"
        service.database.put_back(before)
        assert _taken(service, facts, 50) == {}, "over a state that allows it"

    taken()


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_each_example_is_taken(service: ServiceUnderTest) -> None:
    for file in sorted(EXAMPLES_FOLDER.glob("*/*/*.json")):
        example = json.loads(file.read_text())
        assert _written_is_taken(service, BY_STREAM[file.parts[-3]], example) == {}, file


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_each_event_that_was_ever_published_is_taken(service: ServiceUnderTest) -> None:
    events = list(collected.read(collected.COLLECTED))
    assert events
    for event in events:
        why = _written_is_taken(service, BY_NAME[event["topic"]], event)
        assert why == {}, json.dumps(event, ensure_ascii=False)


def test_every_type_of_event_is_among_those_that_were_published() -> None:
    """`tests/support/events/collected.py` says how a new one gets there: run a test that publishes it."""
    there = {event["headers"]["ce_type"] for event in collected.read(collected.COLLECTED)}
    assert {type for topic in TOPICS for type in topic.events} - there == set()


def _written_is_taken(service: ServiceUnderTest, topic: Topic, written: dict[str, Any]) -> dict[str, str]:
    """Why not, over none and over a state that allows it."""
    key, headers = written["key"], written["headers"]
    entry = {**written, "topic": topic.name, "time": NOW, "value": json.dumps(written["value"]).encode()}
    found = service.given([entry])
    service.database.clear()
    if topic in service.topics:
        allowing(service, topic.events[headers["ce_type"]])(service, [key])
        found |= service.given([entry | {"headers": headers | {"ce_sequence": "50"}}])
        service.database.clear()
    return found


@pytest.mark.parametrize("name", ["intake", "router"])
def test_an_event_is_taken_over_every_state_there_is(name: str) -> None:
    """Also where the sender's state and the reader's have come apart."""
    service = SERVICES[name]
    for event in (event for event, topic in EVENTS if topic in service.topics):
        limits = dict(limits_of(event, _placed(event, _key(event, 0))))
        some = [limits[what] for what in ("nothing optional", "every field", "every field at its longest")]
        facts = _keyed(event, some)
        for state, put in every_state(service):
            put(service, list(facts))
            assert _taken(service, facts, 50) == {}, f"{event.__name__} over {state}"


@pytest.mark.parametrize("event", DIRECTORY.events.values(), ids=lambda event: event.__name__)
def test_whatever_the_directory_says_can_be_read_and_asked(event: type[EventData]) -> None:
    """It is no consumer's batch: what raised here would end the process's reading."""

    @settings(
        max_examples=EXAMPLES * 5, suppress_health_check=list(HealthCheck), database=None, derandomize=not IS_THOROUGH
    )
    @given(events(event))
    def read(data: EventData) -> None:
        asked(read_by_every_process([data]))

    for _, data in limits_of(event, {}):
        asked(read_by_every_process([data]))
    asked(read_by_every_process([data for _, data in limits_of(event, {})]))
    read()
