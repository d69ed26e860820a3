"""Alarms of a text beside its category: it speaks of danger to life, or it cannot wait.

Two linear models, of sequences of letters and of sentence vectors, and what both say together. They lean to the side of
caution: the threshold is the one that finds nearly all of what was labelled so.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from router.text_model.features import Floats
from router.text_model.second_stage import centred

DANGER, URGENT = "danger", "urgent"


@dataclass(frozen=True)
class Alarm:
    """`letters` has a row per feature; `sentence` one per dimension of a vector, less `mean`. `together` says what the
    score of letters, that of the sentence and 1 count. `worth_from`: the score of letters from which on the sentence is
    looked at; `raised_from`: the score of both together from which on it is raised, `alone_from` that of letters where
    there is no sentence."""

    letters: Floats
    offset: float
    mean: Floats
    sentence: Floats
    together: Floats
    worth_from: float
    raised_from: float
    alone_from: float

    @property
    def has_sentence(self) -> bool:
        return len(self.sentence) > 0

    def by_letters(self, rows: sparse.csr_matrix) -> Floats:
        return np.asarray(rows @ self.letters + np.float32(self.offset), dtype=np.float32)

    def by_both(self, by_letters: Floats, vectors: Floats) -> Floats:
        first, second, constant = self.together
        return np.asarray(first * by_letters + second * (centred(vectors, self.mean) @ self.sentence) + constant)

    def worth_a_sentence(self, by_letters: Floats) -> NDArray[np.bool_]:
        if not self.has_sentence:
            return np.zeros(len(by_letters), dtype=np.bool_)
        return np.asarray(by_letters >= self.worth_from)

    def raised(self, by_letters: Floats, with_vectors: NDArray[np.int64], vectors: Floats) -> NDArray[np.bool_]:
        """Tell for each text whether the alarm is raised. `vectors` has a row for each index in `with_vectors`."""
        raised = by_letters >= self.alone_from
        if self.has_sentence and len(with_vectors):
            raised[with_vectors] = self.by_both(by_letters[with_vectors], vectors) >= self.raised_from
        return np.asarray(raised)
