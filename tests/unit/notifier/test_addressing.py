"""A planned notification made ready, at the moment it is sent."""

from datetime import timedelta

from notifier.channels import Message
from notifier.contacts.recipient_facts import RecipientFacts
from notifier.notifications.model import TOO_OLD
from notifier.notifications.outcomes import Outcome

from tests.support.notifier import NOW, a_notification, the_writer


def test_what_could_not_be_sent_for_a_day_is_not_sent_any_more() -> None:
    notification = a_notification(recipient_kind="entity", recipient="works", state="sending", event_at=NOW)
    on_time = the_writer().write(notification, RecipientFacts(), NOW + TOO_OLD)
    assert isinstance(on_time, Message)
    late = the_writer().write(notification, RecipientFacts(), NOW + timedelta(days=2))
    assert isinstance(late, Outcome)
    assert (late.state, late.reason) == ("cancelled", "too old")


def test_a_contact_that_does_not_come_is_awaited_for_a_day() -> None:
    notification = a_notification(recipient_kind="contact", recipient="x/author", state="sending", event_at=NOW)
    waiting = the_writer().write(notification, RecipientFacts(), NOW + timedelta(hours=1))
    assert isinstance(waiting, Outcome)
    assert (waiting.state, waiting.waiting_for) == ("created", "x/author")
    late = the_writer().write(notification, RecipientFacts(), NOW + TOO_OLD + timedelta(seconds=1))
    assert isinstance(late, Outcome)
    assert (late.state, late.reason) == ("cancelled", "too old")
