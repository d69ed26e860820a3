"""A trained model: which of its labels a text belongs to, how likely each is, and which words spoke for one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from router.alarms.scoring import Alarm
from router.text_model.features import Counted, Features, Floats, Numbers
from router.text_model.second_stage import SecondStage
from router.text_model.sentences import Encode, vectors
from router.text_model.words import Words

READ_TOGETHER = 200_000
"""Letters: more of them at once take more memory and no less time each."""


@dataclass(frozen=True)
class Model:
    """`weights` has a row per feature and a column per label. `sharpness` makes the scores probabilities: what the
    model says of texts that it was not fitted to is then right as often as it says. `second` is asked of what this
    leaves open; `alarms` by their names; `encode` is what makes vectors of texts for both."""

    labels: tuple[str, ...]
    features: Features
    weights: Floats
    offsets: Floats
    sharpness: float
    second: SecondStage | None = None
    alarms: dict[str, Alarm] = field(default_factory=dict)
    encode: Encode = vectors
    numbers: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", {label: number for number, label in enumerate(self.labels)})

    def readings(self, texts: Sequence[str]) -> Iterator["Reading"]:
        """Of texts as people wrote them, in their order, as many in one reading as are best read together."""
        for part in _parts(texts):
            words = [Words.of(text) for text in part]
            yield Reading(self, part, words, self.features.counted([each.text for each in words]))

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Rows that sum up to 1."""
        rows = [reading.probabilities for reading in self.readings(texts)]
        return np.concatenate(rows) if rows else np.zeros((0, len(self.labels)), dtype=np.float32)

    @cached_property
    def usual(self) -> Floats:
        """How much a feature speaks for any label at all."""
        return np.asarray(self.weights.mean(axis=1), dtype=np.float32)


@dataclass(frozen=True)
class Reading:
    """Some texts, each with its words, and what the model looks at in them."""

    model: Model
    texts: Sequence[str]
    words: Sequence[Words]
    counted: Counted

    @cached_property
    def first(self) -> Floats:
        """By sequences of letters alone: a row per text that sums up to 1, a column per label."""
        return likely(self.counted.rows @ self.model.weights + self.model.offsets, self.model.sharpness)

    @cached_property
    def probabilities(self) -> Floats:
        """The same, of what the first stage leaves open by both stages."""
        second = self.model.second
        numbers, found = self._sentences
        if second is None or not len(numbers):
            return self.first
        open_ones = np.isin(numbers, second.leaves_open(self.first))
        both = self.first.copy()
        both[numbers[open_ones]] = second.mixed(self.first[numbers[open_ones]], found[open_ones])
        return both

    @cached_property
    def alarms(self) -> dict[str, NDArray[np.bool_]]:
        """By the name of each, whether a text raises it."""
        numbers, found = self._sentences
        return {name: alarm.raised(self._scores[name], numbers, found) for name, alarm in self.model.alarms.items()}

    @cached_property
    def _scores(self) -> dict[str, Floats]:
        return {name: alarm.by_letters(self.counted.rows) for name, alarm in self.model.alarms.items()}

    @cached_property
    def _sentences(self) -> tuple[Numbers, Floats]:
        """The numbers of the texts whose vectors are worth their time, and the vectors; none where nothing makes
        them."""
        wanted = np.zeros(len(self.texts), dtype=np.bool_)
        if self.model.second is not None:
            wanted[self.model.second.leaves_open(self.first)] = True
        for name, alarm in self.model.alarms.items():
            wanted |= alarm.worth_a_sentence(self._scores[name])
        numbers = np.flatnonzero(wanted)
        found = self.model.encode([self.texts[number] for number in numbers.tolist()]) if len(numbers) else None
        if found is None:
            return np.zeros(0, dtype=np.int64), np.zeros((0, 0), dtype=np.float32)
        return numbers, found

    def words_for(self, labels: Sequence[Sequence[str]], most: int) -> list[list[tuple[str, ...]]]:
        """Of each text, for each of its labels, the words that spoke for it most, as they were written; none with a
        number in it. What stands there several times has counted a little more than once: each place has its part."""
        names, bounds, of_occurrence = self._named()
        told = of_occurrence >= 0
        of_occurrence, entries = of_occurrence[told], self.counted.entries[told]
        spoke = [np.bincount(of_occurrence, each[entries], len(names)) for each in self._speaking(labels)]
        return [
            [_foremost(names[first:last], of_all[first:last], most) for _, of_all in zip(asked, spoke, strict=False)]
            for asked, (first, last) in zip(labels, pairwise(bounds), strict=True)
        ]

    def _speaking(self, labels: Sequence[Sequence[str]]) -> Iterator[Floats]:
        """How much an occurrence of each entry speaks for the first label that is asked of its text, for the second, …
        Where fewer are asked, anything."""
        rows, model = self.counted.rows, self.model
        of_texts = np.repeat(np.arange(len(self.words)), np.diff(rows.indptr))
        usual = model.usual[rows.indices]
        for place in range(max(map(len, labels), default=0)):
            numbers = np.array([model.numbers[asked[place]] if place < len(asked) else 0 for asked in labels])
            yield (model.weights[rows.indices, numbers[of_texts]] - usual) * self.counted.parts

    def _named(self) -> tuple[list[str], list[int], Numbers]:
        """The different words of each text one after the other, where each text's begin (and the last one's end), and
        of every occurrence in which of them it stands; -1 where that has a number in it."""
        names: list[str] = []
        bounds, of_words, lengths = [0], [], []
        behind = 0
        for words in self.words:
            numbers: dict[str, int] = {}
            for written, read in zip(words.written, words.read, strict=True):
                of_words.append(-1 if "0" in read else bounds[-1] + numbers.setdefault(written, len(numbers)))
                behind += len(read) + 1
                lengths.append(behind)
            behind += 1 if words.read else 2
            names += numbers
            bounds.append(len(names))
        if not of_words:
            return names, bounds, np.zeros(0, dtype=np.int64)
        places = np.searchsorted(np.array(lengths), self.counted.begins, side="right")
        return names, bounds, np.array(of_words)[places]


def likely(scores: Floats, sharpness: float) -> Floats:
    """Probabilities of scores (softmax)."""
    sharp = scores * np.float32(sharpness)
    raised = np.exp(sharp - sharp.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float32)


def _foremost(names: Sequence[str], spoke: NDArray[Any], most: int) -> tuple[str, ...]:
    return tuple(names[number] for number in np.argsort(-spoke, kind="stable")[:most] if spoke[number] > 0)


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Neighbours together, up to so many letters."""
    first, letters = 0, 0
    for place, text in enumerate(texts):
        if letters and letters + len(text) > READ_TOGETHER:
            yield texts[first:place]
            first, letters = place, 0
        letters += len(text)
    if texts:
        yield texts[first:]
