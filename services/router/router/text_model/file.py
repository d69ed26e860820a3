"""A model as a file: plain arrays and JSON, so that reading one can run nothing.

Line 1 is a JSON object with the format and the digest of all that follows; line 2 a JSON object with the labels; the
rest is what `numpy.savez` writes. Nothing of it is pickled.
"""

import hashlib
import io
import json
import zipfile
from typing import Any

import numpy as np

from router.text_model.features import Features
from router.text_model.ngrams import BUCKET_BITS
from router.text_model.trained_model import Model

FORMAT = "tawasul-text-model/1"
"""Also changes with what a text is read as: a model fits only the spelling and the sequences it was made with."""

MOST_LABELS = 10_000
MOST_FEATURES = 1 << BUCKET_BITS


class Unusable(Exception):
    """This is no model that this program can use. `reason` is one of a few words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def written(model: Model) -> bytes:
    arrays = io.BytesIO()
    np.savez_compressed(
        arrays,
        buckets=model.features.buckets,
        rarity=model.features.rarity,
        weights=model.weights.astype(np.float16),
        offsets=model.offsets,
    )
    body = json.dumps({"labels": model.labels, "sharpness": model.sharpness}).encode() + b"\n" + arrays.getvalue()
    return _line({"format": FORMAT, "digest": digest(body)}) + body


def read(content: bytes) -> Model:
    """Raises Unusable."""
    first, _, body = content.partition(b"\n")
    heading = _object(first)
    if heading.get("format") != FORMAT:
        raise Unusable("format")
    if heading.get("digest") != digest(body):
        raise Unusable("broken")
    second, _, arrays = body.partition(b"\n")
    try:
        return _checked(_object(second), arrays)
    except (KeyError, ValueError, TypeError, OSError, zipfile.BadZipFile) as error:
        raise Unusable("broken") from error


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _checked(told: dict[str, Any], arrays: bytes) -> Model:
    with np.load(io.BytesIO(arrays), allow_pickle=False) as found:
        buckets = np.ascontiguousarray(found["buckets"], dtype=np.int32)
        rarity = np.ascontiguousarray(found["rarity"], dtype=np.float32)
        weights = np.ascontiguousarray(found["weights"], dtype=np.float32)
        offsets = np.ascontiguousarray(found["offsets"], dtype=np.float32)
    labels = tuple(str(label) for label in told["labels"])
    fits = (
        2 <= len(set(labels)) == len(labels) <= MOST_LABELS
        and buckets.ndim == 1
        and rarity.shape == buckets.shape
        and weights.shape == (len(buckets), len(labels))
        and offsets.shape == (len(labels),)
        and (len(buckets) == 0 or (buckets[0] >= 0 and buckets[-1] < MOST_FEATURES))
        and bool((np.diff(buckets) > 0).all())
        and all(bool(np.isfinite(numbers).all()) for numbers in (rarity, weights, offsets))
    )
    if not fits:
        raise ValueError("the parts do not fit one another")
    return Model(labels, Features(buckets, rarity), weights, offsets, float(told["sharpness"]))


def _object(line: bytes) -> dict[str, Any]:
    """Empty where it is none."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _line(told: dict[str, Any]) -> bytes:
    return json.dumps(told).encode() + b"\n"
