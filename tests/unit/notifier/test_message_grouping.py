"""Several things about one submission become one message: what waits, until when, and what is told in the end."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from notifier.channels import Message
from notifier.contacts.recipient_facts import RecipientFacts
from notifier.deferral.message_grouping import (
    SEVERAL,
    EarlierMessage,
    bursts,
    can_be_grouped,
    combined,
    counts_towards_daily_limit,
    group_key,
)
from notifier.message_templates.model import LANGUAGES
from notifier.notifications.model import Notification

from tests.support.notifier import NOW, a_notification, the_messages, the_writer

WINDOW = timedelta(seconds=60)
OFFICIAL: dict[str, Any] = {"recipient_kind": "official", "recipient": "officer.one", "audience": "officer"}


def a_telling(id: str, **changed: Any) -> Notification:
    return a_notification(**{"id": id, "template": "assigned-to-you", **OFFICIAL} | changed)


def waits(claimed: Sequence[Notification], *before: EarlierMessage) -> dict[str, float]:
    """In seconds from now, by id."""
    found = bursts(claimed, {group_key(a_telling("x")): before}, WINDOW, NOW)
    return {id: (until - NOW).total_seconds() for id, until in found.items()}


def sent(seconds_ago: float) -> EarlierMessage:
    return EarlierMessage("earlier", NOW - timedelta(seconds=seconds_ago), is_sent=True)


def test_the_first_goes_at_once_and_what_follows_waits_for_the_end_of_its_window() -> None:
    assert waits([a_telling("a")]) == {}
    assert waits([a_telling("a")], sent(20)) == {"a": 40}
    assert waits([a_telling("a"), a_telling("b")], sent(50), sent(20)) == {"a": 40, "b": 40}
    assert waits([a_telling("a")], sent(60)) == {}, "nobody waits longer than the window"


def test_what_comes_at_one_moment_is_told_together_at_once() -> None:
    assert waits([a_telling("a"), a_telling("b")]) == {"a": 0, "b": 0}


def test_others_and_other_submissions_have_windows_of_their_own() -> None:
    elsewhere = {"recipient": "officer.two"}, {"submission_id": "another"}, {"channel": "sms"}
    assert waits([a_telling("a"), *(a_telling(str(n), **each) for n, each in enumerate(elsewhere))]) == {}


def test_of_two_claimed_side_by_side_exactly_one_goes() -> None:
    mine, other = a_telling("a"), a_telling("b", changed_at=NOW + timedelta(milliseconds=1))
    on_its_way = [EarlierMessage(each.id, each.changed_at, is_sent=False) for each in (mine, other)]
    assert waits([mine], on_its_way[1]) == {}
    assert waits([other], on_its_way[0]) == {"b": 60}
    assert waits([other], EarlierMessage("z", NOW - timedelta(seconds=70), is_sent=False)) == {}, (
        "its process died long ago"
    )


@pytest.mark.parametrize("alone", [{"lane": "urgent"}, {"mandatory": True}, {"members": ("a", "b")}])
def test_what_is_urgent_or_mandatory_or_tells_several_already_goes_alone(alone: dict[str, Any]) -> None:
    assert can_be_grouped(a_telling("a"))
    assert not can_be_grouped(a_telling("a", **alone))


def test_a_day_counts_what_a_person_is_told_and_is_neither_urgent_nor_mandatory_nor_a_digest() -> None:
    assert counts_towards_daily_limit(a_telling("a"))
    assert counts_towards_daily_limit(a_telling("a", members=("b", "c")))
    others = {"lane": "urgent"}, {"mandatory": True}, {"lane": "bulk"}, {"recipient_kind": "entity"}
    assert not any(counts_towards_daily_limit(a_telling("a", **each)) for each in others)


def test_the_same_ones_always_make_the_same_message() -> None:
    a, b = a_telling("a", otherwise="sms"), a_telling("b", event_at=NOW + timedelta(seconds=5))
    one, again = combined([a, b], NOW), combined([b, a], NOW + WINDOW)
    assert one.id == again.id != combined([a, a_telling("c")], NOW).id
    assert (one.members, one.template, one.otherwise, one.matter) == (("a", "b"), SEVERAL, "sms", None)
    assert (one.event_at, one.released_at, one.state) == (b.event_at, NOW, "created")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_everything_in_the_language_of_its_reader_and_the_same_each_time(language: str) -> None:
    params = {"reference": "7K3MX-QPA42", "kind": "complaint", "entity": "جهة works", "ids": {"entity": "works"}}
    mine = params | ENTITY[language]
    members = [
        a_telling("a", params=mine, language=language),
        a_telling("b", params=params, language="ar", template="interim-reply", event_at=NOW + timedelta(seconds=1)),
        a_telling("c", params=mine | {"text": "<b>Tuesday</b>"}, template="answered", event_at=NOW + WINDOW),
    ]
    one = combined(members, NOW).model_copy(update={"state": "sending", "language": language})
    writer = the_writer()
    said = writer.write(one, RecipientFacts(members={one.id: members}), NOW)
    assert isinstance(said, Message)
    assert said == writer.write(one, RecipientFacts(members={one.id: members}), NOW + timedelta(hours=1)), (
        "after a crash"
    )
    assert "7K3MX-QPA42" in said.subject
    for part in (said.text, said.html):
        for member in members:
            assert the_messages().brief(member.template, language, mine).title in part
    assert ("<b>Tuesday</b>" in said.text, "<b>Tuesday</b>" in said.html) == (True, False)
    gone = writer.write(one, RecipientFacts(), NOW)
    assert (gone.state, gone.reason) == ("cancelled", "overtaken"), "all of it was cancelled meanwhile"  # type: ignore[union-attr]


ENTITY = {"ar": {"entity": "جهة works"}, "en": {"entity": "Entity works"}}
