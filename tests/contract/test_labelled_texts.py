"""The labelled texts of the sample country keep what their file promises: scores reached with them mean something."""

from collections import Counter
from typing import Any

import pytest
import yaml
from shared.reference.spelling import normalised
from tawasul.stack.paths import COUNTRY

FILE = COUNTRY / "texts.yaml"
TEXTS: list[dict[str, Any]] = yaml.safe_load(FILE.read_text())
CATEGORIES: list[dict[str, Any]] = yaml.safe_load((COUNTRY / "categories.yaml").read_text())
SAMPLES: list[dict[str, Any]] = yaml.safe_load((COUNTRY / "samples.yaml").read_text())

LEAST_TEXTS, LEAST_LEAVES = 600, 120
LEAST_FOR_TRAINING, LEAST_FOR_EVALUATION = 4, 1
LONGEST = 4_000
SHARES = {
    ("ar", "standard"): (0.35, 0.45),
    ("ar", "gulf"): (0.15, 0.25),
    ("en", None): (0.25, 0.35),
    ("mixed", None): (0.05, 0.15),
}
KEPT_FOR_EVALUATION = (0.2, 0.25)
TOO_ALIKE = 0.6
"""The share of the words of two texts that both have."""


def _leaves() -> set[str]:
    return {category["id"] for category in CATEGORIES} - {category.get("parent") for category in CATEGORIES}


def _of(split: str) -> list[dict[str, Any]]:
    return [text for text in TEXTS if text["split"] == split]


def _shown(text: dict[str, Any]) -> str:
    return f"{text['category']}: {text['text']}"


def test_the_file_calls_its_texts_synthetic() -> None:
    heading = FILE.read_text().split("\n\n", 1)[0]
    assert "synthetic" in heading


def test_every_text_says_what_it_is_and_nothing_else() -> None:
    for text in TEXTS:
        dialect = {"dialect"} if text["language"] == "ar" else set()
        assert text.keys() == {"category", "language", "split", "text"} | dialect, _shown(text)
        assert (text["language"], text.get("dialect")) in SHARES, _shown(text)
        assert text["split"] in ("train", "evaluation"), _shown(text)


def test_there_are_enough_and_each_belongs_to_a_category_that_can_be_meant() -> None:
    leaves = _leaves()
    assert len(leaves) >= LEAST_LEAVES
    assert len(TEXTS) >= LEAST_TEXTS
    assert {text["category"] for text in TEXTS} - leaves == set()


@pytest.mark.parametrize(("split", "least"), [("train", LEAST_FOR_TRAINING), ("evaluation", LEAST_FOR_EVALUATION)])
def test_every_category_has_texts_to_learn_from_and_one_to_be_judged_by(split: str, least: int) -> None:
    counts = Counter(text["category"] for text in _of(split))
    assert sorted(leaf for leaf in _leaves() if counts[leaf] < least) == []


@pytest.mark.parametrize("split", ["train", "evaluation"])
def test_every_language_has_its_share(split: str) -> None:
    """Wider where there are few."""
    texts, more = _of(split), 0.0 if split == "train" else 0.05
    counts = Counter((text["language"], text.get("dialect")) for text in texts)
    for language, (least, most) in SHARES.items():
        assert least - more <= counts[language] / len(texts) <= most + more, (language, counts)


def test_a_fifth_is_kept_for_evaluation() -> None:
    least, most = KEPT_FOR_EVALUATION
    assert least <= len(_of("evaluation")) / len(TEXTS) <= most


def test_a_text_is_as_long_as_a_submission_may_be_and_says_something() -> None:
    assert [_shown(text) for text in TEXTS if len(text["text"]) > LONGEST or not normalised(text["text"])] == []


def test_no_text_is_there_twice_nor_among_the_samples() -> None:
    counts = Counter(normalised(each["text"]) for each in (*TEXTS, *SAMPLES))
    assert [_shown(text) for text in TEXTS if counts[normalised(text["text"])] > 1] == []


def test_what_is_kept_for_evaluation_is_no_rewording_of_what_is_trained_on() -> None:
    trained = [(text, set(normalised(text["text"]).split())) for text in _of("train")]
    alike = []
    for text in _of("evaluation"):
        words = set(normalised(text["text"]).split())
        alike += [
            (_shown(text), _shown(other))
            for other, of_it in trained
            if len(words & of_it) > TOO_ALIKE * len(words | of_it)
        ]
    assert alike == []


def test_no_text_holds_an_address_or_a_number_of_somebody() -> None:
    """Eight digits are a telephone number in Bahrain, nine a personal number."""
    digits = [sum(letter.isdigit() for letter in word) for text in TEXTS for word in text["text"].split()]
    assert max(digits) < len("12345678")
    assert [_shown(text) for text in TEXTS if "@" in text["text"]] == []
