"""What the classifier learns from: texts with the category they belong to, and what the catalogue says of each."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from router.directory.model import Category, Rule

NONE = "none"
"""The label of texts that are about nothing of the catalogue: thanks, greetings, private disputes, other countries."""


class Example(BaseModel):
    """`label` is the id of a leaf category, or NONE; `hand` tells apart who wrote the texts, empty where any did."""

    model_config = ConfigDict(frozen=True)

    text: str
    label: str
    language: str = ""
    hand: str = ""


def digest_of(examples: Iterable[Example]) -> str:
    """The same for the same texts with the same labels, in whatever order."""
    lines = sorted(json.dumps([example.label, example.text]) for example in examples)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


class TooLittle(ValueError):
    """There are fewer than two labels to tell apart."""


class Alarming(BaseModel):
    """A text that raises an alarm, or only looks as if it did; None where that was not said of it."""

    model_config = ConfigDict(frozen=True)

    text: str
    language: str = ""
    danger: bool | None = None
    urgent: bool | None = None


class LabelledText(BaseModel):
    """One of a file of texts. What is kept for evaluation is never learnt from. `category` is a leaf or `none`; it may
    be absent of a text that only says whether it is of danger. `hand`: who wrote it, where several did."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    category: str | None = None
    language: Literal["ar", "en", "mixed"]
    dialect: Literal["standard", "gulf", "latin"] | None = None
    split: Literal["train", "evaluation"]
    text: str = Field(min_length=1, max_length=4_000)
    hand: str = ""
    danger: bool | None = None
    urgent: bool | None = None

    @property
    def spoken(self) -> str:
        return f"{self.language}, {self.dialect}" if self.dialect else self.language

    def example(self) -> Example:
        return Example(text=self.text, label=self.category or NONE, language=self.spoken, hand=self.hand)

    def alarming(self) -> Alarming | None:
        if self.danger is None and self.urgent is None:
            return None
        return Alarming(text=self.text, language=self.spoken, danger=self.danger, urgent=self.urgent)


def leaves(categories: Iterable[Category]) -> dict[str, Category]:
    """The categories that a text may belong to, also those that are not for this system."""
    return {
        category.id: category
        for category in categories
        if category.entity or category.entity_by_area or category.elsewhere
    }


def told_by(categories: Iterable[Category], rules: Iterable[Rule]) -> list[Example]:
    """What the catalogue and the rules say of the leaves, each thing as a text of its own: the name and the sentence,
    every word and phrase, the questions with their options. Together they would say less: a text is one thing."""
    of_leaves = leaves(categories)
    said = [
        (id, language, text)
        for id, category in of_leaves.items()
        for language in ("ar", "en")
        for text in _told(category, language)
    ]
    said += [(category, "", word) for word, category in words_of(rules) if category in of_leaves]
    return [Example(text=text, label=id, language=language) for id, language, text in said]


def words_of(rules: Iterable[Rule]) -> Iterator[tuple[str, str]]:
    """Each word of a rule, and the category that it leads to."""
    for rule in rules:
        if rule.then.category is not None:
            yield from ((word, rule.then.category) for word in rule.when.words)


def _told(category: Category, language: str) -> Iterator[str]:
    name, words = getattr(category.name, language), getattr(category.words, language)
    description = getattr(category.description, language) if category.description else ""
    yield from (name, *words, ". ".join([name, *words, description]))
    asked = [getattr(question.name, language) for question in category.questions]
    options = [getattr(option.name, language) for question in category.questions for option in question.options]
    if asked:
        yield " ".join([*asked, *options])
