"""What is asked of the texts that sequences of letters leave open: a linear model of sentence vectors, and both
together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from router.text_model.features import Floats

LEAST = 1e-9
"""A probability whose logarithm is taken."""


@dataclass(frozen=True)
class SecondStage:
    """`weights` has a row per dimension of a vector and a column per label, `knows` the labels it had texts of. `share`
    is what it counts beside the first stage; `asked_below`: how likely the first stage's best label is at most where it
    is asked. `sharpness` makes the mixture's probabilities credible."""

    mean: Floats
    weights: Floats
    offsets: Floats
    knows: NDArray[np.bool_]
    share: float
    asked_below: float
    sharpness: float

    def leaves_open(self, first: Floats) -> NDArray[np.int64]:
        """The rows that the second stage is asked for."""
        return np.flatnonzero(first.max(axis=1) < self.asked_below)

    def mixed(self, first: Floats, vectors: Floats) -> Floats:
        """Probabilities by both stages (geometric mean). Of a label that the second knows nothing of, the first says
        all."""
        return softmax(self.sharpness * mixture(first, self._alone(first, vectors), self.share))

    def _alone(self, first: Floats, vectors: Floats) -> Floats:
        second = softmax(centred(vectors, self.mean) @ self.weights + self.offsets)
        return spread_over_unknown(first, second, self.knows)


def centred(vectors: Floats, mean: Floats) -> Floats:
    """All vectors of the encoder point much the same way: what tells texts apart is what is left without that."""
    moved = vectors - mean
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), LEAST), dtype=np.float32)


def spread_over_unknown(first: Floats, second: Floats, knows: NDArray[np.bool_]) -> Floats:
    if bool(knows.all()):
        return second
    known = np.where(knows, first, 0).sum(axis=1, keepdims=True)
    return np.asarray(np.where(knows, second * known, first), dtype=np.float32)


def mixture(first: Floats, second: Floats, share: float) -> Floats:
    """As logarithms."""
    return np.asarray(
        (1 - share) * np.log(np.maximum(first, LEAST)) + share * np.log(np.maximum(second, LEAST)), dtype=np.float32
    )


def softmax(scores: Floats) -> Floats:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float32)
