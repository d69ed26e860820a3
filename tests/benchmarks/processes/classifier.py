"""Measures scoring texts on one core. `classifier fit FILE` makes a model of the sample country's texts; `classifier
score FILE`, a process that needs no scikit-learn, says how many it scores in a second, alone and with the words that
spoke, and how much memory it has; `classifier vectorizer` how many scikit-learn's own only turns into features."""

import json
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import psutil
import yaml
from router.classifier.examples import LabelledText, told_by
from router.classifier.snapshot import Classifier, Unplaced
from router.classifier.suggestions import Thresholds
from router.directory.model import Country as RoutedCountry
from router.directory.snapshot import Directory
from router.text_model.file import read, written
from router.text_model.text_normalisation import worded
from tawasul.demo.country import Country
from tawasul.stack.paths import COUNTRY

LENGTHS = {"short": 400, "long": 4_000}
TOGETHER = 200
"""As many as a batch has."""
ROUNDS = 9
SEED = 7


def labelled() -> list[LabelledText]:
    return [LabelledText.model_validate(text) for text in yaml.safe_load((COUNTRY / "texts.yaml").read_text())]


def texts_of(length: int, pieces: Sequence[str] = ()) -> list[str]:
    """Of this length, put together of these or of the sample texts in all their languages."""
    drawn, pieces = random.Random(SEED), pieces or [text.text for text in labelled()]
    found = []
    for _ in range(TOGETHER):
        text = drawn.choice(pieces)
        while len(text) < length:
            text += " " + drawn.choice(pieces)
        found.append(text[:length])
    return found


def per_second(work: Callable[[Sequence[str]], object], texts: Sequence[str], rounds: int = ROUNDS) -> float:
    work(texts)
    took = []
    for _ in range(rounds):
        began = time.process_time()  # of this process alone: what else the machine does does not count
        work(texts)
        took.append(time.process_time() - began)
    return len(texts) / median(took)


def fit_to(file: Path) -> dict[str, float]:
    from router.text_model.fit import fit

    country = RoutedCountry.model_validate(Country().directory())
    learnt = [text.example() for text in labelled() if text.split == "train"]
    began = time.perf_counter()
    model = fit(learnt, told_by(country.categories, country.rules)).model
    file.write_bytes(written(model))
    return {"seconds": time.perf_counter() - began, "labels": len(model.labels)}


def score(file: Path) -> dict[str, float]:
    before = psutil.Process().memory_info().rss
    model = read(file.read_bytes())
    directory = Directory.of(1, RoutedCountry.model_validate(Country().directory()))
    classifier = Classifier(1, model, Thresholds(precision=0.95))

    def whole(texts: Sequence[str]) -> object:
        return classifier.read([Unplaced(text) for text in texts], directory)

    found = {name: per_second(model.probabilities, texts_of(length)) for name, length in LENGTHS.items()}
    found |= {f"{name} with words": per_second(whole, texts_of(length)) for name, length in LENGTHS.items()}
    memory = psutil.Process().memory_info().rss
    return found | {"memory": memory / 1e6, "of the model": (memory - before) / 1e6}


def vectorizer() -> dict[str, float]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    learnt = [worded(text.text) for text in labelled() if text.split == "train"]
    own = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True).fit(learnt)
    return {
        name: per_second(lambda texts: own.transform([worded(text) for text in texts]), texts_of(length), 3)
        for name, length in LENGTHS.items()
    }


if __name__ == "__main__":
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    asked, *rest = sys.argv[1:]
    of_file = {"fit": fit_to, "score": score}
    print(json.dumps(of_file[asked](Path(rest[0])) if rest else vectorizer()))
