"""What a model looks at: sequences of letters, words and pairs of words, each counted once and a little more."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from router.text_model.ngrams import BUCKET_BITS, occurrences

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Counted:
    """The features of some texts. `rows` has a row of length 1 per text and a column per feature; of each of its
    entries, `parts` is how much each occurrence counts. `entries` and `begins` say of every occurrence which of those
    it belongs to, and at which letter of all texts together, a space before and behind each, it begins."""

    rows: sparse.csr_matrix
    parts: Floats
    entries: Numbers
    begins: Numbers


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

    def counted(self, texts: Sequence[str]) -> Counted:
        """Of texts as `worded` gives them; a text without a known sequence has an empty row."""
        found = occurrences(texts)
        columns = self._columns[found.buckets]
        known = np.flatnonzero(columns >= 0)
        width = max(1, len(self.buckets))
        keys, entries, counts = np.unique(
            found.texts[known] * width + columns[known], return_inverse=True, return_counts=True
        )
        texts_of, columns_of = np.divmod(keys, width)
        values = (1 + np.log(counts)) * self.rarity[columns_of]
        lengths = np.sqrt(np.bincount(texts_of, values**2, len(texts)))
        data = (values / lengths[texts_of]).astype(np.float32)
        bounds = np.searchsorted(texts_of, np.arange(len(texts) + 1))
        rows = sparse.csr_matrix((data, columns_of, bounds), shape=(len(texts), len(self.buckets)))
        return Counted(rows, (values / counts).astype(np.float32), entries, found.begins[known])
