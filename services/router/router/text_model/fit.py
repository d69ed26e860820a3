"""A model is made: scikit-learn finds the weights, and what it says of texts held out from it makes them probabilities.

The only module that needs scikit-learn: a process that scores texts does without.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize_scalar
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.svm import LinearSVC

from router.classifier.examples import Example, TooLittle
from router.text_model.features import Features, Floats
from router.text_model.ngrams import occurrences
from router.text_model.text_normalisation import worded
from router.text_model.trained_model import Model, likely

FOLDS = 5
SEED = 20261125
MOST_FEATURES = 150_000
"""The most frequent ones: with 120 labels 70 MB in memory."""

SOFTNESS = 1.0
"""How little the weights bend to each single text (the C of a linear support vector machine)."""


@dataclass(frozen=True)
class HeldOut:
    """What was said of each text by a model that had not seen it. A row per text, a column per label."""

    labels: tuple[str, ...]
    examples: tuple[Example, ...]
    probabilities: Floats


@dataclass(frozen=True)
class Fitted:
    model: Model
    held_out: HeldOut


def fit(examples: Sequence[Example], told: Sequence[Example] = (), folds: int = FOLDS) -> Fitted:
    """`examples` are texts as people wrote them; `told` is what the catalogue says of its categories, which is learnt
    from and never judged by. Raises TooLittle where there are fewer than two labels."""
    labels = tuple(sorted({example.label for example in (*examples, *told)}))
    if len(labels) < 2:
        raise TooLittle("a model needs texts of at least two labels")
    texts = [worded(example.text) for example in examples]
    background = [worded(example.text) for example in told]
    features = _features([*texts, *background])
    rows = features.counted([*texts, *background]).rows
    numbers = {label: number for number, label in enumerate(labels)}
    wanted = np.array([numbers[example.label] for example in (*examples, *told)])
    scores = _scores_held_out(rows, wanted, len(texts), len(labels), folds)
    # Without texts, what is told says at least how far a score reaches.
    reach = scores if texts else _scores_held_out(rows, wanted, len(background), len(labels), folds)
    sharpness = _sharpness(reach, wanted[: len(reach)])
    weights, offsets = _weights(rows, wanted, len(labels))
    model = Model(labels, features, weights.astype(np.float16).astype(np.float32), offsets, sharpness)
    return Fitted(model, HeldOut(labels, tuple(examples), likely(scores, sharpness)))


def _features(texts: Sequence[str]) -> Features:
    """Sequences that at least two texts have, the most frequent ones if there are too many."""
    found = occurrences(texts)
    pairs = np.unique(np.stack([found.buckets, found.texts]), axis=1)
    buckets, in_texts = np.unique(pairs[0], return_counts=True)
    often = np.flatnonzero(in_texts >= 2)
    if len(often) > MOST_FEATURES:
        often = np.sort(often[np.argsort(-in_texts[often], kind="stable")[:MOST_FEATURES]])
    rarity = np.log((1 + len(texts)) / (1 + in_texts[often])) + 1
    return Features(buckets[often].astype(np.int32), rarity.astype(np.float32))


def _scores_held_out(rows: sparse.csr_matrix, wanted: NDArray[np.int64], count: int, labels: int, folds: int) -> Floats:
    """Of the first `count` texts, each by weights that were found without it. Those behind them are always there."""
    scores = np.zeros((count, labels), dtype=np.float32)
    always = np.arange(count, len(wanted))
    for learnt, held in _split(wanted[:count], folds):
        chosen = np.concatenate([learnt, always])
        weights, offsets = _weights(rows[chosen], wanted[chosen], labels)
        scores[held] = rows[held] @ weights + offsets
    return scores


def _split(wanted: NDArray[np.int64], folds: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Every text is held out once; where each label has enough of them, in the same shares."""
    fewest = min(Counter(wanted.tolist()).values(), default=0)
    folds = min(folds, len(wanted))
    if folds < 2:
        return []
    kind = StratifiedKFold if fewest >= folds else KFold
    return list(kind(folds, shuffle=True, random_state=SEED).split(np.zeros(len(wanted)), wanted))


def _weights(rows: sparse.csr_matrix, wanted: NDArray[np.int64], labels: int) -> tuple[Floats, Floats]:
    """A column per label, also for one that none of these texts has: it is never the likeliest."""
    if len(set(wanted.tolist())) == 1:  # nothing to tell apart
        offsets_of_one = np.full(labels, -10, dtype=np.float32)
        offsets_of_one[wanted[0]] = 0
        return np.zeros((rows.shape[1], labels), dtype=np.float32), offsets_of_one
    machine = LinearSVC(C=SOFTNESS, random_state=SEED).fit(rows, wanted)
    there = machine.classes_
    found, offsets = machine.coef_, machine.intercept_
    if len(there) == 2:  # scikit-learn then has one column for both
        found, offsets = np.vstack([-found, found]), np.concatenate([-offsets, offsets])
    weights = np.zeros((found.shape[1], labels), dtype=np.float32)
    weights[:, there] = found.T
    all_offsets = np.full(labels, -10, dtype=np.float32)
    all_offsets[there] = offsets
    return weights, all_offsets


def _sharpness(scores: Floats, wanted: NDArray[np.int64]) -> float:
    """That by which what is said of texts held out is most credible: the likelihood of what they are is greatest."""
    if not len(wanted):
        return 1.0
    places = np.arange(len(wanted))

    def surprise(exponent: float) -> float:
        of_wanted = likely(scores, float(np.exp(exponent)))[places, wanted]
        return float(-np.log(np.maximum(of_wanted, 1e-12)).mean())

    return float(np.exp(minimize_scalar(surprise, bounds=(-3, 5), method="bounded").x))
