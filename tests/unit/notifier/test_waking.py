"""Who has something to do after a batch is woken, and nobody else."""

from collections.abc import Sequence
from typing import Any

import pytest
from notifier.domain.case import Case
from notifier.domain.webhooks import Delivery
from notifier.planned import Planned
from notifier.repository import delivery_record, notification_record
from notifier.waking import Waking
from shared.aggregates import Decision, Document

from tests.support.notifier import NOW, a_notification

A_DELIVERY = Delivery(id="d", endpoint="e", type="SubmissionReceived", body="{}", event_at=NOW, planned_at=NOW)
DUE = {"next_at": NOW}


@pytest.mark.parametrize(
    ("records", "woken"),
    [
        ([], set()),
        ([notification_record(a_notification(lane="urgent", **DUE))], {"urgent mail"}),
        ([notification_record(a_notification(lane=lane, **DUE)) for lane in ("normal", "bulk")], {"mail"}),
        ([notification_record(a_notification(held_until=NOW, state="held"))], set()),
        ([notification_record(a_notification(channel="inbox", state="delivered"))], set()),
        ([notification_record(a_notification(channel="push", **DUE))], set()),
        ([delivery_record(A_DELIVERY)], {"webhooks"}),
    ],
    ids=["nothing", "urgent", "the rest", "held", "in the inbox", "by no channel of this process", "a webhook"],
)
def test_who_has_something_to_do_is_woken_once(records: list[Any], woken: set[str]) -> None:
    heard: list[str] = []
    due = [document["_id"] for _, document in records if "next_at" in document]

    def rest(planned: Sequence[Document]) -> None:
        heard.append("mail")
        assert [each["_id"] for each in planned] == [*due, *due], "what was planned, and planned once more"

    def urgent(planned: Sequence[Document]) -> None:
        heard.append("urgent mail")
        assert {each["_id"] for each in planned} == set(due)

    ways = {("mail", "normal"): rest, ("mail", "bulk"): rest, ("mail", "urgent"): urgent}
    waking = Waking(ways, lambda: heard.append("webhooks"))
    waking.note(Decision(Case(), records=records))
    waking.note(Decision(Case(), records=records))
    waking.wake()
    assert sorted(heard) == sorted(woken)
    waking.wake()
    assert len(heard) == len(woken)


def planned(*ids: str) -> list[Document]:
    return [notification_record(a_notification(id=id, state="created", **DUE))[1] for id in ids]


def test_what_was_just_planned_is_claimed_without_a_look_until_something_else_may_be_due() -> None:
    known = Planned(at_most=3, look_every_seconds=60)
    known.add(planned("a"))
    assert known.take(10, ()) == [], "before the first look something older may wait"
    known.looks()
    assert 59 < known.pause <= 60
    known.add(planned("a", "b"))
    known.add(planned("a", "on its way"))
    assert [each.id for each in known.take(10, {"on its way"})] == ["a", "b"]
    assert known.take(10, ()) == [], "once"
    known.add(planned("a"))
    known.look_next()
    assert (known.pause, known.take(10, ())) == (0, [])


def test_more_than_a_claim_takes_is_looked_for_and_not_piled_up_while_nothing_can_be_handed_over() -> None:
    known = Planned(at_most=3, look_every_seconds=60)
    known.looks()
    known.add(planned("a", "b"))
    assert known.take(1, ()) == [], "a breaker that tries with one"
    known.add(planned("a", "b"))
    known.add(planned("c", "d"))
    assert (known.pause, known.take(10, ())) == (0, [])
