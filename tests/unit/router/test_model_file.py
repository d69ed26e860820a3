"""A model as a file: what was written is read, and nothing else is."""

import io
import json
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from router.text_model.file import FORMAT, Unusable, digest, read, written

from tests.support.text_model import TEXTS, a_model

TEXT = [texts[0] for texts in TEXTS.values()]


def _file(body: bytes, **heading: str) -> bytes:
    return json.dumps({"format": FORMAT, "digest": digest(body)} | heading).encode() + b"\n" + body


def _body(told: object, **arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, allow_pickle=True, **arrays)  # type: ignore[arg-type]
    return json.dumps(told).encode() + b"\n" + file.getvalue()


PARTS = {
    "buckets": np.array([1, 5], dtype=np.int32),
    "rarity": np.ones(2, dtype=np.float32),
    "weights": np.ones((2, 2), dtype=np.float16),
    "offsets": np.zeros(2, dtype=np.float32),
}
TOLD = {"labels": ["a", "b"], "sharpness": 1.0}


def test_what_was_written_is_read() -> None:
    model = read(written(a_model()))
    assert model.labels == a_model().labels
    np.testing.assert_array_equal(model.probabilities(TEXT), a_model().probabilities(TEXT))


def test_parts_that_fit_are_read() -> None:
    assert read(_file(_body(TOLD, **PARTS))).labels == ("a", "b")


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file[:-1],
        lambda file: file + b" ",
        lambda file: file[: len(file) // 2],
        lambda file: file[:-9] + bytes([file[-9] ^ 1]) + file[-8:],
    ],
)
def test_a_file_that_is_not_whole_is_not_read(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Unusable, match="broken"):
        read(damage(written(a_model())))


@pytest.mark.parametrize("content", [b"", b"\n", b"[]\n", b"{}\n", b"no model", pickle.dumps({"format": FORMAT})])
def test_what_is_no_model_is_not_read(content: bytes) -> None:
    with pytest.raises(Unusable, match="format"):
        read(content)


def test_a_model_of_another_version_is_not_read() -> None:
    body = written(a_model()).partition(b"\n")[2]
    with pytest.raises(Unusable, match="format"):
        read(_file(body, format="tawasul-text-model/0"))


@pytest.mark.parametrize(
    "change",
    [
        {"weights": np.ones((3, 2), dtype=np.float16)},
        {"weights": np.ones((2, 3), dtype=np.float16)},
        {"rarity": np.ones(1, dtype=np.float32)},
        {"offsets": np.zeros(3, dtype=np.float32)},
        {"offsets": np.array([0, np.nan], dtype=np.float32)},
        {"buckets": np.array([5, 1], dtype=np.int32)},
        {"buckets": np.array([1, 1 << 20], dtype=np.int32)},
        {"buckets": np.array([-1, 1], dtype=np.int32)},
    ],
)
def test_parts_that_do_not_fit_one_another_are_no_model(change: dict[str, object]) -> None:
    with pytest.raises(Unusable, match="broken"):
        read(_file(_body(TOLD, **PARTS | change)))


@pytest.mark.parametrize("told", [{}, {"labels": ["a", "a"], "sharpness": 1}, {"labels": ["a", "b"], "sharpness": "x"}])
def test_labels_that_are_none_are_no_model(told: object) -> None:
    with pytest.raises(Unusable, match="broken"):
        read(_file(_body(told, **PARTS)))


class _Opened:
    """Unpickled, it would say so."""

    def __reduce__(self) -> tuple[object, ...]:
        return (pytest.fail, ("a model file was unpickled",))


def test_nothing_in_a_file_is_run_even_where_its_digest_is_right() -> None:
    with pytest.raises(Unusable, match="broken"):
        read(_file(_body(TOLD, **PARTS | {"weights": np.array([_Opened()], dtype=object)})))
