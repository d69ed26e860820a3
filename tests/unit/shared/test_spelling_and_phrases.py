"""One spelling for what people write, and words found with whatever Arabic writes onto them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.reference.phrases import Phrases, readings
from shared.reference.spelling import normalised

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
arabic_words = st.text(LETTERS, min_size=3, max_size=8)
words = arabic_words | st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=2, max_size=8)
sentences = st.lists(words, min_size=0, max_size=12).map(" ".join)


def found(phrase: str, text: str) -> bool:
    return Phrases([(phrase, 7)]).found_in(normalised(text)) == {7}


def test_a_word_longer_than_any_word_is_found_and_not_remembered() -> None:
    phrases = Phrases([("salar", 7)])
    assert phrases.found_in("salar" + "i" * 60) == {7}
    assert phrases.found_in("salaries") == {7}
    assert phrases._remembered.keys() == {"salaries"}


@pytest.mark.parametrize(
    ("written", "spelling"),
    [
        ("أإآٱا", "ااااا"),
        ("مستشفى", "مستشفي"),
        ("مدرسة", "مدرسه"),
        ("مسؤول قارئ", "مسوول قاري"),
        ("شَارِعٌ مُظَلِّلٌ", "شارع مظلل"),
        ("شـــــارع", "شارع"),
        ("مجمع ٣٣٨ و۴", "مجمع 338 و4"),
        ("ماء", "ماء"),
        ("  STREET-light,\n\tBroken!  ", "street light broken"),
        ("ﻻ ﺷﺎﺭﻉ", "لا شارع"),
        ("\u200fشا\u200cرع\u200e", "شارع"),
        ("…؟!", ""),
    ],
)
def test_one_spelling(written: str, spelling: str) -> None:
    assert normalised(written) == spelling


@given(st.text(max_size=200))
def test_any_text_becomes_words_with_one_space_between_them(text: str) -> None:
    spelling = normalised(text)
    assert spelling == " ".join(spelling.split())
    assert Phrases([("حفرة", 1), ("pothole", 2)]).found_in(spelling) <= {1, 2}


@given(sentences, st.data())
def test_vowels_and_stretching_change_nothing(sentence: str, data: st.DataObject) -> None:
    decorated = "".join(
        letter + (data.draw(st.sampled_from(["", "َ", "ّ", "ـ", "ٌ"])) if letter in LETTERS else "") for letter in sentence
    )
    assert normalised(decorated) == normalised(sentence)


@given(sentences, st.lists(words, min_size=1, max_size=3), sentences)
def test_a_phrase_is_found_wherever_its_words_stand_together(before: str, phrase: list[str], after: str) -> None:
    assert found(" ".join(phrase), f"{before} {' '.join(phrase)} {after}")
    assert found(" ".join(phrase), f"{before}، {', '.join(phrase)}suffix {after}")


@given(arabic_words, st.sampled_from(["و", "ف", "ب", "ل", "ك", "ال", "وال", "بال", "كال", "فال", "لل", "ولل", "وبال"]))
def test_a_word_is_found_behind_its_particles(word: str, particles: str) -> None:
    assert found(word, f"قال {particles}{word} كذا")


@given(st.sets(words, min_size=1, max_size=20), sentences)
def test_many_phrases_together_find_what_each_finds_alone(phrases: set[str], text: str) -> None:
    numbered = list(enumerate(sorted(phrases)))
    alone = {number for number, phrase in numbered if found(phrase, text)}
    assert Phrases((phrase, number) for number, phrase in numbered).found_in(normalised(text)) == alone


@pytest.mark.parametrize(
    ("phrase", "text", "is_there"),
    [
        ("حفرة", "توجد الحفره أمام البيت", True),
        ("حفرة", "بالحُفرة", True),
        ("المركز الصحي", "ذهبت للمركز الصحي", True),
        ("أسلاك مكشوفة", "الأسلاك المكشوفة خطر", True),
        ("أسلاك مكشوفة", "أسلاك أمام البيت مكشوفة", False),
        ("salar", "Our SALARIES are late", True),
        ("rats", "strats", False),
        ("hole in the road", "a hole in the roadside", True),
        ("hole in the road", "a hole in theroad", False),
        ("حر", "بحر", False),
        ("مدرسة", "درسة", False),
    ],
)
def test_where_a_phrase_is_found(phrase: str, text: str, is_there: bool) -> None:
    assert found(phrase, text) is is_there


def test_particles_come_off_one_after_the_other_and_leave_a_stem() -> None:
    assert readings("والمدرسه") == ("والمدرسه", "المدرسه", "مدرسه")
    assert readings("للمركز") == ("للمركز", "لمركز", "مركز", "المركز")
    assert readings("ولد") == ("ولد",)
    assert readings("وبيت") == ("وبيت", "بيت")
    assert readings("الحر") == ("الحر", "حر")
    assert readings("لله") == ("لله",)
    assert readings("في") == ("في",)
