"""News of an entity: one message to its head, however many cases moved, and nobody else is told."""

from datetime import timedelta
from typing import Any

from notifier.consumers import handlers
from notifier.inbox.model import name_of, place_of
from notifier.notifications.model import Notification
from shared.events.deadlines import DeadlinesMoved
from shared.events.envelope import Cause, Event, OutgoingEvent, seal

from tests.support.notifier import NOW, a_directory, an_official, the_messages, the_table

KEY = "works:rules-3"
MOVED = DeadlinesMoved(
    entity="works", rulebook=3, published_at=NOW, moved=100_000, later=99_990, earlier=10, late_now=7, in_time_again=4
)


def the_event(sequence: int = 1) -> Event:
    return seal(OutgoingEvent(MOVED), KEY, sequence, "/tawasul/sla-monitor", NOW, Cause(KEY))


def told(event: Event, *more: Any) -> list[Notification]:
    decision = handlers(the_table())[DeadlinesMoved](None, event, a_directory(*more), NOW)
    assert decision is not None
    return [Notification.model_validate(document | {"id": document["_id"]}) for _, document in decision.records]


def test_a_mass_move_of_deadlines_is_one_mail_and_one_inbox_item_to_the_head() -> None:
    planned = told(the_event())
    assert {(each.recipient, each.channel, each.template) for each in planned} == {
        ("head.works", "mail", "deadlines-moved"),
        ("head.works", "inbox", "deadlines-moved"),
    }
    assert not any(each.concerns_a_submission for each in planned), "what becomes of it is nothing of a submission"
    assert {place_of(each) for each in planned} == {"/performance/entity"}
    assert {name_of(each) for each in planned} == {"Entity works"}


def test_told_again_it_is_the_same_and_long_after_nobody_gets_a_mail() -> None:
    event = the_event()
    assert {each.id for each in told(event)} == {each.id for each in told(event)}
    decision = handlers(the_table())[DeadlinesMoved](None, event, a_directory(), NOW + timedelta(days=2))
    assert decision is not None
    states = {document["channel"]: document["state"] for _, document in decision.records}
    assert states == {"mail": "cancelled", "inbox": "delivered"}


def test_it_says_the_numbers_in_both_languages() -> None:
    for each in told(the_event(), an_official("head.works", role="head", language="ar")):
        assert "100000" in the_messages().brief(each.template, "ar", each.params).text
        mail = the_messages().render(each.template, "en", each.params, "Huda", "https://x.example/performance/entity")
        assert "99990" in mail.text
        for written in (mail.subject, mail.text, mail.html):
            assert written.strip()
            assert "None" not in written
            assert "{{" not in written
