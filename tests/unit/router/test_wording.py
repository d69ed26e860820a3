"""Texts in many spellings are read in one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from router.text_model.text_normalisation import worded


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("إِنَّ الإنارةَ مُعطَّلة", "ان الاناره معطله"),
        ("الشارع وااااايد محفّر", "الشارع وايد محفر"),
        ("حفـــــرة", "حفره"),
        ("چنه ديسكو", "جنه ديسكو"),
        ("گال لي", "قال لي"),
        ("WATER leak!!! pleeeease", "water leak pleease"),
        ("street/light", "street light"),
        ("", ""),
        ("؟!… —", ""),
    ],
)
def test_spellings_meet(written: str, read: str) -> None:
    assert worded(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("7afra", "حفره"),
        ("el7een", "الحين"),
        ("6af7", "طفح"),
        ("6ool", "طول"),
        ("share3", "شرع"),
        ("rou7", "روح"),
    ],
)
def test_arabic_in_latin_letters_is_read_as_arabic(written: str, read: str) -> None:
    assert worded(written) == read


@pytest.mark.parametrize("written", ["2nd floor", "9pm", "3km", "block7", "a3", "covid19", "5G", "7 am"])
def test_a_number_with_what_it_counts_is_no_arabic(written: str) -> None:
    assert worded(written).isascii()


def test_no_number_is_ever_learnt() -> None:
    """Telephone and personal numbers of one length are all the same; how long a short one is stays."""
    assert worded("call 33445566") == worded("call 39887766") == "call 0000"
    assert worded("مجمع ٧٢١") == worded("مجمع 228") == "مجمع 000"
    assert worded("road 12") != worded("road 1212")


@given(st.text(max_size=200))
def test_any_text_is_read_as_words_with_one_space_between(text: str) -> None:
    read = worded(text)
    assert read == " ".join(read.split(" ")).strip()
    assert "  " not in read
    assert not any(letter in "123456789" for letter in read)
