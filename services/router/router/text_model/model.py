"""A trained model: which of its labels a text belongs to, how likely each is, and which words spoke for one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from router.domain.wording import worded
from router.text_model.ngrams import BUCKET_BITS, occurrences

Floats = NDArray[np.float32]

SCORED_TOGETHER = 200_000
"""Letters: more of them at once take more memory and no less time each."""


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

    def columns_of(self, text: str) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Column and first letter of every sequence of one text that counts."""
        found = occurrences([text])
        columns = self._columns[found.buckets]
        known = columns >= 0
        return columns[known], found.begins[known]


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

    def words_for(self, text: str, labels: Sequence[str], most: int) -> list[tuple[str, ...]]:
        """By label, the words of a text that spoke for it most, as they were written; none with a number in it."""
        written, read = _side_by_side(text)
        columns, begins = self.features.columns_of(" ".join(read))
        if not len(columns):
            return [()] * len(labels)
        # A sequence that stands there three times counted once, a little more: each place has its part of that.
        distinct, at, counts = np.unique(columns, return_inverse=True, return_counts=True)
        parts = (self.features.rarity[distinct] * (1 + np.log(counts)) / counts)[at]
        ends = np.cumsum([len(word) + 1 for word in read])
        words = np.searchsorted(ends, begins, side="right").clip(max=len(read) - 1)
        found = []
        for label in labels:
            speaks = (self.weights[columns, self.numbers[label]] - self._usual[columns]) * parts
            spoke = np.bincount(words, speaks, len(read)).astype(np.float64)
            found.append(_strongest(written, read, spoke, most))
        return found

    @cached_property
    def _usual(self) -> Floats:
        """How much a sequence speaks for any label at all."""
        return np.asarray(self.weights.mean(axis=1), dtype=np.float32)


def _strongest(written: Sequence[str], read: Sequence[str], spoke: NDArray[np.float64], most: int) -> tuple[str, ...]:
    by_word: dict[str, float] = {}
    for word, reading, value in zip(written, read, spoke, strict=True):
        if "0" not in reading:
            by_word[word] = by_word.get(word, 0.0) + float(value)
    best = sorted(by_word.items(), key=lambda found: -found[1])
    return tuple(word for word, value in best[:most] if value > 0)


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
        for part in worded(word).split():
            written.append(_bare(word))
            read.append(part)
    return written, read


def _bare(word: str) -> str:
    first = next((place for place, letter in enumerate(word) if letter.isalnum()), 0)
    last = next((place for place in range(len(word) - 1, -1, -1) if word[place].isalnum()), len(word) - 1)
    return word[first : last + 1]
