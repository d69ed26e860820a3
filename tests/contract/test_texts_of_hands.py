"""The texts of many hands keep what their README promises: figures reached on those unseen mean something."""

import ast
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from shared.reference.spelling import normalised
from tawasul.stack.paths import COUNTRY

TEXTS = COUNTRY / "texts"
REPOSITORY = Path(__file__).parents[2]
HANDS = {"train": [f"hand{n}" for n in range(5)], "unseen": ["hand5", "hand6", "hand7"]}
SPECIAL = ("out_of_scope", "danger", "urgency", "two_matters", "pairs")
VARIETIES = {"gulf", "standard", "en", "arabizi", "mixed"}

LETTERS = 5
"""Length of a sequence that two texts may have in common."""

TOO_ALIKE = 0.6
"""The share of the sequences of two texts that both have."""

READS_UNSEEN = {"services/router/router/evaluation/sets.py"}


def rows(folder: str, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (TEXTS / folder / f"{name}.jsonl").read_text().splitlines()]


def all_texts() -> Iterator[tuple[str, str]]:
    """Where each stands, and what it says. The halves of a pair are alike where that is the point of it."""
    for folder, hands in HANDS.items():
        for name in (*hands, *SPECIAL):
            for number, row in enumerate(rows(folder, name), start=1):
                said = (row["ar"], row["en"]) if name == "pairs" else (row["text"],)
                for text in said:
                    yield f"{folder}/{name}:{number}", text


def near_duplicates(texts: list[tuple[str, str]], too_alike: float) -> list[tuple[str, str]]:
    """Compares texts that share a rare sequence: two texts that are nearly the same share many of those."""
    sequences = [_sequences(text) for _, text in texts]
    often = Counter(sequence for each in sequences for sequence in each)
    having: dict[str, list[int]] = defaultdict(list)
    for number, each in enumerate(sequences):
        for sequence in sorted(each, key=lambda one: (often[one], one))[: 1 + int(len(each) * (1 - too_alike))]:
            having[sequence].append(number)
    compared = {pair for numbers in having.values() for pair in combinations(numbers, 2)}
    return [
        (texts[one][0], texts[other][0])
        for one, other in sorted(compared)
        if len(sequences[one] & sequences[other]) >= too_alike * len(sequences[one] | sequences[other])
    ]


def _sequences(text: str) -> frozenset[str]:
    plain = f" {normalised(text)} "
    return frozenset(plain[place : place + LETTERS] for place in range(max(1, len(plain) - LETTERS + 1)))


def test_what_is_nearly_the_same_is_found_and_what_is_not_is_left() -> None:
    texts = [
        ("a", "The street light in front of our house has been out for a week"),
        ("b", "The street light in front of our house has been out for two weeks"),
        ("c", "The rubbish in front of our house was not collected for a week"),
    ]
    assert near_duplicates(texts, TOO_ALIKE) == [("a", "b")]


def test_no_text_nearly_repeats_another_in_its_set_or_in_any_other() -> None:
    repeated = [
        (one, other)
        for one, other in near_duplicates(list(all_texts()), TOO_ALIKE)
        if one != other  # the halves of one pair
    ]
    assert repeated == []


@pytest.mark.parametrize("folder", HANDS)
def test_every_text_has_a_category_of_the_catalogue_and_a_variety(folder: str) -> None:
    categories = yaml.safe_load((COUNTRY / "categories.yaml").read_text())
    leaves = {each["id"] for each in categories} - {each.get("parent") for each in categories}
    for hand in HANDS[folder]:
        found = rows(folder, hand)
        assert {row["category"] for row in found} - leaves == set(), hand
        assert {row["variety"] for row in found} == VARIETIES, hand
        assert all(normalised(row["text"]) and len(row["text"]) <= 4_000 for row in found), hand


def test_every_category_has_enough_to_learn_from_and_there_are_enough_to_judge_by() -> None:
    learnt = Counter(row["category"] for hand in HANDS["train"] for row in rows("train", hand))
    assert min(learnt.values()) >= 50
    assert sum(len(rows("unseen", hand)) for hand in HANDS["unseen"]) >= 600


@pytest.mark.parametrize("part", ["services", "shared", "deploy"])
def test_only_the_evaluation_names_the_folder_of_unseen_texts(part: str) -> None:
    naming = {
        str(file.relative_to(REPOSITORY))
        for file in (REPOSITORY / part).rglob("*.py")
        if any(
            isinstance(node, ast.Constant) and isinstance(node.value, str) and "unseen" in node.value.split("/")
            for node in ast.walk(ast.parse(file.read_text()))
        )
    }
    assert naming <= READS_UNSEEN
