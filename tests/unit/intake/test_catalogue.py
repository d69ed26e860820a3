"""The sample country's catalogue, searched as people would."""

from typing import Any

import pytest
import yaml
from intake.catalogue.search import MOST_FOUND, search
from shared.events.directory import CategoryChanged, Words
from tawasul.stack.paths import COUNTRY

WRITTEN: list[dict[str, Any]] = yaml.safe_load((COUNTRY / "categories.yaml").read_text())


def _published(category: dict[str, Any]) -> CategoryChanged:
    parts = {name: category[name] for name in ("name", "parent", "description", "elsewhere") if name in category}
    words = Words.model_validate(category.get("words", {}))
    return CategoryChanged.model_validate({"category": category["id"], "keywords": words, **parts})


CATALOGUE = {category["id"]: _published(category) for category in WRITTEN}


def found(typed: str) -> list[str]:
    return [category.category for category in search(CATALOGUE, typed)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("pothole", "roads.pothole"),
        ("Potholes!", "roads.pothole"),
        ("حفرة", "roads.pothole"),
        ("حفره", "roads.pothole"),
        ("الحفر", "roads.pothole"),
        ("damaged roads", "roads.pothole"),
        ("a hole in the road", "roads.pothole"),
    ],
)
def test_the_category_that_is_meant_is_first(typed: str, first: str) -> None:
    assert found(typed)[0] == first


def test_a_name_counts_more_than_a_word_beside_it_and_every_word_more_than_some() -> None:
    assert all("roads" not in id or CATALOGUE[id].parent for id in found("roads"))
    assert set(found("damaged roads")) <= set(found("roads")) | {"roads.pothole"}


@pytest.mark.parametrize("typed", ["", "  ", "؟", "xylophone", "in a"])
def test_what_nothing_is_called_finds_nothing_or_says_so(typed: str) -> None:
    assert len(found(typed)) <= MOST_FOUND
    if typed != "in a":
        assert found(typed) == []


def test_groups_and_categories_that_are_gone_are_not_found() -> None:
    gone = CATALOGUE | {"roads.pothole": CATALOGUE["roads.pothole"].model_copy(update={"active": False})}
    assert "roads.pothole" not in [category.category for category in search(gone, "pothole")]
    assert "roads" not in found("roads")


def test_what_is_not_for_this_system_is_found_with_its_number() -> None:
    emergency = next(category for category in search(CATALOGUE, "emergency") if category.elsewhere)
    assert emergency.elsewhere is not None
    assert emergency.elsewhere.phone
