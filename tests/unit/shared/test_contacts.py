"""Sealed contacts: only the right key and the right owner open them."""

import pytest
from pydantic import SecretStr
from shared.privacy.contacts import Contact, KeyRing, Unreadable, new_key

MARYAM = Contact(name="مريم", email="maryam@citizens.example", secret="1.abc")
OWNER = "s-1/author"


def a_ring(*keys: str) -> KeyRing:
    return KeyRing(SecretStr(",".join(keys)))


def test_what_was_sealed_opens_again() -> None:
    ring = a_ring(new_key())
    assert ring.open(ring.seal(MARYAM, OWNER), OWNER) == MARYAM


def test_nothing_of_it_is_readable_and_no_two_are_alike() -> None:
    ring = a_ring(new_key())
    first, second = ring.seal(MARYAM, OWNER), ring.seal(MARYAM, OWNER)
    assert "citizens" not in first
    assert first != second


def test_keys_rotate_without_a_stop() -> None:
    old, new = new_key(), new_key()
    earlier = a_ring(old).seal(MARYAM, OWNER)
    both = a_ring(new, old)
    assert both.open(earlier, OWNER) == MARYAM
    assert a_ring(new).open(both.seal(MARYAM, OWNER), OWNER) == MARYAM
    with pytest.raises(Unreadable):
        a_ring(new).open(earlier, OWNER)


def test_it_opens_for_its_own_submission_alone() -> None:
    ring = a_ring(new_key())
    with pytest.raises(Unreadable):
        ring.open(ring.seal(MARYAM, OWNER), "s-2/author")


@pytest.mark.parametrize(
    "spoilt",
    [lambda s: s[:-8], lambda s: s.partition(".")[0] + ".", lambda s: s[:20] + chr(ord(s[20]) ^ 1) + s[21:], str.lower],
)
def test_what_was_changed_does_not_open(spoilt) -> None:  # type: ignore[no-untyped-def]
    ring = a_ring(new_key())
    with pytest.raises(Unreadable):
        ring.open(spoilt(ring.seal(MARYAM, OWNER)), OWNER)


@pytest.mark.parametrize("keys", ["", " , ", "c2hvcnQ=", "no base64!"])
def test_a_ring_without_a_usable_key_is_refused_at_the_start(keys: str) -> None:
    with pytest.raises(ValueError, match="contact key"):
        KeyRing(SecretStr(keys))


def test_a_mark_is_the_same_for_the_same_words_and_differs_by_purpose_and_key() -> None:
    old, new = new_key(), new_key()
    (mark,) = a_ring(old).marks("address", "maryam@citizens.example")
    assert a_ring(old).marks("address", "maryam@citizens.example") == [mark]
    assert a_ring(new, old).marks("address", "maryam@citizens.example")[1] == mark
    others = [
        *a_ring(new).marks("address", "maryam@citizens.example"),
        *a_ring(old).marks("unsubscribe", "maryam@citizens.example"),
        *a_ring(old).marks("address", "yusuf@citizens.example"),
    ]
    assert mark not in others
