"""A number is the same number in the digits of every keyboard that people here have."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake.abuse.model import Entry, Sign, Watch, spelled
from intake.catalogue.category_answers import checked
from intake.filing.form_fields import counter_from, sent_from, with_ascii_digits
from intake.http.models import ContactSent, LocationSent, SubmissionSent
from intake.submissions.reference import normalised, reference_number
from intake.submissions.tracking_secrets import TrackingKeys
from pydantic import ValidationError
from router.cases.reference_numbers import beginning_of
from router.directory.model import Elsewhere
from shared.events.directory import AnswerType, CategoryQuestion
from shared.events.model import Name
from shared.reference.gazetteer import Gazetteer
from shared.reference.spelling import ascii_digits

DIGITS = [dict(zip("0123456789", digits, strict=True)) for digits in ("0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹")]
KEYS = TrackingKeys(f"1:{urlsafe_b64encode(b'k' * 32).decode()}")

blocks = st.text("0123456789", min_size=1, max_size=5)
phones = st.from_regex(r"\A\+?[0-9][0-9 ()-]{4,18}[0-9]\Z")


@st.composite
def respelled(draw: st.DrawFn, numbers: st.SearchStrategy[str]) -> tuple[str, str]:
    """A number, and the same with each of its digits as some keyboard writes it."""
    number = draw(numbers)
    return number, "".join(draw(st.sampled_from(DIGITS)).get(letter, letter) for letter in number)


@given(st.text(), respelled(st.text("0123456789")))
def test_only_digits_are_changed(text: str, number: tuple[str, str]) -> None:
    plain, typed = number
    assert ascii_digits(ascii_digits(text)) == ascii_digits(text)
    assert len(ascii_digits(text)) == len(text)
    assert ascii_digits(typed) == plain


@given(respelled(blocks))
def test_a_block_is_understood_in_the_api(number: tuple[str, str]) -> None:
    plain, typed = number
    assert LocationSent(block=typed).block == plain


@given(respelled(phones))
def test_a_phone_number_is_understood_in_the_api(number: tuple[str, str]) -> None:
    plain, typed = number
    assert ContactSent(phone=typed).phone == plain


@given(respelled(blocks), respelled(phones))
def test_both_are_understood_on_the_form_and_at_the_counter(block: tuple[str, str], phone: tuple[str, str]) -> None:
    typed = {"kind": "complaint", "text": "The lamp is out.", "who": "contact", "channel": "counter", "language": "ar"}
    form = with_ascii_digits(typed | {"block": block[1], "phone": phone[1]})
    assert (form["block"], form["phone"]) == (block[0], phone[0]), "what the check page shows"
    for sent in (sent_from(form, "ar", Gazetteer({})), counter_from(form)):
        assert sent.location is not None
        assert sent.contact is not None
        assert (sent.location.block, sent.contact.phone) == (block[0], phone[0])


@given(respelled(st.uuids().map(lambda id: reference_number(str(id)))))
def test_a_reference_number_is_found(number: tuple[str, str]) -> None:
    plain, typed = number
    assert normalised(typed) == plain
    assert beginning_of(typed) == plain


@given(st.uuids(), st.data())
def test_a_private_code_opens(id: UUID, data: st.DataObject) -> None:
    _, typed = data.draw(respelled(st.just(KEYS.secret(str(id)))))
    assert KEYS.opens(typed, str(id))


@given(respelled(st.from_regex(r"\A[1-9][0-9]{7}\Z")))
def test_a_number_on_the_abuse_list_holds_what_is_sent_with_it(number: tuple[str, str]) -> None:
    plain, typed = number
    value = spelled(Sign.PHONE, typed)
    assert value == plain
    entry = Entry(id="e1", sign=Sign.PHONE, value=value, reason="r", by="m", at=datetime(2026, 1, 1, tzinfo=UTC))
    assert Watch([entry]).matches("", None, plain) == ["e1"]


@given(respelled(st.from_regex(r"\A\+973 [0-9]{4} [0-9]{4}\Z")))
def test_a_phone_number_of_the_directory_is_kept_in_one_spelling(number: tuple[str, str]) -> None:
    plain, typed = number
    assert Elsewhere(name=Name(ar="ا", en="a"), phone=typed).phone == plain


@given(respelled(st.integers(1, 999_999).map(str)))
def test_a_number_that_a_category_asks_for_is_kept_in_one_spelling(number: tuple[str, str]) -> None:
    plain, typed = number
    question = CategoryQuestion(code="count", name=Name(ar="ا", en="a"), answer=AnswerType.NUMBER)
    assert checked((question,), {"count": typed}) == {"count": plain}


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        ("block", {"location": {"block": "٤٢٨أ"}}),
        ("block", {"location": {"block": "٤٢٨٤٢٨"}}),
        ("block", {"location": {"block": "४२८"}}),
        ("phone", {"contact": {"phone": "٣٦٠"}}),
        ("phone", {"contact": {"phone": "three"}}),
    ],
)
def test_what_is_no_such_number_is_refused_there(where: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        SubmissionSent.model_validate({"kind": "complaint", "text": "a", "language": "ar", **wrong})
    assert [fault["loc"][-1] for fault in refused.value.errors()] == [where]
