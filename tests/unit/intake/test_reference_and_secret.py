"""Reference numbers survive a phone call; secrets open their own submission and no other."""

from base64 import urlsafe_b64encode
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake.submissions.reference import ALPHABET, normalised, reference_number
from intake.submissions.tracking_secrets import TrackingKeys


def a_key(version: int, letter: bytes) -> str:
    return f"{version}:{urlsafe_b64encode(letter * 32).decode()}"


OLD, NEW = a_key(1, b"o"), a_key(2, b"n")
ids = st.uuids().map(str)


@given(ids)
def test_a_reference_number_reads_back_as_itself(id: str) -> None:
    number = reference_number(id)
    assert normalised(number) == number
    assert normalised(f" {number.lower().replace('-', ' ')} ") == number


@given(ids)
def test_look_alikes_are_forgiven(id: str) -> None:
    number = reference_number(id)
    assert normalised(number.replace("0", "o").replace("1", "l")) == number


@given(ids, st.integers(0, 9), st.sampled_from(ALPHABET))
def test_one_wrong_letter_is_noticed(id: str, place: int, letter: str) -> None:
    letters = reference_number(id).replace("-", "")
    if letters[place] != letter:
        assert normalised(letters[:place] + letter + letters[place + 1 :]) is None


@pytest.mark.parametrize("typed", ["", "12345", "12345-678901", "!!!!!-!!!!!", "٠٠٠٠٠-٠٠٠٠١", "a" * 10_000])
def test_what_is_no_reference_number_is_none(typed: str) -> None:
    assert normalised(typed) is None


def test_another_attempt_gives_another_number() -> None:
    id = str(uuid4())
    assert len({reference_number(id, attempt) for attempt in range(5)}) == 5


@given(ids, ids)
def test_a_secret_opens_its_own_submission_and_no_other(one: str, other: str) -> None:
    keys = TrackingKeys(OLD)
    assert keys.opens(keys.secret(one), one)
    assert keys.opens(keys.secret(one), other) == (one == other)


@given(st.text(max_size=60))
def test_any_other_text_opens_nothing(text: str) -> None:
    id = str(UUID(int=7))
    keys = TrackingKeys(f"{OLD},{NEW}")
    if text != keys.secret(id):
        assert not keys.opens(text, id)


def test_a_new_key_signs_while_the_old_one_still_verifies() -> None:
    id = str(uuid4())
    before, after = TrackingKeys(OLD), TrackingKeys(f"{OLD},{NEW}")
    assert after.opens(before.secret(id), id)
    assert after.secret(id).startswith("2.")
    assert not TrackingKeys(NEW).opens(before.secret(id), id), "a key that was removed opens nothing any more"


@pytest.mark.parametrize("keys", ["", "1:c2hvcnQ=", "x:y"])
def test_keys_that_protect_nothing_are_refused(keys: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        TrackingKeys(keys)
