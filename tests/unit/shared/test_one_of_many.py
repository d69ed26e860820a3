"""A failing item is skipped and retried; an outage stops all."""

import pytest
from pymongo.errors import AutoReconnect
from shared.operations.metrics import LEFT_BEHIND
from shared.storage.aggregates import Conflict
from shared.storage.item_isolation import PASSED_OVER_SECONDS, SkippedItems, read_each


def test_what_failed_is_passed_over_for_a_minute_and_asked_for_are_so_many_more() -> None:
    time = [0.0]
    left = SkippedItems[str]("a test", lambda: time[0])
    with left.one("spoilt"):
        raise ValueError("cannot be read")
    assert LEFT_BEHIND.labels("a test")._value.get() == 1
    with left.one("raced"):
        raise Conflict("changed meanwhile")
    assert (left.beside(10), left.without(["spoilt", "raced", "sound"])) == (11, ["raced", "sound"])
    time[0] = PASSED_OVER_SECONDS
    assert (left.beside(10), left.without(["spoilt"])) == (10, ["spoilt"])


def test_where_the_database_is_away_all_wait() -> None:
    left = SkippedItems[str]("a test")
    with pytest.raises(AutoReconnect), left.one("any"):
        raise AutoReconnect
    assert left.without(["any"]) == ["any"]


def test_what_can_be_read_keeps_its_order_and_the_rest_is_counted() -> None:
    documents = [{"_id": "a", "size": "3"}, {"_id": "b"}, {"_id": "c", "size": "1"}]
    before = LEFT_BEHIND.labels("a reader")._value.get()
    assert read_each("a reader", documents, lambda document: int(document["size"])) == [3, 1]
    assert LEFT_BEHIND.labels("a reader")._value.get() == before + 1
