"""What sequences of letters leave open is asked of sentences, where there is an encoder; a file keeps both stages."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from router.classifier.examples import Alarming, Example
from router.text_model.features import Floats
from router.text_model.file import Unusable, digest, read, written
from router.text_model.fit import Fitted, fit
from router.text_model.sentences import DIMENSIONS, no_vectors
from router.text_model.trained_model import Model

LABELS = ("broken", "dirty", "dark")


class Encoder:
    """A sentence's vector points where its last word does; it counts the texts that it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> Floats:
        self.asked += texts
        found = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in enumerate(texts):
            found[row] = np.random.default_rng(list(text.encode())).normal(0, 0.02, DIMENSIONS)
            found[row, LABELS.index(text.split()[-1])] += 1
        return found


def examples() -> list[Example]:
    """Nothing but the last word tells them apart, and that is hidden from who reads letters: each has its own."""
    return [
        Example(text=f"number {chr(97 + n % 26)}{chr(97 + n // 26)} {label}", label=label, hand=f"hand{n % 4}")
        for n in range(150)
        for label in LABELS
    ]


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return fit(examples(), encode=Encoder())


def test_a_model_of_enough_texts_has_a_second_stage_and_without_an_encoder_none(fitted: Fitted) -> None:
    assert fitted.model.second is not None
    assert fit(examples(), encode=no_vectors).model.second is None


def a_model_in_doubt(fitted: Fitted, encoder: Encoder, below: float = 1.1) -> Model:
    """Its first stage holds all labels for as likely; asked is below what is given."""
    assert fitted.model.second is not None
    model = read(written(fitted.model))
    assert model.second is not None
    flat = np.zeros_like(model.weights)
    second = replace(model.second, asked_below=below)
    return replace(model, weights=flat, offsets=np.zeros(3, dtype=np.float32), second=second, encode=encoder)


def test_what_letters_leave_open_is_decided_by_the_sentence(fitted: Fitted) -> None:
    model = a_model_in_doubt(fitted, Encoder())
    found = model.probabilities(["whatever else is dirty", "it is dark"])
    assert [model.labels[number] for number in found.argmax(axis=1)] == ["dirty", "dark"]
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


def test_what_letters_are_sure_of_costs_no_encoding(fitted: Fitted) -> None:
    encoder = Encoder()
    a_model_in_doubt(fitted, encoder, below=0.2).probabilities(["it is dark"])
    assert encoder.asked == []


def test_where_there_is_no_encoder_the_first_stage_says_all(fitted: Fitted) -> None:
    model = replace(a_model_in_doubt(fitted, Encoder()), encode=no_vectors)
    np.testing.assert_allclose(model.probabilities(["it is dark"]), 1 / 3, rtol=1e-5)


def test_a_file_whose_second_stage_is_for_other_labels_is_broken(fitted: Fitted) -> None:
    assert fitted.model.second is not None
    second = replace(fitted.model.second, offsets=np.zeros(2, dtype=np.float32))
    content = written(replace(fitted.model, second=second))
    assert digest(content)
    with pytest.raises(Unusable, match="broken"):
        read(content)


def test_an_alarm_is_learnt_and_kept(fitted: Fitted) -> None:
    said = [Alarming(text=f"live wires hang down {n} dark", danger=True) for n in range(30)]
    said += [Alarming(text=f"thank you for the flowers {n} dirty", danger=False) for n in range(30)]
    model = fit(examples(), alarming=said, encode=Encoder()).model
    kept = replace(read(written(model)), encode=Encoder())
    (reading,) = kept.readings(["live wires hang down 31 dark", "thank you for the flowers 31 dirty"])
    assert reading.alarms["danger"].tolist() == [True, False]
