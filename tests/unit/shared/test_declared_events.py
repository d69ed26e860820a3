"""What a consumer takes and what it passes by, declared: nothing is in neither by oversight."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import TypeAdapter, ValidationError
from shared.events.model import LARGEST_NUMBER, Count, Moment, PartNumber
from shared.events.topics import CONTACTS, SUBMISSIONS
from shared.messaging.consumer import UndeclaredEventType, raise_if_undeclared

EVENTS = set(SUBMISSIONS.events.values())
RECEIVED, RATED = SUBMISSIONS.events["SubmissionReceived"], SUBMISSIONS.events["SubmissionRated"]


def test_each_event_is_handled_or_ignored() -> None:
    raise_if_undeclared(EVENTS - {RATED}, {RATED}, [SUBMISSIONS])


def test_an_event_in_neither_in_both_or_of_another_topic_is_named() -> None:
    for handled, ignored, named in [
        (EVENTS - {RATED, RECEIVED}, set(), "SubmissionRated, SubmissionReceived"),
        (EVENTS, {RATED}, "SubmissionRated"),
        (EVENTS, set(CONTACTS.events.values()), "ContactConfirmed, ContactRegistered"),
    ]:
        with pytest.raises(UndeclaredEventType, match=re.escape(named)):
            raise_if_undeclared(handled, ignored, [SUBMISSIONS])


@pytest.mark.parametrize(
    ("kind", "allowed", "refused"),
    [
        (Count, [0, LARGEST_NUMBER], [-1, LARGEST_NUMBER + 1, 2**63]),
        (PartNumber, ["1", "12"], ["0", "", "a", "1\0", "$1", "1.2"]),
        (
            Moment,
            [datetime(1900, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=timezone(timedelta(hours=14)))],
            [datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=3))), datetime(9999, 12, 31, tzinfo=UTC)],
        ),
    ],
)
def test_a_value_that_no_store_or_zone_can_hold_is_no_value_of_an_event(
    kind: type, allowed: list[object], refused: list[object]
) -> None:
    adapter: TypeAdapter[object] = TypeAdapter(kind)
    for value in allowed:
        assert adapter.validate_python(value) == value
    for value in refused:
        with pytest.raises(ValidationError):
            adapter.validate_python(value)
