"""How events that tests really published are kept: one of each shape, in an order of their own."""

from typing import Any

from tests.support.events.collected import MOST_OF_A_TYPE, merged, shape_of


def _event(type: str = "InformationAdded", **value: Any) -> dict[str, Any]:
    return {"topic": "t", "key": "k", "headers": {"ce_type": type}, "value": {"type": type} | value}


def test_two_events_with_the_same_fields_and_kinds_of_values_have_one_shape() -> None:
    assert shape_of(_event(text="One")) == shape_of(_event(text="Another"))
    for other in (_event(text="نص"), _event(text="One", answers="q1"), _event(text="x" * 500), _event(text="")):
        assert shape_of(other) != shape_of(_event(text="One"))
    assert shape_of(_event(size=3)) != shape_of(_event(size=0))
    assert shape_of(_event(files=[{"id": "a"}])) == shape_of(_event(files=[{"id": "b"}]))


def test_what_is_merged_is_there_once_and_in_no_order_of_arrival() -> None:
    first, second, third = _event(text="One"), _event(text="نص"), _event("SubmissionHidden")
    assert merged([first, second], [_event(text="Same shape"), third]) == merged([third, first], [second])


def test_no_type_and_no_event_takes_all_the_room() -> None:
    fields: list[dict[str, Any]] = [{f"field_{number}": 1} for number in range(MOST_OF_A_TYPE + 5)]
    many = [_event(**each) for each in fields]
    assert len(merged(many)) == MOST_OF_A_TYPE
    assert merged([_event(text="x" * 9_000)]) == []
