"""Mail to an address that nobody has confirmed: the first asks, the rest waits, and what still matters is sent."""

from datetime import timedelta

import pytest
from notifier.channels import Message
from notifier.contacts.recipient_facts import RecipientFacts
from notifier.contacts.store import StoredContact
from notifier.deferral.withholding import ASKING, LOOK_AGAIN, WORDS, still_matters
from notifier.notifications.model import TOO_OLD, Notification
from notifier.notifications.outcomes import Outcome
from shared.privacy.contacts import Contact

from tests.support.notifier import (
    A_SECRET,
    A_SUBMISSION,
    NOW,
    a_contact,
    a_notification,
    a_ring,
    the_messages,
    the_table,
    the_writer,
)

KEY = f"{A_SUBMISSION}/author"
CODE = "1.c0de"
PARAMS = {"reference": "7K3MX-QPA42", "kind": "complaint", "category": "Addiction clinic", "entity": "Health"}
WITHHELD_FOR = timedelta(days=30)


def addressed(
    template: str, confirmed: bool = False, code: str | None = CODE, later: timedelta = timedelta(), **changed: object
) -> Message | Outcome:
    """The outcome of a mail to its author, `later` after what it tells."""
    contact = StoredContact(KEY, a_contact(confirmation=code).sealed, confirmed)
    notification = a_notification(template=template, params=PARAMS, **changed)
    return the_writer().write(notification, RecipientFacts({KEY: contact}), NOW + later)


def withheld(*templates: str) -> dict[str, Notification]:
    """In the order in which they happened."""
    return {
        template: a_notification(
            id=template, template=template, state="withheld", event_at=NOW + timedelta(minutes=minutes)
        )
        for minutes, template in enumerate(templates)
    }


def test_the_first_mail_asks_and_says_nothing_that_is_not_for_strangers() -> None:
    mail = addressed("received")
    assert isinstance(mail, Message)
    assert f"https://tawasul.example/track/7K3MX-QPA42/confirm/{CODE}" in mail.text
    for part in (mail.text, mail.html, mail.subject):
        assert A_SECRET not in part, "the private link is for who has confirmed"
        assert "Addiction" not in part
        assert "Maryam" not in part, "a name can be anything that somebody wanted to have sent"
    assert mail.name is None


@pytest.mark.parametrize("template", sorted({row.template for row in the_table().rows if row.audience == "author"}))
def test_every_other_mail_to_an_author_is_held(template: str) -> None:
    outcome = addressed(template)
    if template in ASKING:
        assert isinstance(outcome, Message)
    else:
        assert isinstance(outcome, Outcome)
        assert (outcome.state, outcome.reason, outcome.next_at) == ("withheld", "unconfirmed", NOW + LOOK_AGAIN)


@pytest.mark.parametrize(("confirmed", "code"), [(True, CODE), (False, None)], ids=["confirmed", "nothing to confirm"])
@pytest.mark.parametrize("template", ["received", "assigned"])
def test_a_confirmed_author_is_told_all_with_the_private_link(template: str, confirmed: bool, code: str | None) -> None:
    mail = addressed(template, confirmed, code)
    assert isinstance(mail, Message)
    assert f"/track/7K3MX-QPA42/{A_SECRET}" in mail.text
    assert (mail.name, "confirm/" in mail.text) == ("Maryam", False)


def test_asking_once_more_says_nothing_to_who_has_confirmed_meanwhile() -> None:
    assert isinstance(addressed("confirm-again"), Message)
    for confirmed, code in ((True, CODE), (False, None)):
        outcome = addressed("confirm-again", confirmed, code)
        assert isinstance(outcome, Outcome)
        assert (outcome.state, outcome.reason) == ("cancelled", "overtaken")


FOLLOWER = f"{A_SUBMISSION}/follower-1"


def to_a_follower(template: str, code: str | None = CODE, confirmed: bool = False) -> Message | Outcome:
    sealed = a_ring().seal(Contact(email="yusuf@citizens.example", secret="1.st0p", confirmation=code), FOLLOWER)
    notification = a_notification(template=template, params=PARAMS, audience="follower", recipient=FOLLOWER)
    return the_writer().write(notification, RecipientFacts({FOLLOWER: StoredContact(FOLLOWER, sealed, confirmed)}), NOW)


def test_who_follows_by_mail_is_asked_first_and_hears_nothing_before_they_confirm() -> None:
    mail = to_a_follower("following")
    assert isinstance(mail, Message)
    assert "https://tawasul.example/track/7K3MX-QPA42/following/follower-1/1.st0p" in mail.text
    assert "Addiction" not in mail.text
    assert "do you want to follow it?" in mail.subject
    held = to_a_follower("followed-answered")
    assert isinstance(held, Outcome)
    assert held.state == "withheld"


@pytest.mark.parametrize(("confirmed", "code"), [(True, CODE), (False, None)], ids=["confirmed", "nothing to confirm"])
@pytest.mark.parametrize("template", ["following", "followed-answered", "followed-declined"])
def test_who_follows_by_mail_has_one_link_that_is_not_the_authors(
    template: str, confirmed: bool, code: str | None
) -> None:
    mail = to_a_follower(template, code, confirmed)
    assert isinstance(mail, Message)
    assert "/track/7K3MX-QPA42/following/follower-1/1.st0p" in mail.text
    assert A_SECRET not in mail.text
    assert "stop" in mail.text.lower()


def test_a_confirmation_whose_news_was_lost_is_seen_when_it_is_looked_at_again() -> None:
    mail = addressed("answered", confirmed=True, later=timedelta(days=3), reason="unconfirmed")
    assert isinstance(mail, Message)


def test_what_was_released_is_news_however_long_it_was_held() -> None:
    long_after = timedelta(days=12)
    mail = addressed("answered", confirmed=True, later=long_after, released_at=NOW + long_after - TOO_OLD)
    assert isinstance(mail, Message)


def test_what_nobody_ever_confirmed_is_given_up_in_time() -> None:
    nearly = addressed("answered", later=WITHHELD_FOR - timedelta(hours=1), reason="unconfirmed")
    assert isinstance(nearly, Outcome)
    assert (nearly.state, nearly.next_at) == ("withheld", NOW + WITHHELD_FOR)
    outcome = addressed("answered", later=WITHHELD_FOR + timedelta(seconds=1), reason="unconfirmed")
    assert isinstance(outcome, Outcome)
    assert (outcome.state, outcome.reason) == ("cancelled", "unconfirmed")


def test_a_confirmation_that_is_known_before_its_contact_is_no_erasure() -> None:
    early = StoredContact(KEY, None, is_confirmed=True)
    outcome = the_writer().write(a_notification(), RecipientFacts({KEY: early}), NOW)
    assert isinstance(outcome, Outcome)
    assert (outcome.state, outcome.waiting_for) == ("created", KEY)


@pytest.mark.parametrize(
    ("waiting", "state", "sent"),
    [
        (("assigned",), "assigned", {"assigned"}),
        (("assigned", "transferred"), "assigned", {"transferred"}),
        (("assigned", "question-asked"), "awaiting_citizen", {"question-asked"}),
        (("assigned", "question-asked"), "in_progress", {"assigned"}),
        (("assigned", "answered"), "answered", {"answered"}),
        (("assigned", "answered", "closed"), "closed", {"answered", "closed"}),
        (("declined", "appeal-dismissed"), "closed", {"appeal-dismissed"}),
        (("answered", "assigned"), "assigned", {"answered", "assigned"}),
        (("assigned", "answered"), "withdrawn", set()),
        (("assigned",), None, {"assigned"}),
    ],
)
def test_where_it_stands_and_what_was_decided_last_still_matters(
    waiting: tuple[str, ...], state: str | None, sent: set[str]
) -> None:
    assert still_matters(list(withheld(*waiting).values()), state) == sent


def test_the_rules_name_templates_that_there_are() -> None:
    told = {row.template for row in the_table().rows if row.audience in ("author", "follower", "new-follower")}
    assert WORDS | ASKING.keys() | {"question-asked"} <= told
    assert set(ASKING.values()) <= the_messages().names
