"""Answers to a category's questions are validated and stored in one form."""

from typing import Any

import pytest
from intake.catalogue.category_answers import NotAnswered, Why, checked, with_questions
from shared.events.directory import CategoryQuestion


def a_question(answer: str | None = "string", code: str = "q", **more: Any) -> CategoryQuestion:
    options = [{"key": key, "name": {"ar": f"«{key}»", "en": key.title()}} for key in ("one", "two", "three")]
    known = {"code": code, "name": {"ar": "ماذا؟", "en": "What?"}, "answer": answer}
    return CategoryQuestion.model_validate(
        known | ({"options": options} if answer and answer.endswith("list") else {}) | more
    )


def why(answer: str, given: Any, **more: Any) -> Why:
    with pytest.raises(NotAnswered) as refused:
        checked([a_question(answer, **more)], {"q": given})
    (wrong,) = refused.value.wrong
    assert wrong.code == "q"
    return wrong.why


@pytest.mark.parametrize(
    ("answer", "given", "kept"),
    [
        ("string", "  two\r\nlines\x00 ", "two lines"),
        ("text", "two\r\nlines\x07", "two\nlines"),
        ("string", "<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("number", "٣٫٥", "3.5"),
        ("number", "-0012", "-12"),
        ("number", "1000000", "1000000"),
        ("datetime", "2026-11-24", "2026-11-24"),
        ("datetime", "2026-11-24T07:30", "2026-11-24T07:30:00"),
        ("datetime", "2026-11-24T07:30:01.5Z", "2026-11-24T07:30:01Z"),
        ("datetime", "2026-11-24 07:30+03:00", "2026-11-24T07:30:00+03:00"),
        ("singlevaluelist", "two", "two"),
        ("singlevaluelist", ["two"], "two"),
        ("multivaluelist", ["three", "one", "three"], ["one", "three"]),
        ("multivaluelist", "two", ["two"]),
    ],
)
def test_an_answer_is_kept_in_one_form(answer: str, given: Any, kept: Any) -> None:
    assert checked([a_question(answer)], {"q": given}) == {"q": kept}


@pytest.mark.parametrize("given", ["", "  ", "\x00", [], [""]])
def test_what_is_empty_is_not_given(given: Any) -> None:
    assert checked([a_question()], {"q": given}) == {}
    assert why("string", given, required=True) is Why.MISSING


@pytest.mark.parametrize("given", ["many", "1e9", "NaN", "Infinity", "1,5", "1" * 16, "0x10", ["1", "2"]])
def test_what_is_no_number_is_refused(given: Any) -> None:
    assert why("number", given) is Why.NO_NUMBER


@pytest.mark.parametrize("given", ["yesterday", "24/11/2026", "2026-13-01", "2026-W48-2", "20261124", "0001-01-01"])
def test_what_is_no_date_is_refused(given: str) -> None:
    assert why("datetime", given) is Why.NO_DATE


def test_only_its_own_options_are_taken() -> None:
    assert why("singlevaluelist", "four") is Why.NO_OPTION
    assert why("singlevaluelist", ["one", "two"]) is Why.NO_OPTION
    assert why("multivaluelist", ["one", "four"]) is Why.NO_OPTION


def test_a_text_has_an_end() -> None:
    assert why("string", "x" * 501) is Why.TOO_LONG
    assert why("text", "x" * 2_001) is Why.TOO_LONG


def test_everything_that_is_wrong_is_said_at_once() -> None:
    questions = [a_question(code="a", required=True), a_question("number", code="b"), a_question(None, code="told")]
    with pytest.raises(NotAnswered) as refused:
        checked(questions, {"b": "many", "told": "x", "c": "y"})
    assert {(wrong.code, wrong.why) for wrong in refused.value.wrong} == {
        ("a", Why.MISSING),
        ("b", Why.NO_NUMBER),
        ("told", Why.UNKNOWN),
        ("c", Why.UNKNOWN),
    }


def test_an_answer_is_told_in_the_readers_words_also_when_its_question_is_gone() -> None:
    chosen, gone = with_questions([a_question("multivaluelist")], {"q": ["one", "two"], "old": "x"})
    assert (chosen.text("en"), chosen.text("ar")) == (["One", "Two"], ["«one»", "«two»"])
    assert (gone.question, gone.text("en")) == (None, ["x"])
