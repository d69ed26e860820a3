"""A batch wakes the workers that its records concern, and no others."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from notifier.notifications.store import notification_record
from notifier.sending.dispatch_wakeup import DispatchWakeup
from notifier.sending.poll_timer import PollTimer
from notifier.webhooks.delivery_store import delivery_record
from notifier.webhooks.model import Delivery
from shared.messaging.consumer import Records
from shared.storage.aggregates import Document, VersionMiss

from tests.support.notifier import NOW, a_notification

A_DELIVERY = Delivery(id="d", endpoint="e", type="SubmissionReceived", body="{}", event_at=NOW, planned_at=NOW)
DUE = {"next_at": NOW}


class Ways:
    """Two dispatchers, and who sends webhooks: `heard` is what each was told, before and after it was stored."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        of_urgent, of_rest = self._way("urgent mail"), self._way("mail")
        by_lane = {("mail", "normal"): of_rest, ("mail", "bulk"): of_rest, ("mail", "urgent"): of_urgent}
        self.dispatch_wakeup = DispatchWakeup(by_lane, lambda: self.heard.append("webhooks"))

    def _way(self, name: str) -> Any:
        @contextmanager
        def _storing(planned: Mapping[str, Document], stored: Mapping[str, Document]) -> Iterator[None]:
            self.heard.append(f"{name}: {' '.join(planned)}")
            yield
            self.heard.append(f"{name} has {' '.join(id for id in planned if id in stored)}")

        return _storing


def records_of(*records: tuple[str, Document]) -> Records:
    found: dict[str, dict[str, Document]] = {}
    for name, document in records:
        found.setdefault(name, {})[document["_id"]] = document
    return found


@pytest.mark.parametrize(
    ("records", "heard"),
    [
        ([], []),
        (
            [notification_record(a_notification(id="n", lane="urgent", **DUE))],
            ["urgent mail: n", "stored", "urgent mail has n"],
        ),
        (
            [notification_record(a_notification(id=lane, lane=lane, **DUE)) for lane in ("normal", "bulk")],
            ["mail: normal bulk", "stored", "mail has normal bulk"],
        ),
        ([notification_record(a_notification(held_until=NOW, state="held"))], []),
        ([notification_record(a_notification(channel="inbox", state="delivered"))], []),
        ([notification_record(a_notification(channel="push", **DUE))], []),
        ([delivery_record(A_DELIVERY)], ["stored", "webhooks"]),
    ],
    ids=["nothing", "urgent", "the rest", "held", "in the inbox", "by no channel of this process", "a webhook"],
)
def test_who_has_something_to_do_is_told_before_and_after_it_is_stored(records: list[Any], heard: list[str]) -> None:
    ways = Ways()
    with ways.dispatch_wakeup.storing(records_of(*records)):
        ways.heard.append("stored")
    assert [each for each in ways.heard if heard or each != "stored"] == heard


def test_nobody_is_told_of_what_was_not_stored_after_all() -> None:
    ways, records = Ways(), records_of(notification_record(a_notification(id="n", **DUE)), delivery_record(A_DELIVERY))
    with pytest.raises(VersionMiss), ways.dispatch_wakeup.storing(records):
        raise VersionMiss
    assert ways.heard == ["mail: n"]


def test_a_look_is_due_at_first_and_whenever_something_else_may_be_and_now_and_then() -> None:
    look = PollTimer(every_seconds=60)
    assert look.pause == 0, "before the first something older may wait"
    look.begins()
    assert 59 < look.pause <= 60
    look.next()
    assert look.pause == 0
