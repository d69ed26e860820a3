"""Validates and normalises answers to the questions of a category."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from shared.events.directory import AnswerType, CategoryQuestion
from shared.reference.spelling import ascii_digits

from intake.submissions.errors import Refused

Given = str | Sequence[str]
Answer = str | list[str]
"""Numbers and dates are stored as text, so that XML and JSON can carry them; multiple choices as a list of keys."""

LONGEST_STRING = 500
LONGEST_TEXT = 2_000

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
NUMBER = re.compile(r"[+-]?[0-9]{1,15}([.][0-9]{1,6})?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOMENT = re.compile(DATE.pattern + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?")
YEARS = range(1900, 2101)


class Why(StrEnum):
    """The reason why an answer is invalid."""

    MISSING = "missing"
    UNKNOWN = "unknown_question"
    TOO_LONG = "too_long"
    NO_NUMBER = "no_number"
    NO_DATE = "no_date"
    NO_OPTION = "no_option"


@dataclass(frozen=True)
class Wrong:
    """`code` is the question's."""

    code: str
    why: Why


class NotAnswered(Refused):
    """At least one answer is missing or invalid."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__(", ".join(f"{each.code}: {each.why}" for each in wrong))
        self.wrong = wrong


class _Unfit(Exception):
    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


def checked(questions: Sequence[CategoryQuestion], given: Mapping[str, Given]) -> dict[str, Answer]:
    """The answers in the order of their questions, in normalised form.

    An empty answer counts as missing. Raises NotAnswered with every fault.
    """
    asked = {question.code: question for question in questions if question.answer is not None}
    wrong = [Wrong(code, Why.UNKNOWN) for code in given if code not in asked]
    answers: dict[str, Answer] = {}
    for code, question in asked.items():
        said = [part for part in map(_clean, _parts(given.get(code, ""))) if part]
        if said:
            try:
                answers[code] = _answer(question, said)
            except _Unfit as error:
                wrong.append(Wrong(code, error.why))
        elif question.required:
            wrong.append(Wrong(code, Why.MISSING))
    if wrong:
        raise NotAnswered(wrong)
    return answers


@dataclass(frozen=True)
class Answered:
    """An answer with its question, which is None where the category no longer asks it."""

    code: str
    answer: Answer
    question: CategoryQuestion | None

    def text(self, lang: str) -> list[str]:
        """The answer in words: option names for choices, otherwise the text as given."""
        names = {option.key: getattr(option.name, lang) for option in self.question.options} if self.question else {}
        return [names.get(part, part) for part in _parts(self.answer)]


def with_questions(questions: Iterable[CategoryQuestion], answers: Mapping[str, Answer] | None) -> list[Answered]:
    by_code = {question.code: question for question in questions}
    return [Answered(code, answer, by_code.get(code)) for code, answer in (answers or {}).items()]


def _parts(given: Given) -> Sequence[str]:
    return [given] if isinstance(given, str) else given


def _clean(text: str) -> str:
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _answer(question: CategoryQuestion, said: Sequence[str]) -> Answer:
    if question.answer is AnswerType.MULTIPLE:
        keys = {option.key for option in question.options}
        if not keys.issuperset(said):
            raise _Unfit(Why.NO_OPTION)
        return [option.key for option in question.options if option.key in said]
    match question.answer, said:
        case AnswerType.SINGLE, [key] if any(option.key == key for option in question.options):
            return key
        case AnswerType.SINGLE, _:
            raise _Unfit(Why.NO_OPTION)
        case AnswerType.NUMBER, _:
            return _number(" ".join(said))
        case AnswerType.DATETIME, _:
            return _moment(" ".join(said))
        case AnswerType.TEXT, _:
            return _short("\n".join(said), LONGEST_TEXT)
    return _short(" ".join(" ".join(said).split()), LONGEST_STRING)


def _short(text: str, longest: int) -> str:
    if len(text) > longest:
        raise _Unfit(Why.TOO_LONG)
    return text


def _number(text: str) -> str:
    number = ascii_digits(text).replace("٫", ".")
    if not NUMBER.fullmatch(number):
        raise _Unfit(Why.NO_NUMBER)
    return f"{Decimal(number):f}"


def _moment(text: str) -> str:
    """Accepts a day, or a moment with seconds, and leaves its time zone unchanged."""
    text = ascii_digits(text).replace("٫", ".").upper()
    try:
        if DATE.fullmatch(text):
            day = date.fromisoformat(text)
            written = day.isoformat()
        elif MOMENT.fullmatch(text):
            day = datetime.fromisoformat(text)
            written = day.isoformat(timespec="seconds").replace("+00:00", "Z")
        else:
            raise ValueError(text)
    except ValueError as error:
        raise _Unfit(Why.NO_DATE) from error
    if day.year not in YEARS:
        raise _Unfit(Why.NO_DATE)
    return written
