"""What the log says of an error: its kind and its place, and nothing that a person wrote."""

import contextlib
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from shared.events.envelope import Cause, OutgoingEvent, seal
from shared.events.topics import SUBMISSIONS
from shared.messaging.consumer import Consumer
from shared.operations.observability import configure_logs, correlation_id

from tests.support.infrastructure import Database
from tests.support.parcels import GROUP, Handlers, Parcel, parcels_of, received, record
from tests.support.router import an_id

WORDS = "Zubaydah quetzalcoatl"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What a service logs from now on; the log of the tests is back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    for handler in handlers:
        root.removeHandler(handler)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        configure_logs("parcels", "INFO")
    yield lambda: [json.loads(line) for line in output.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_is_one_object_with_service_level_time_and_the_request_s_correlation_id(lines: Lines) -> None:
    token = correlation_id.set("of-the-request")
    logging.getLogger("anything").info("a fixed sentence\nof two lines", extra={"worker": "relay"})
    correlation_id.reset(token)
    (line,) = lines()
    assert {name: line[name] for name in ("service", "level", "message", "correlation_id", "worker")} == {
        "service": "parcels",
        "level": "INFO",
        "message": "a fixed sentence\nof two lines",
        "correlation_id": "of-the-request",
        "worker": "relay",
    }
    assert line["time"]


def test_an_error_is_told_without_its_message(lines: Lines) -> None:
    try:
        raise ValueError(WORDS)
    except ValueError:
        logging.getLogger("anything").exception("it failed")
    (line,) = lines()
    assert "ValueError" in line["exc_info"]
    assert not any(word in json.dumps(line) for word in WORDS.split())


class Failing(Handlers):
    def on_received(self, state: Parcel | None, event: Any, _: Any, now: Any) -> Any:
        raise ValueError(event.data.text)


async def test_a_handler_that_fails_with_what_a_person_wrote_does_not_log_it(
    lines: Lines, mongo_database: Database
) -> None:
    id = an_id()
    event = seal(
        OutgoingEvent(received(id, WORDS)), id, 1, "/tawasul/intake", received(id).received_at, Cause("correlation")
    )
    parcels = parcels_of(mongo_database)
    await Consumer(mongo_database, parcels, Failing().table(), [SUBMISSIONS], GROUP).take([record(event)])
    told = lines()
    assert "event set aside" in [line["message"] for line in told]
    assert not any(word in json.dumps(told) for word in WORDS.split())
