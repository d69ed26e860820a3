"""What the model looks at in a text: sequences of letters within words, words, and pairs of words, as numbers.

scikit-learn's own vectorizers build each sequence as a Python string, which costs more than all the rest together. Here
a whole batch is one array of letters, and every sequence is hashed in it at once (ADR 18).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BUCKET_BITS = 20
"""Sequences with one hash are one feature: of a million buckets a model uses some ten thousands."""

LONGEST = 5
"""Letters of a sequence, which has two at least; the space before and behind a word included."""

_SPACE = np.uint64(ord(" "))
_FACTOR = 0x9E3779B97F4A7C15
"""Odd, so that it has an inverse: the hash of a word is cut out of running sums."""
_INVERSE = pow(_FACTOR, -1, 2**64)
_SPREAD = np.uint64(0xD6E8FEB86659FD93)
_KINDS = {"word": 0x517CC1B727220A95, "pair": 0x2545F4914F6CDD1D}

Buckets = NDArray[np.int64]


@dataclass(frozen=True)
class Occurrences:
    """Every sequence of a batch: its bucket, in which text it stands, and at which letter of the batch it begins."""

    buckets: Buckets
    texts: NDArray[np.int64]
    begins: NDArray[np.int64]


def occurrences(texts: Sequence[str]) -> Occurrences:
    """Of texts as `wording.worded` gives them: words with one space between them."""
    batch = "".join([f" {text} " for text in texts])
    letters = np.frombuffer(batch.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    ends = np.cumsum(np.fromiter((len(text) + 2 for text in texts), dtype=np.int64, count=len(texts)))
    spaces = letters == _SPACE
    with np.errstate(over="ignore"):  # hashes go round at 2**64
        found = [*_within_words(letters, spaces), *_of_words(letters, spaces, ends)]
    begins = np.concatenate([begin for _, begin in found])
    hashes = np.concatenate([hash for hash, _ in found])
    buckets = ((hashes * _SPREAD) >> np.uint64(64 - BUCKET_BITS)).astype(np.int64)
    return Occurrences(buckets, np.searchsorted(ends, begins, side="right"), begins)


Found = tuple[NDArray[np.uint64], NDArray[np.int64]]


def _within_words(letters: NDArray[np.uint64], spaces: NDArray[np.bool_]) -> list[Found]:
    """A space may be the first or the last letter of a sequence, never between."""
    found: list[Found] = []
    hashes = letters
    is_whole = np.append(~(spaces[:-1] & spaces[1:]), True)
    for length in range(2, min(LONGEST, len(letters)) + 1):
        hashes = hashes[:-1] * np.uint64(_FACTOR) + letters[length - 1 :]
        is_whole = is_whole[:-1]
        if length > 2:
            is_whole = is_whole & ~spaces[length - 2 : len(letters) - 1]
        begins = np.flatnonzero(is_whole)
        found.append((hashes[begins] + np.uint64(length), begins))
    return found


def _of_words(letters: NDArray[np.uint64], spaces: NDArray[np.bool_], ends: NDArray[np.int64]) -> list[Found]:
    """Words, and pairs of words that stand side by side in a text."""
    begins = np.flatnonzero(spaces[:-1] & ~spaces[1:]) + 1
    behind = np.flatnonzero(~spaces[:-1] & spaces[1:]) + 1
    sums = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(letters * _powers(_FACTOR, len(letters)))])
    words = (sums[behind] - sums[begins]) * _powers(_INVERSE, len(letters))[begins]
    words ^= np.uint64(_KINDS["word"])
    side_by_side = np.searchsorted(ends, begins[:-1], side="right") == np.searchsorted(ends, begins[1:], side="right")
    pairs = (words[:-1] * np.uint64(_FACTOR) + words[1:]) ^ np.uint64(_KINDS["pair"])
    return [(words, begins), (pairs[side_by_side], begins[:-1][side_by_side])]


def _powers(factor: int, count: int) -> NDArray[np.uint64]:
    """factor**0, factor**1, …, modulo 2**64."""
    powers = np.full(count, factor, dtype=np.uint64)
    powers[:1] = 1
    return np.cumprod(powers)
