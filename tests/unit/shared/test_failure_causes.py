"""Why a record was set aside: told in names, the same for one bug, and without a word that somebody wrote."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from shared.events.envelope import InvalidEvent, read_event
from shared.events.submissions import SubmissionReceived
from shared.events.topics import SUBMISSIONS
from shared.messaging.failure_causes import FailureCause, of_failure, of_old_letter, of_unreadable

from tests.support.parcels import a_submission, an_event, received, record

GROUP = "tawasul-parcels"
SECRET = "Fatima, 3300 1234"


class StrictModel(BaseModel):
    question: str | None = None
    words: dict[str, int] = {}


def receipt(answers: dict[str, str]) -> SubmissionReceived:
    return received(a_submission()).model_copy(update={"answers": answers})


def caught(data: SubmissionReceived, field: str = "question") -> FailureCause:
    with pytest.raises(ValidationError) as met:
        StrictModel.model_validate({field: data.answers})
    return of_failure(met.value, data.type, data, ["tests"])


def test_a_refused_field_is_named_with_where_its_value_came_from_and_both_classes() -> None:
    cause = caught(receipt({"name": SECRET}))
    assert cause.reason == "SubmissionReceived.answers: dict where str expected in StrictModel.question"
    assert (cause.error, cause.value_class) == ("ValidationError", "dict")
    assert cause.location == "tests.unit.shared.test_failure_causes.caught"


def test_a_bug_met_with_other_words_has_the_same_cause_and_another_group_another_one() -> None:
    one, other = caught(receipt({"size": "wheel"})), caught(receipt({"lamps": "several", "pole": "17"}))
    assert one.id(GROUP) == other.id(GROUP)
    assert one.id(GROUP) != one.id("tawasul-router")
    assert one.id(GROUP) != caught(receipt({"size": "one"}), field="words").id(GROUP)


def test_neither_a_value_nor_a_key_that_somebody_chose_is_in_a_cause() -> None:
    cause = caught(receipt({SECRET: SECRET}), field="words")
    assert cause.reason == "SubmissionReceived: str where int expected in StrictModel.words.*"
    assert SECRET not in repr(cause)


def lose(table: dict[str, str]) -> str:
    return table[SECRET]


def attribute_of_nothing(found: Any) -> Any:
    return found.entity


def test_a_bug_of_another_kind_is_placed_by_its_class_and_function() -> None:
    with pytest.raises(KeyError) as met:
        lose({})
    cause = of_failure(met.value, "SubmissionReceived", None, ["tests"])
    assert cause.reason == "SubmissionReceived: KeyError in tests.unit.shared.test_failure_causes.lose"
    assert SECRET not in repr(cause)
    with pytest.raises(AttributeError) as missed:
        attribute_of_nothing(None)
    cause = of_failure(missed.value, "SubmissionReceived", None, ["tests"])
    assert cause.reason == (
        "SubmissionReceived: AttributeError, NoneType has no entity, "
        "in tests.unit.shared.test_failure_causes.attribute_of_nothing"
    )


def unreadable(value: bytes | None = None, **headers: bytes) -> FailureCause:
    spoilt = record(an_event(received(a_submission()), 1))
    known = {name: headers.get(name, given) for name, given in spoilt.headers}
    with pytest.raises(InvalidEvent) as met:
        read_event(SUBMISSIONS, spoilt.key, value or spoilt.value, list(known.items()))
    return of_unreadable(met.value, known["ce_type"].decode())


def test_a_record_that_fits_no_schema_says_which_field_and_what_stood_there() -> None:
    fits = an_event(received(a_submission()), 1).data
    value = fits.model_copy(update={"kind": "praise", "location": {"lat": SECRET}}).model_dump_json(warnings=False)
    cause = unreadable(value.encode())
    assert cause.reason.startswith("SubmissionReceived does not fit its schema: kind: str refused as ")
    assert "location.lat: str where float expected" in cause.reason
    assert (cause.event_type, cause.field, cause.value_class) == (
        "SubmissionReceived",
        "SubmissionReceived.kind",
        "str",
    )
    assert SECRET not in repr(cause)


def test_an_envelope_of_nonsense_names_its_attribute_and_not_what_stood_there() -> None:
    cause = unreadable(ce_sequence=SECRET.encode())
    assert cause.reason == "no CloudEvents envelope: ce_sequence refused as ValueError"
    assert cause.event_type == "", "a type is believed where its schema was found, as it may be any text"
    assert SECRET not in repr(cause)
    assert cause.id(GROUP) != unreadable(ce_time=b"today").id(GROUP)


def old(reason: str, event_type: str | None = "SubmissionReceived") -> str:
    return of_old_letter({"event_type": event_type, "reason": reason}).id(GROUP)


def test_letters_from_before_there_were_causes_meet_by_event_and_error() -> None:
    assert old("ValidationError in a handler") == old("ValidationError in a handler")
    assert old("ValidationError in a handler") != old("KeyError in a handler")
    assert old("ValidationError in a handler") != old("ValidationError in a handler", "InformationAdded")
    envelope = "no CloudEvents envelope: ValueError invalid literal for int() with base 10: "
    assert old(envelope + "'one'", "a") == old(envelope + f"'{SECRET}'", "b")
    assert SECRET not in repr(of_old_letter({"event_type": SECRET, "reason": envelope + SECRET}))
