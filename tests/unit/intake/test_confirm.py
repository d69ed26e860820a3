"""Whether an address is its author's: who is asked, who may say so, and what nobody can take back."""

from datetime import timedelta
from typing import Any

import pytest
from intake.confirmation.commands import ask_again, confirm, refuse
from intake.filing.commands import Filed, has_number_to_confirm, is_to_confirm
from intake.submissions.contact_confirmation import BETWEEN, MOST_AGAIN, Address, Confirmation
from intake.submissions.errors import AskedJustNow, AskedOftenEnough, LinkNotUsable, NothingToConfirm
from intake.submissions.model import Erasure
from intake.submissions.tracking_secrets import TrackingKeys
from shared.events.contacts import ContactConfirmed
from shared.events.model import Channel, Kind
from shared.events.submissions import AuthorConfirmed
from shared.events.topics import CONTACTS
from shared.privacy.contacts import Contact

from tests.support.intake import NOON, TRACKING_KEYS, a_submission

ID = "0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11"
BY_MAIL = Contact(email="maryam@citizens.example")
ALL = [(CONTACTS, f"{ID}/author{rest}") for rest in ("", "/confirmed", "/number-confirmed")]


def filed(**changed: Any) -> Filed:
    known: dict[str, Any] = {
        "kind": Kind.COMPLAINT,
        "text": "the lamp is out",
        "language": "en",
        "channel": Channel.WEB,
        "fingerprint": "",
        "contact": BY_MAIL,
    }
    return Filed(**known | changed)


@pytest.mark.parametrize("channel", Channel)
def test_whoever_typed_an_address_it_is_to_be_confirmed_except_where_nobody_is_told(channel: Channel) -> None:
    assert is_to_confirm(filed(channel=channel)) == (channel is not Channel.IMPORT)
    by_phone = filed(channel=channel, contact=Contact(phone="36001234"), is_verified=True)
    assert has_number_to_confirm(by_phone) == (channel is not Channel.IMPORT), "no provider has verified a number"


@pytest.mark.parametrize("given", [{"contact": None}, {"contact": Contact(phone="17000000")}, {"is_verified": True}])
def test_without_an_address_or_with_one_that_the_provider_verified_there_is_nothing_to_confirm(
    given: dict[str, Any],
) -> None:
    assert not is_to_confirm(filed(**given))


def test_confirming_tells_the_notifier_without_anything_of_the_person() -> None:
    decision = confirm(ID, a_submission(confirmation=Confirmation.AWAITED))
    assert decision is not None
    assert decision.state.confirmation == Confirmation.CONFIRMED
    draft, reached = decision.events
    assert draft.data == ContactConfirmed(submission_id=ID, contact_id="author")
    assert draft.key == f"{ID}/author/confirmed", "its own key: compaction must leave the contact"
    assert reached.data == AuthorConfirmed(submission_id=ID, from_state="received", to_state="received")
    assert decision.state.timeline == []


def test_a_question_reaches_who_confirmed_who_signed_in_and_who_gave_no_address() -> None:
    assert not a_submission(confirmation=Confirmation.AWAITED).can_be_asked
    assert not a_submission(confirmation=Confirmation.REFUSED).can_be_asked
    assert a_submission(confirmation=Confirmation.CONFIRMED).can_be_asked
    assert a_submission().can_be_asked
    signed_in = a_submission(confirmation=Confirmation.AWAITED, author="maryam")
    assert signed_in.can_be_asked, "it is in their inbox"
    confirming = confirm(ID, signed_in)
    assert confirming is not None
    assert [draft.data.type for draft in confirming.events] == ["ContactConfirmed"]


def test_a_number_beside_an_address_lets_no_question_out() -> None:
    both = a_submission(confirmation=Confirmation.AWAITED, asked_of=[Address.MAIL, Address.NUMBER])
    by_number = confirm(ID, both, Address.NUMBER)
    assert by_number is not None
    assert [draft.data.type for draft in by_number.events] == ["ContactConfirmed"]


def test_an_address_and_a_number_are_confirmed_each_by_itself() -> None:
    by_number = confirm(ID, a_submission(confirmation=Confirmation.AWAITED), Address.NUMBER)
    assert by_number is not None
    draft = by_number.events[0]
    assert draft.data == ContactConfirmed(submission_id=ID, contact_id="author", number=True)
    assert draft.key == f"{ID}/author/number-confirmed"
    assert confirm(ID, by_number.state, Address.NUMBER) is None
    both = confirm(ID, by_number.state)
    assert both is not None
    assert both.state.confirmed == [Address.NUMBER, Address.MAIL]
    before = a_submission(confirmation=Confirmation.CONFIRMED)  # when there were no numbers
    added = confirm(ID, before, Address.NUMBER)
    assert added is not None
    assert confirm(ID, added.state) is None


def test_where_both_were_asked_the_number_does_not_answer_for_the_address() -> None:
    asked = a_submission(confirmation=Confirmation.AWAITED, asked_of=[Address.MAIL, Address.NUMBER])
    by_number = confirm(ID, asked, Address.NUMBER)
    assert by_number is not None
    assert by_number.state.confirmation == Confirmation.AWAITED, "mail is withheld still, and may be asked for again"
    both = confirm(ID, by_number.state)
    assert both is not None
    assert both.state.confirmation == Confirmation.CONFIRMED


def test_a_number_beside_an_address_that_the_provider_verified_is_confirmed_all_the_same() -> None:
    decision = confirm(ID, a_submission(), Address.NUMBER)
    assert decision is not None
    assert decision.state.confirmation is None
    assert refuse(ID, a_submission(), Address.NUMBER) is not None


def test_a_second_click_changes_nothing() -> None:
    assert confirm(ID, a_submission(confirmation=Confirmation.CONFIRMED)) is None
    assert refuse(ID, a_submission(confirmation=Confirmation.REFUSED)) is None


@pytest.mark.parametrize("before", [Confirmation.AWAITED, Confirmation.CONFIRMED])
def test_this_was_not_me_erases_the_address_everywhere_also_later(before: Confirmation) -> None:
    decision = refuse(ID, a_submission(confirmation=before))
    assert decision is not None
    assert (decision.state.confirmation, list(decision.events)) == (Confirmation.REFUSED, [])
    assert decision.tombstones == ALL


def test_an_address_that_was_refused_cannot_be_confirmed_any_more() -> None:
    with pytest.raises(LinkNotUsable):
        confirm(ID, a_submission(confirmation=Confirmation.REFUSED))


@pytest.mark.parametrize("decide", [confirm, refuse])
@pytest.mark.parametrize(
    "changed",
    [{}, {"confirmation": Confirmation.AWAITED, "erasure": Erasure(at=NOON, by="citizen", reason="asked")}],
    ids=["nothing to confirm", "erased"],
)
def test_a_link_without_an_address_behind_it_does_nothing(decide: Any, changed: dict[str, Any]) -> None:
    with pytest.raises(LinkNotUsable):
        decide(ID, a_submission(**changed))


def test_whoever_filed_cannot_confirm_for_somebody_else() -> None:
    """They hold the tracking secret; the code stands in the mail alone."""
    keys = TrackingKeys(TRACKING_KEYS)
    assert keys.confirms(keys.confirmation(ID), ID)
    assert not keys.confirms(keys.secret(ID), ID)
    assert not keys.opens(keys.confirmation(ID), ID)
    assert not keys.confirms(keys.confirmation(ID), ID.replace("0", "1"))
    assert keys.confirms_number(keys.number_confirmation(ID), ID)
    assert not keys.confirms(keys.number_confirmation(ID), ID), "who reads the SMS says nothing of the mail address"
    assert not keys.confirms_number(keys.confirmation(ID), ID)


def test_the_mail_that_asks_is_sent_again_after_a_while_and_twice_at_most() -> None:
    state, now = a_submission(confirmation=Confirmation.AWAITED), NOON
    for _ in range(MOST_AGAIN):
        decision = ask_again(ID, state, now)
        assert [draft.data.type for draft in decision.events] == ["ConfirmationRequested"]
        assert (decision.state.timeline, decision.state.confirmation) == ([], Confirmation.AWAITED)
        state, now = decision.state, now + BETWEEN
    with pytest.raises(AskedOftenEnough):
        ask_again(ID, state, now + timedelta(days=9))


def test_a_mail_that_may_still_be_on_its_way_is_not_sent_again() -> None:
    for state in (
        a_submission(confirmation=Confirmation.AWAITED, received_at=NOON),
        a_submission(confirmation=Confirmation.AWAITED, asked_again=[NOON]),
    ):
        with pytest.raises(AskedJustNow) as too_soon:
            ask_again(ID, state, NOON + BETWEEN - timedelta(seconds=1))
        assert too_soon.value.wait == timedelta(seconds=1)
        assert ask_again(ID, state, NOON + BETWEEN)


@pytest.mark.parametrize("confirmation", [None, Confirmation.CONFIRMED, Confirmation.REFUSED])
def test_where_there_is_nothing_to_confirm_nothing_is_sent(confirmation: Confirmation | None) -> None:
    with pytest.raises(NothingToConfirm):
        ask_again(ID, a_submission(confirmation=confirmation), NOON)
