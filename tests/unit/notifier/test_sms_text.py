"""Texts as phones get them: the alphabet, the parts, and nothing in them that deceives or is not seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notifier.channels.sms_text import ALONE, IN_PARTS, SmsLength, cleaned, counted
from notifier.deferral.withholding import ASKING, ASKS_A_NUMBER
from notifier.message_templates.model import LANGUAGES
from notifier.rendering.links import Links

from tests.support.notifier import the_messages, the_table

PARAMS = {"reference": "7K3MX-QPA42", "kind": "complaint"}
BY_SMS = the_table().told_by_sms | {ASKING[told] for told in the_table().told_by_sms if told in ASKING}
A_CODE = "1." + 22 * "x"
"""As intake makes them (intake/domain/tracking.py)."""
LINKS = Links("https://tawasul.example")
TRACKING, CONFIRMING = (make(PARAMS["reference"], A_CODE) for make in (LINKS.tracking, LINKS.confirmation))
LINK = "https://tawasul.example/track/7K3MX-QPA42/1.abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "parts"),
    [
        ("", "gsm-7", 0, 0),
        ("a" * 160, "gsm-7", 160, 1),
        ("a" * 161, "gsm-7", 161, 2),
        ("a" * 306, "gsm-7", 306, 2),
        ("a" * 307, "gsm-7", 307, 3),
        ("€" * 80, "gsm-7", 160, 1),
        ("[" + "a" * 159, "gsm-7", 161, 2),
        ("a" * 152 + "[" + "a" * 152, "gsm-7", 306, 3),  # both halves of it stand in one part
        ("à" * 160, "gsm-7", 160, 1),
        ("ا" * 70, "ucs-2", 70, 1),
        ("ا" * 71, "ucs-2", 71, 2),
        ("ا" * 134, "ucs-2", 134, 2),
        ("a" * 159 + "ا", "ucs-2", 160, 3),
        ("😀" * 35, "ucs-2", 70, 1),
        ("😀" * 67, "ucs-2", 134, 3),  # 33 fit into a part
        ("ا" * 66 + "😀" + "ا" * 66, "ucs-2", 134, 3),
    ],
)
def test_parts_are_counted_as_networks_count_them(text: str, alphabet: str, units: int, parts: int) -> None:
    count = counted(text)
    assert (count.alphabet, count.units, count.parts) == (alphabet, units, parts)


@given(st.text(max_size=700))
def test_any_text_is_counted_in_parts_that_hold_it(text: str) -> None:
    clean = cleaned(text)
    count = counted(clean)
    assert cleaned(clean) == clean
    room = ALONE[count.alphabet] if count.parts <= 1 else IN_PARTS[count.alphabet] * count.parts
    assert count.units <= room
    assert count.parts == 0 or count.units > (count.parts - 1) * (IN_PARTS[count.alphabet] - 1) // 2


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("a\u2066b\u2069\u061c\u200f\ufeffc", "abc"),
        ("bell\x07, nul\x00, escape\x1b[31m", "bell, nul, escape[31m"),
        ("two\r\nlines\rthree", "two\nlines\nthree"),
        ("half\ud83d of a smile", "half of a smile"),
        ("cafe\u0301", "café"),
        ("  مرحبًا 👍🏽 ", "مرحبًا 👍🏽"),
        ("one\u2028\u2029two", "onetwo"),
    ],
)
def test_nothing_goes_to_a_phone_that_turns_words_or_is_not_seen(written: str, read: str) -> None:
    assert cleaned(written) == read


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", sorted(BY_SMS))
def test_every_message_that_may_go_by_sms_has_a_short_form_that_is_not_dear(template: str, language: str) -> None:
    said = the_messages().short(template, language, PARAMS, LINK)
    assert "7K3MX-QPA42" in said
    assert LINK in said
    assert counted(said).parts <= (3 if language == "ar" else 2)


def test_short_forms_say_nothing_of_what_it_is_about() -> None:
    params = PARAMS | {"category": "Addiction clinic", "entity": "Health", "text": "It is positive."}
    messages = the_messages()
    for template in the_table().told_by_sms:
        for language in LANGUAGES:
            said = messages.short(template, language, params, LINK)
            assert not any(word in said for word in ("Addiction", "Health", "positive"))


@pytest.mark.parametrize("template", sorted(BY_SMS | {"several"}))
def test_a_message_is_one_part_in_english_and_two_in_arabic_as_it_usually_is(template: str) -> None:
    """With the code in it a link alone fills a part of 70: in Arabic there is no message of one."""
    for language, most in (("en", SmsLength("gsm-7", 160, 1)), ("ar", SmsLength("ucs-2", 134, 2))):
        for kind in ("complaint", "suggestion", "observation", "enquiry"):
            link = CONFIRMING if template in (*ASKING.values(), ASKS_A_NUMBER) else TRACKING
            count = counted(the_messages().short(template, language, PARAMS | {"kind": kind}, link))
            assert count.alphabet == most.alphabet
            assert count.units <= most.units
            assert count.parts <= most.parts
