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
from numpy.typing import NDArray

from router.alarms.scoring import DANGER, URGENT, Alarm
from router.text_model.features import Features, Floats
from router.text_model.ngrams import BUCKET_BITS
from router.text_model.second_stage import SecondStage
from router.text_model.sentences import DIMENSIONS
from router.text_model.trained_model import Model

FORMAT = "tawasul-text-model/2"
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
    stages = [_second_parts(model.second), *(_alarm_parts(name, alarm) for name, alarm in model.alarms.items())]
    parts: dict[str, Any] = {
        "buckets": model.features.buckets,
        "rarity": model.features.rarity,
        "weights": model.weights.astype(np.float16),
        "offsets": model.offsets,
    }
    for stage in stages:
        parts |= stage
    np.savez_compressed(arrays, **parts)
    body = json.dumps({"labels": model.labels, "sharpness": model.sharpness}).encode() + b"\n" + arrays.getvalue()
    return _line({"format": FORMAT, "digest": digest(body)}) + body


Parts = dict[str, NDArray[Any]]


def _second_parts(second: SecondStage | None) -> Parts:
    if second is None:
        return {}
    return {
        "second_mean": second.mean,
        "second_weights": second.weights,
        "second_offsets": second.offsets,
        "second_knows": second.knows,
        "second_numbers": np.array([second.share, second.asked_below, second.sharpness]),
    }


def _alarm_parts(name: str, alarm: Alarm) -> Parts:
    return {
        f"{name}_letters": alarm.letters,
        f"{name}_mean": alarm.mean,
        f"{name}_sentence": alarm.sentence,
        f"{name}_together": alarm.together,
        f"{name}_numbers": np.array([alarm.offset, alarm.worth_from, alarm.raised_from, alarm.alone_from]),
    }


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
        second = _second(found, len(told["labels"])) if "second_weights" in found else None
        alarms = {name: _alarm(found, name, len(buckets)) for name in (DANGER, URGENT) if f"{name}_letters" in found}
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
    return Model(labels, Features(buckets, rarity), weights, offsets, float(told["sharpness"]), second, alarms)


def _second(found: Any, labels: int) -> SecondStage:
    """Raises ValueError where its parts do not fit."""
    share, asked_below, sharpness = (float(number) for number in _floats(found, "second_numbers", (3,)))
    knows = found["second_knows"]
    if knows.shape != (labels,) or knows.dtype != np.bool_ or not 0 <= share <= 1:
        raise ValueError("the parts of the second stage do not fit one another")
    return SecondStage(
        _floats(found, "second_mean", (DIMENSIONS,)),
        _floats(found, "second_weights", (DIMENSIONS, labels)),
        _floats(found, "second_offsets", (labels,)),
        knows,
        share,
        asked_below,
        sharpness,
    )


def _alarm(found: Any, name: str, features: int) -> Alarm:
    """Raises ValueError where its parts do not fit. Without a sentence it is of letters alone."""
    dimensions = DIMENSIONS if found[f"{name}_sentence"].size else 0
    offset, *bounds = (float(number) for number in _floats(found, f"{name}_numbers", (4,)))
    return Alarm(
        _floats(found, f"{name}_letters", (features,)),
        offset,
        _floats(found, f"{name}_mean", (dimensions,)),
        _floats(found, f"{name}_sentence", (dimensions,)),
        _floats(found, f"{name}_together", (3,)),
        *bounds,
    )


def _floats(found: Any, name: str, shape: tuple[int, ...]) -> Floats:
    numbers = np.ascontiguousarray(found[name], dtype=np.float32)
    if numbers.shape != shape or not bool(np.isfinite(numbers).all()):
        raise ValueError(f"{name} does not fit the other parts")
    return numbers


def _object(line: bytes) -> dict[str, Any]:
    """Empty where it is none."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _line(told: dict[str, Any]) -> bytes:
    return json.dumps(told).encode() + b"\n"
