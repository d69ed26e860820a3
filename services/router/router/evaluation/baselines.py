"""Baselines that a classifier must beat: always the most frequent category, and counting the catalogue's words."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
from shared.reference.phrases import Phrases
from shared.reference.spelling import normalised

from router.classifier.examples import Example, words_of
from router.directory.model import Category, Rule
from router.text_model.features import Floats

MOST_WORDS = 10
"""Words per label, where they are taken from texts."""


def majority(labels: Sequence[str], learnt: Sequence[Example], texts: int) -> Floats:
    """As often as each label is among the texts learnt from, whatever the text."""
    counts = Counter(example.label for example in learnt)
    shares = np.array([counts[label] for label in labels], dtype=np.float32)
    return np.tile(shares / max(1, shares.sum()), (texts, 1))


class Keywords:
    """Each word or phrase of a category that a text has speaks for it; without any, all are as likely."""

    def __init__(self, labels: Sequence[str], words: Iterable[tuple[str, str]]) -> None:
        """`words` are words with the label they speak for."""
        numbers = {label: number for number, label in enumerate(labels)}
        said = [(word, numbers[label]) for word, label in words if label in numbers]
        self._count = len(labels)
        self._of = [number for _, number in said]
        self._phrases = Phrases((word, place) for place, (word, _) in enumerate(said))

    @classmethod
    def of_catalogue(cls, labels: Sequence[str], categories: Iterable[Category], rules: Iterable[Rule]) -> Self:
        """Count the words of the catalogue and of the rules: the same words as the classifier learns from."""
        said = [
            (word, category.id)
            for category in categories
            for word in (*category.words.ar, *category.words.en, category.name.ar, category.name.en)
        ]
        return cls(labels, [*said, *words_of(rules)])

    @classmethod
    def of_texts(cls, labels: Sequence[str], learnt: Iterable[Example]) -> Self:
        """Where there is no catalogue: of each label the words that are most its own."""
        of_label: dict[str, Counter[str]] = defaultdict(Counter)
        of_all: Counter[str] = Counter()
        for example in learnt:
            words = set(normalised(example.text).split())
            of_label[example.label].update(words)
            of_all.update(words)
        return cls(
            labels,
            [
                (word, label)
                for label, counts in of_label.items()
                for word in sorted(counts, key=lambda word: (-(counts[word] ** 2) / of_all[word], word))[:MOST_WORDS]
            ],
        )

    def probabilities(self, texts: Sequence[str]) -> Floats:
        found = np.full((len(texts), self._count), 0.01, dtype=np.float32)
        for row, text in enumerate(texts):
            for number in self._phrases.found_in(normalised(text)):
                found[row, self._of[number]] += 1
        return np.asarray(found / found.sum(axis=1, keepdims=True), dtype=np.float32)
