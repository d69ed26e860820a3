"""Alarms are learnt from texts that raise one and from texts that only look as if they did."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from router.alarms.scoring import DANGER, URGENT, Alarm
from router.classifier.examples import Alarming
from router.text_model.features import Floats
from router.text_model.second_stage import centred

SEED = 20261125
FOLDS = 5
LEAST = 20
"""Texts that raise it, and as many that do not."""

FOUND = {DANGER: 0.98, URGENT: 0.95}
"""The share of what was labelled so that the threshold finds, of texts held out."""

FOUND_BY_LETTERS = 0.995
"""The share that the letters let through to be looked at as sentences."""


def fit_alarms(alarming: Sequence[Alarming], rows: sparse.csr_matrix, vectors: Floats | None) -> dict[str, Alarm]:
    """Fit each alarm that has enough labelled texts; the others are left out."""
    labelled = {
        DANGER: [each.danger for each in alarming],
        URGENT: [each.urgent for each in alarming],
    }
    found = {}
    for name, said in labelled.items():
        known = np.array([number for number, each in enumerate(said) if each is not None], dtype=np.int64)
        raised = np.array([bool(said[number]) for number in known], dtype=np.bool_)
        if min(raised.sum(), (~raised).sum()) >= LEAST:
            of_known = vectors[known] if vectors is not None else None
            found[name] = _fit(rows[known], of_known, raised, FOUND[name])
    return found


def _fit(rows: sparse.csr_matrix, vectors: Floats | None, raised: NDArray[np.bool_], share: float) -> Alarm:
    by_letters = np.zeros(len(raised), dtype=np.float32)
    by_sentence = np.zeros(len(raised), dtype=np.float32)
    for learnt, held in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(by_letters, raised):
        letters, offset = _letters(rows[learnt], raised[learnt])
        by_letters[held] = rows[held] @ letters + offset
        if vectors is not None:
            mean, sentence = _sentence(vectors[learnt], raised[learnt])
            by_sentence[held] = centred(vectors[held], mean) @ sentence
    letters, offset = _letters(rows, raised)
    alone_from = _finding(by_letters[raised], share)
    if vectors is None:
        none = np.zeros(0, dtype=np.float32)
        return Alarm(letters, offset, none, none, np.array([1, 0, 0], dtype=np.float32), 0.0, 0.0, alone_from)
    stacked = np.stack([by_letters, by_sentence], axis=1)
    both = LogisticRegression(class_weight="balanced").fit(stacked, raised)
    together = np.append(both.coef_[0], both.intercept_).astype(np.float32)
    raised_from = _finding((stacked @ both.coef_[0] + both.intercept_)[raised], share)
    worth_from = _finding(by_letters[raised], FOUND_BY_LETTERS)
    mean, sentence = _sentence(vectors, raised)
    return Alarm(letters, offset, mean, sentence, together, worth_from, raised_from, alone_from)


def _letters(rows: sparse.csr_matrix, raised: NDArray[np.bool_]) -> tuple[Floats, float]:
    machine = LinearSVC(class_weight="balanced", random_state=SEED).fit(rows, raised)
    return machine.coef_[0].astype(np.float32), float(machine.intercept_[0])


def _sentence(vectors: Floats, raised: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Mean and weights of the sentence score. It has no offset: the combined score has one."""
    mean = vectors.mean(axis=0)
    found = LogisticRegression(C=10, class_weight="balanced", max_iter=500).fit(centred(vectors, mean), raised)
    return mean, found.coef_[0].astype(np.float32)


def _finding(scores: Floats, share: float) -> float:
    """The score from which on such a share of these is found."""
    return float(np.quantile(scores, 1 - share, method="lower"))
