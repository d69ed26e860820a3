"""Who has said that they want no more mail gets none, except what has consequences for who does not read it."""

from typing import Any

import pytest
from notifier.channels import Message
from notifier.contacts.recipient_facts import RecipientFacts
from notifier.contacts.store import StoredContact
from notifier.contacts.suppression import Suppressed
from notifier.notifications.outcomes import Outcome
from notifier.preferences.model import Preferences, Wishes
from notifier.rendering.links import LONGEST_TOKEN, NotOurToken, UnsubscribeTokens
from pydantic import SecretStr
from shared.privacy.contacts import KeyRing, new_key

from tests.support.notifier import (
    A_SUBMISSION,
    NOW,
    a_contact,
    a_notification,
    a_ring,
    the_table,
    the_writer,
)

KEY = f"{A_SUBMISSION}/author"
MARYAM = "maryam@citizens.example"
PARAMS = {"reference": "7K3MX-QPA42", "kind": "complaint", "entity": "Works"}
TOKENS = UnsubscribeTokens(a_ring())


def addressed(
    unsubscribed: bool = False,
    why: Suppressed | None = None,
    stopped: bool = False,
    code: str | None = None,
    **changed: object,
) -> Message | Outcome:
    contact = StoredContact(KEY, a_contact(confirmation=code).sealed, is_unsubscribed=unsubscribed)
    address = MARYAM if changed.get("recipient_kind", "contact") == "contact" else "officer.one@gov.example"
    notification = a_notification(**{"template": "assigned", "params": PARAMS} | changed)
    wishes = {notification.id: Wishes((Preferences(stopped=True),))} if stopped else {}
    return the_writer().write(notification, RecipientFacts({KEY: contact}, {address: why} if why else {}, wishes), NOW)


def test_a_mail_to_an_author_says_where_such_mails_are_stopped() -> None:
    mail = addressed()
    assert isinstance(mail, Message)
    assert mail.unsubscribe == f"https://tawasul.example/inbox/unsubscribe/{TOKENS.write(KEY)}?lang=en"
    assert mail.unsubscribe in mail.text
    assert mail.unsubscribe in mail.html


def test_the_mail_that_asks_a_stranger_to_confirm_says_so_too() -> None:
    mail = addressed(code="1.c0de", template="received")
    assert isinstance(mail, Message)
    assert mail.unsubscribe is not None


@pytest.mark.parametrize(
    ("unsubscribed", "why", "stopped", "reason"),
    [
        (True, None, False, "unsubscribed"),
        (False, None, True, "unsubscribed"),
        (False, Suppressed.BOUNCED, True, "bounced"),
        (True, Suppressed.COMPLAINED, False, "complained"),
    ],
)
def test_stopped_mail_is_cancelled_and_says_why(
    unsubscribed: bool, why: Suppressed | None, stopped: bool, reason: str
) -> None:
    outcome = addressed(unsubscribed, why, stopped)
    assert isinstance(outcome, Outcome)
    assert (outcome.state, outcome.reason) == ("cancelled", reason)


def test_what_is_mandatory_is_told_all_the_same_and_offers_nothing_to_stop() -> None:
    for unsubscribed in (True, False):
        mail = addressed(unsubscribed, stopped=not unsubscribed, template="question-asked", mandatory=True)
        assert isinstance(mail, Message)
        assert mail.unsubscribe is None
        assert "unsubscribe" not in mail.html


@pytest.mark.parametrize("why", [Suppressed.BOUNCED, Suppressed.COMPLAINED])
def test_nothing_at_all_goes_to_an_address_that_is_dead_or_complained(why: Suppressed) -> None:
    assert isinstance(addressed(True, why, template="question-asked", mandatory=True), Outcome)


def test_an_official_is_told_at_an_address_that_unsubscribed_as_a_citizens() -> None:
    of_officer: dict[str, Any] = {
        "recipient_kind": "official",
        "recipient": "officer.one",
        "template": "assigned-to-you",
    }
    mail = addressed(stopped=True, **of_officer)
    assert isinstance(mail, Message)
    assert mail.unsubscribe is None
    assert isinstance(addressed(why=Suppressed.BOUNCED, **of_officer), Outcome)


def test_only_what_a_reader_may_miss_is_stopped_by_unsubscribing() -> None:
    mandatory = {row.template for row in the_table().rows if row.mandatory}
    assert mandatory == {"question-asked", "question-waits", "deadline-breached", "deadlines-moved", "escalated"}


def test_a_token_names_its_contact_and_outlives_a_rotation_of_keys() -> None:
    old, new = new_key(), new_key()
    token = UnsubscribeTokens(KeyRing(SecretStr(old))).write(KEY)
    assert UnsubscribeTokens(KeyRing(SecretStr(f"{new},{old}"))).read(token) == KEY
    with pytest.raises(NotOurToken):
        UnsubscribeTokens(KeyRing(SecretStr(new))).read(token)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "nonsense",
        TOKENS.write(KEY)[:-1],
        TOKENS.write(KEY) + "A",
        "x" + TOKENS.write(KEY),
        TOKENS.write(KEY).replace(".", ".."),
        TOKENS.write(KEY).partition(".")[0] + "." + TOKENS.write("x/author").partition(".")[2],
        "/w.AA",
        "é.AA",
        "A" * LONGEST_TOKEN + ".A",
        "gICA.AAAA",
    ],
    ids=range(12),  # the key differs in each process, and with it the tokens
)
def test_any_other_token_is_nobodys(token: str) -> None:
    with pytest.raises(NotOurToken):
        TOKENS.read(token)
