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
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.svm import LinearSVC

from router.alarms.fitting import fit_alarms
from router.alarms.scoring import Alarm
from router.classifier.examples import Alarming, Example, TooLittle
from router.text_model.features import Features, Floats
from router.text_model.ngrams import occurrences
from router.text_model.second_stage import SecondStage, centred, mixture, softmax, spread_over_unknown
from router.text_model.sentences import DIMENSIONS, Encode, no_vectors
from router.text_model.text_normalisation import worded
from router.text_model.trained_model import Model, likely

FOLDS = 5
SEED = 20261125
MOST_FEATURES = 150_000
"""The most frequent ones: with 120 labels 70 MB in memory."""

SOFTNESS = 1.0
"""How little the weights bend to each single text (the C of a linear support vector machine)."""


SHARE_OF_SECOND = 0.4
ASKED_BELOW = 0.97
"""How likely the first stage's best label is where the second is not asked any more."""

SHRUNK = 0.2
"""How far the spread of sentence vectors is taken for the same in every direction."""

NEVER = -1_000.0
"""A score of what a stage does not know."""

LEAST_TO_TELL_APART_BY_SENTENCE = 200
"""Texts: a second stage of fewer says nothing that the first does not."""

LEAST_HANDS = 3
LEAST_OF_A_HAND = 100
"""Texts, so that what is said of others without them says something."""


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


def fit(
    examples: Sequence[Example],
    told: Sequence[Example] = (),
    folds: int = FOLDS,
    alarming: Sequence[Alarming] = (),
    encode: Encode = no_vectors,
) -> Fitted:
    """`examples` are texts as people wrote them; `told` is what the catalogue says of its categories, which is learnt
    from and never judged by. Without `encode`, or where it makes no vectors, there is a first stage alone. Raises
    TooLittle where there are fewer than two labels."""
    labels = tuple(sorted({example.label for example in (*examples, *told)}))
    if len(labels) < 2:
        raise TooLittle("a model needs texts of at least two labels")
    texts = [worded(example.text) for example in examples]
    background = [worded(example.text) for example in told]
    alarms_read = [worded(each.text) for each in alarming]
    features = _features([*texts, *background, *alarms_read])
    rows = features.counted([*texts, *background]).rows
    numbers = {label: number for number, label in enumerate(labels)}
    wanted = np.array([numbers[example.label] for example in (*examples, *told)])
    parts = _split(wanted[: len(texts)], folds, [example.hand for example in examples])
    scores = _scores_held_out(rows, wanted, len(texts), len(labels), parts)
    # Without texts, what is told says at least how far a score reaches.
    reach = scores if texts else _of_background(rows, wanted, len(labels), folds)
    sharpness = _sharpness(reach, wanted[: len(reach)])
    weights, offsets = _weights(rows, wanted, len(labels))
    first = likely(scores, sharpness)
    vectors = encode([example.text for example in examples]) if len(texts) >= LEAST_TO_TELL_APART_BY_SENTENCE else None
    second, held_out = None, first
    if vectors is not None and parts:
        second, held_out = _with_second(vectors, first, wanted[: len(texts)], parts)
    alarms = _alarms(alarming, features.counted(alarms_read).rows, encode) if alarming else {}
    model = Model(
        labels, features, weights.astype(np.float16).astype(np.float32), offsets, sharpness, second, alarms, encode
    )
    return Fitted(model, HeldOut(labels, tuple(examples), held_out))


def _of_background(rows: sparse.csr_matrix, wanted: NDArray[np.int64], labels: int, folds: int) -> Floats:
    parts = _split(wanted, folds, [""] * len(wanted))
    return _scores_held_out(rows, wanted, len(wanted), labels, parts)


def _with_second(
    vectors: Floats, first: Floats, wanted: NDArray[np.int64], parts: "Parts"
) -> tuple[SecondStage, Floats]:
    """The second stage, and what both stages say of texts held out."""
    labels = first.shape[1]
    scores, known = np.zeros_like(first), np.zeros(first.shape, dtype=np.bool_)
    for learnt, held in parts:
        mean = vectors[learnt].mean(axis=0)
        weights, offsets, known[held] = _sentence_weights(centred(vectors[learnt], mean), wanted[learnt], labels)
        scores[held] = centred(vectors[held], mean) @ weights + offsets
    flatness = _sharpness(scores, wanted)
    second_alone = spread_over_unknown(first, likely(scores, flatness), known)
    mixed = mixture(first, second_alone, SHARE_OF_SECOND)
    is_open = first.max(axis=1) < ASKED_BELOW
    sharpness = _sharpness(mixed[is_open], wanted[is_open]) if is_open.any() else 1.0
    mean = vectors.mean(axis=0)
    weights, offsets, knows = _sentence_weights(centred(vectors, mean), wanted, labels)
    stage = SecondStage(
        mean,
        np.asarray(flatness * weights, dtype=np.float32),
        np.asarray(flatness * offsets, dtype=np.float32),
        knows,
        SHARE_OF_SECOND,
        ASKED_BELOW,
        sharpness,
    )
    held_out = first.copy()
    held_out[is_open] = softmax(sharpness * mixed[is_open])
    return stage, held_out


def _sentence_weights(
    vectors: Floats, wanted: NDArray[np.int64], labels: int
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """A column per label, which it knows where a text has it; of the others the offset makes it 0."""
    weights = np.zeros((DIMENSIONS, labels), dtype=np.float32)
    offsets = np.full(labels, NEVER, dtype=np.float32)
    knows = np.zeros(labels, dtype=np.bool_)
    there = np.unique(wanted)
    knows[there] = True
    if len(there) < 2:
        offsets[there] = 0
        return weights, offsets, knows
    found = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRUNK).fit(vectors, wanted)
    coefficients, intercepts = found.coef_, found.intercept_
    if len(there) == 2:  # scikit-learn then has one row for both
        coefficients, intercepts = np.vstack([-coefficients, coefficients]) / 2, np.array([-1, 1]) * intercepts / 2
    weights[:, there] = coefficients.T
    offsets[there] = intercepts
    return weights, offsets, knows


def _alarms(alarming: Sequence[Alarming], rows: sparse.csr_matrix, encode: Encode) -> dict[str, Alarm]:
    return fit_alarms(alarming, rows, encode([each.text for each in alarming]))


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


Parts = Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]
"""Numbers of texts: those learnt from, and those held out."""


def _scores_held_out(
    rows: sparse.csr_matrix, wanted: NDArray[np.int64], count: int, labels: int, parts: Parts
) -> Floats:
    """Of the first `count` texts, each by weights that were found without it. Those behind them are always there."""
    scores = np.zeros((count, labels), dtype=np.float32)
    always = np.arange(count, len(wanted))
    for learnt, held in parts:
        chosen = np.concatenate([learnt, always])
        weights, offsets = _weights(rows[chosen], wanted[chosen], labels)
        scores[held] = rows[held] @ weights + offsets
    return scores


def _split(wanted: NDArray[np.int64], folds: int, hands: Sequence[str]) -> Parts:
    """Every text is held out once. Where several hands wrote them, one hand after the other: what is said of a hand
    that was learnt from is too good to be true of people who write. Otherwise, where each label has enough of them, in
    the same shares."""
    folds = min(folds, len(wanted))
    if folds < 2:
        return []
    by_hand = {hand: count for hand, count in Counter(hands).items() if hand and count >= LEAST_OF_A_HAND}
    if len(by_hand) >= LEAST_HANDS:
        return _split_by_hand(hands, sorted(by_hand))
    fewest = min(Counter(wanted.tolist()).values(), default=0)
    kind = StratifiedKFold if fewest >= folds else KFold
    return list(kind(folds, shuffle=True, random_state=SEED).split(np.zeros(len(wanted)), wanted))


def _split_by_hand(hands: Sequence[str], known: Sequence[str]) -> Parts:
    """Texts of no known hand are dealt out among them."""
    numbers = {hand: number for number, hand in enumerate(known)}
    dealt = np.random.default_rng(SEED).integers(len(known), size=len(hands))
    of_part = np.array([numbers.get(hand, dealt[place]) for place, hand in enumerate(hands)])
    return [(np.flatnonzero(of_part != part), np.flatnonzero(of_part == part)) for part in range(len(known))]


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
