"""A trained model: which of its labels a text belongs to, how likely each is, and which words spoke for one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from router.domain.wording import worded
from router.text_model.ngrams import BUCKET_BITS, occurrences

Floats = NDArray[np.float32]

SCORED_TOGETHER = 200_000
"""Letters: more of them at once take more memory and no less time each."""

WORDS_REMEMBERED, LONGEST_REMEMBERED = 20_000, 40
"""Most words of a text were in others before it. Each read anew would also take the place of a whole text in what
`shared.spelling` remembers."""


@dataclass(frozen=True)
class Features:
    """Which buckets count, in ascending order, and how much a sequence that is rare among texts counts."""

    buckets: NDArray[np.int32]
    rarity: Floats

    @cached_property
    def _columns(self) -> NDArray[np.int32]:
        """Column by bucket; -1 for those that do not count."""
        columns = np.full(1 << BUCKET_BITS, -1, dtype=np.int32)
        columns[self.buckets] = np.arange(len(self.buckets), dtype=np.int32)
        return columns

    def of(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """One row of length 1 per text, of texts as `worded` gives them; a text without a known sequence is empty."""
        found = occurrences(texts)
        columns = self._columns[found.buckets]
        known = columns >= 0
        shape = (len(texts), len(self.buckets))
        counts = np.ones(int(known.sum()), dtype=np.float32)
        rows = sparse.csr_matrix((counts, (found.texts[known], columns[known])), shape=shape)
        rows.data = (1 + np.log(rows.data)) * self.rarity[rows.indices]
        lengths = np.sqrt(np.add.reduceat(np.append(rows.data**2, 0), rows.indptr[:-1]))
        lengths[np.diff(rows.indptr) == 0] = 1
        rows.data /= np.repeat(lengths, np.diff(rows.indptr)).astype(np.float32)
        return rows

    def sequences_of(self, texts: Sequence[str]) -> list[tuple[NDArray[np.int32], NDArray[np.int64]]]:
        """Of each text, column and first letter of every sequence that counts."""
        found = occurrences(texts)
        columns = self._columns[found.buckets]
        known = np.flatnonzero(columns >= 0)
        order = known[np.argsort(found.texts[known], kind="stable")]
        of = found.texts[order]
        first_letters = np.cumsum([0, *(len(text) + 2 for text in texts)])
        begins = found.begins[order] - first_letters[of]
        bounds = np.searchsorted(of, np.arange(1, len(texts)))
        return list(zip(np.split(columns[order], bounds), np.split(begins, bounds), strict=True))


@dataclass(frozen=True)
class Model:
    """`weights` has a row per feature and a column per label. `sharpness` makes the scores probabilities: what the
    model says of texts that it was not fitted to is then right as often as it says."""

    labels: tuple[str, ...]
    features: Features
    weights: Floats
    offsets: Floats
    sharpness: float
    numbers: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", {label: number for number, label in enumerate(self.labels)})

    def scores(self, texts: Sequence[str]) -> Floats:
        """Of worded texts: a row per text, a column per label; the higher the likelier."""
        rows = [self.features.of(part) @ self.weights for part in _parts(texts)]
        return (np.concatenate(rows) if rows else np.zeros((0, len(self.labels)), dtype=np.float32)) + self.offsets

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Of texts as people wrote them: rows that sum up to 1."""
        return likely(self.scores([worded(text) for text in texts]), self.sharpness)

    def words_for(self, asked: Sequence[tuple[str, Sequence[str]]], most: int) -> list[list[tuple[str, ...]]]:
        """Of each text, for each of its labels, the words that spoke for it most, as they were written; none with a
        number in it."""
        words = [_side_by_side(text) for text, _ in asked]
        parts = _parts([" ".join(read) for _, read in words])
        sequences = [of_text for part in parts for of_text in self.features.sequences_of(part)]
        return [
            self._words_that_spoke(written, read, columns, begins, labels, most)
            for (written, read), (columns, begins), (_, labels) in zip(words, sequences, asked, strict=True)
        ]

    def _words_that_spoke(
        self,
        written: Sequence[str],
        read: Sequence[str],
        columns: NDArray[np.int32],
        begins: NDArray[np.int64],
        labels: Sequence[str],
        most: int,
    ) -> list[tuple[str, ...]]:
        if not len(columns) or not labels:
            return [()] * len(labels)
        numbers: dict[str, int] = {}
        of_word = [
            -1 if "0" in reading else numbers.setdefault(word, len(numbers))
            for word, reading in zip(written, read, strict=True)
        ]
        ends = np.cumsum([len(reading) + 1 for reading in read])
        words = np.array(of_word)[np.searchsorted(ends, begins, side="right").clip(max=len(read) - 1)]
        told = words >= 0
        # A sequence that stands there three times counted once, a little more: each place has its part of that.
        distinct, at, counts = np.unique(columns, return_inverse=True, return_counts=True)
        parts = self.features.rarity[distinct] * (1 + np.log(counts)) / counts
        weights = self.weights[distinct[:, None], np.array([self.numbers[label] for label in labels])]
        speaks = ((weights - self._usual[distinct, None]) * parts[:, None])[at[told]]
        names, found = list(numbers), []
        for place in range(len(labels)):
            spoke = np.bincount(words[told], speaks[:, place], len(names))
            best = np.argsort(-spoke, kind="stable")[:most]
            found.append(tuple(names[number] for number in best if spoke[number] > 0))
        return found

    @cached_property
    def _usual(self) -> Floats:
        """How much a sequence speaks for any label at all."""
        return np.asarray(self.weights.mean(axis=1), dtype=np.float32)


def likely(scores: Floats, sharpness: float) -> Floats:
    """Probabilities of scores (softmax)."""
    sharp = scores * np.float32(sharpness)
    raised = np.exp(sharp - sharp.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float32)


def _parts(texts: Sequence[str]) -> list[Sequence[str]]:
    """Neighbours together, up to so many letters."""
    parts: list[Sequence[str]] = []
    first, letters = 0, 0
    for place, text in enumerate(texts):
        if letters and letters + len(text) > SCORED_TOGETHER:
            parts.append(texts[first:place])
            first, letters = place, 0
        letters += len(text)
    return [*parts, texts[first:]] if texts else []


def _side_by_side(text: str) -> tuple[list[str], list[str]]:
    """Words as they were written, without punctuation around them, and as the model reads them."""
    written: list[str] = []
    read: list[str] = []
    for word in text.split():
        bare, parts = (_remembered if len(word) <= LONGEST_REMEMBERED else _reading)(word)
        written += [bare] * len(parts)
        read += parts
    return written, read


def _reading(word: str) -> tuple[str, tuple[str, ...]]:
    return _bare(word), tuple(worded(word).split())


_remembered = lru_cache(maxsize=WORDS_REMEMBERED)(_reading)


def _bare(word: str) -> str:
    first = next((place for place, letter in enumerate(word) if letter.isalnum()), 0)
    last = next((place for place in range(len(word) - 1, -1, -1) if word[place].isalnum()), len(word) - 1)
    return word[first : last + 1]
