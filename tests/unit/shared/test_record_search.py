"""Where in Kafka an event is looked for."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from shared.comparison.record_search import MARGIN, MissingEvent, made_at, sequence_of
from shared.events.envelope import id_of_consequence
from shared.ids import new_id
from shared.reference.working_time import utc_now


def test_an_id_says_when_its_submission_was_made_and_what_is_concluded_from_it_says_the_same() -> None:
    id = new_id()
    assert abs(made_at(id) - utc_now()) < timedelta(minutes=1)
    assert made_at(id_of_consequence(id, "/tawasul/router", 0)) == made_at(id)


def test_of_an_id_that_says_no_time_everything_is_looked_through() -> None:
    assert made_at(str(uuid4())) == made_at("none") == datetime(1970, 1, 1, tzinfo=UTC)


def test_the_time_of_the_receipt_says_from_where_on_where_the_id_says_none() -> None:
    noon = datetime(2026, 11, 28, 12, tzinfo=UTC)
    wanted = MissingEvent("tawasul.submissions.v1", str(uuid4()), 1, noon)
    assert wanted.since == noon - MARGIN
    assert wanted == MissingEvent(wanted.topic, wanted.submission, 1)


def test_a_record_without_a_number_in_its_envelope_has_none() -> None:
    assert sequence_of([("ce_sequence", b"7")]) == 7
    assert sequence_of([("ce_sequence", b"seven"), ("other", b"1")]) is None
