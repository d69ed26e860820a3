"""Categories for a text, by the words of the sample country's catalogue; judged with its labelled texts."""

from typing import Any

import pytest
import yaml
from intake.catalogue.suggestions import MOST_SUGGESTED, Suggestions
from shared.events.directory import CategoryChanged, Words
from tawasul.stack.paths import COUNTRY

WRITTEN: list[dict[str, Any]] = yaml.safe_load((COUNTRY / "categories.yaml").read_text())
TEXTS: list[dict[str, Any]] = yaml.safe_load((COUNTRY / "texts.yaml").read_text())


def _published(category: dict[str, Any]) -> CategoryChanged:
    parts = {name: category[name] for name in ("name", "parent") if name in category}
    words = Words.model_validate(category.get("words", {}))
    return CategoryChanged.model_validate({"category": category["id"], "keywords": words, **parts})


SUGGESTIONS = Suggestions(map(_published, WRITTEN))


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("There is a pothole since two weeks, nobody comes.", "roads.pothole"),
        ("في حفرة كبيرة من أسبوعين ولا أحد يجي", "roads.pothole"),
        ("والحفر في الشارع أتلفت سيارتي", "roads.pothole"),
    ],
)
def test_what_a_text_says_is_suggested_first(text: str, category: str) -> None:
    assert SUGGESTIONS.of(text)[0] == category


@pytest.mark.parametrize("text", ["", "???", "It is the same as last time.", "\u202e" * 50, "a" * 4_000])
def test_a_text_that_says_nothing_of_the_catalogue_gets_nothing(text: str) -> None:
    assert SUGGESTIONS.of(text) == []


def test_groups_and_categories_that_are_gone_are_not_suggested() -> None:
    gone = Suggestions(_published(each).model_copy(update={"active": False}) for each in WRITTEN)
    assert gone.of("a pothole") == []
    leaves = {each["id"] for each in WRITTEN if "parent" in each}
    assert all(set(SUGGESTIONS.of(each["text"])) <= leaves for each in TEXTS)


def test_where_something_is_suggested_it_is_mostly_what_a_person_would_choose() -> None:
    """Measures synthetic texts, many of which contain no word of the catalogue."""
    offered = [(each["category"], SUGGESTIONS.of(each["text"])) for each in TEXTS]
    some = [(category, suggested) for category, suggested in offered if suggested]
    right = sum(category in suggested for category, suggested in some)
    assert all(len(suggested) <= MOST_SUGGESTED for _, suggested in some)
    assert len(some) >= 0.5 * len(offered)
    assert right >= 0.6 * len(some)
