"""Builders for the classifier: a few texts of three categories, and a model made of them."""

from functools import cache

import numpy as np
from router.classifier.examples import Example
from router.classifier.store import LearntFrom, ModelRecord
from router.classifier.suggestions import Thresholds
from router.text_model.features import Features
from router.text_model.file import digest
from router.text_model.fit import Fitted, fit
from router.text_model.trained_model import Model

from tests.support.router import NOW

TEXTS = {
    "roads.pothole": (
        "There is a deep pothole in the road and the asphalt is broken",
        "A hole in the asphalt of our street damaged my tyre",
        "the road is full of potholes, my tyre burst",
        "توجد حفرة كبيرة في الشارع والأسفلت متشقق",
        "الشارع كله محفر والأسفلت مكسر من الحفر",
        "حفرة في الأسفلت أتلفت إطار سيارتي",
    ),
    "roads.lighting": (
        "The street light in front of our house is out, it is dark",
        "All lamps of this road are dark at night, no light at all",
        "a lamp post leans and its lamp flickers at night",
        "إنارة الشارع معطلة والظلام شديد في الليل",
        "عمود الإنارة لا يضيء والشارع ظلمة",
        "الليت طافي في الليل والشارع ظلمة وايد",
    ),
    "rubbish": (
        "The rubbish was not collected for a week and it smells",
        "bins overflow with waste, nobody collects the rubbish",
        "please empty the containers, rubbish lies around and cats tear the bags",
        "القمامة متراكمة منذ أسبوع والرائحة كريهة",
        "حاويات القمامة ممتلئة ولا أحد يجمع النفايات",
        "الزبالة متروسة والقطاوة تشق الأكياس والريحة طالعة",
    ),
}


def examples() -> list[Example]:
    return [
        Example(text=text, label=label, language="en" if text.isascii() else "ar")
        for label, texts in TEXTS.items()
        for text in texts
    ]


@cache
def a_fitted() -> Fitted:
    return fit(examples(), folds=3)


def a_model() -> Model:
    return a_fitted().model


def a_model_of_nothing(*labels: str) -> Model:
    """It knows no sequence: all labels are as likely."""
    none = np.zeros(0, dtype=np.float32)
    return Model(
        labels,
        Features(np.zeros(0, dtype=np.int32), none),
        np.zeros((0, len(labels)), dtype=np.float32),
        np.zeros(len(labels), dtype=np.float32),
        1.0,
    )


def a_record(content: bytes, sure_from: float | None = 0.5) -> ModelRecord:
    """A suggestion of a model with this file; sure by default."""
    return ModelRecord(
        version=0,
        at=NOW,
        digest=digest(content),
        size=len(content),
        directory_version=1,
        learnt_from=LearntFrom(categories=3, texts=18, corrections=0),
        thresholds=Thresholds(precision=0.95, of_all=sure_from),
    )
