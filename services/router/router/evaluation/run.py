"""The sets, one after the other: a model is made of what is learnt from, and judged by what is kept."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from router.classifier.commands import made
from router.classifier.examples import leaves, told_by
from router.classifier.material import Material
from router.classifier.snapshot import Classifier
from router.directory.model import Category, Rule
from router.evaluation.baselines import Keywords, majority
from router.evaluation.report import calibration, confusion, heading, table
from router.evaluation.sets import Set, Unseen, arabic, boston, country, read_country, to_learn_from, unseen
from router.evaluation.unseen import judge_unseen
from router.text_model.file import read, written
from router.text_model.fit import Fitted, fit
from router.text_model.judging import EntityOf, judged, learnt_thresholds, places_of
from router.text_model.scores import Judged, by_language, scores

WANTED_OF_ARABIC = ("ar, standard", 0.86)
WANTED_OF_BOSTON = ("en", 0.88)
FOLDS_OF_MANY = 3
"""Of sets of ten thousands of texts."""

Tell = Callable[[str], None]


def evaluate(country_folder: Path, data: Path | None, precision: float, tell: Tell, is_strict: bool = False) -> bool:
    """False where a figure is below what is wanted; of those of unseen texts only where that is asked. Sets that are
    not there are named and skipped."""
    _of_country(*country(country_folder), precision, tell)
    kept_apart = unseen(country_folder)
    results = [_of_unseen(country_folder, kept_apart, precision, tell) or not is_strict] if kept_apart else []
    for name, found, wanted in (
        ("arabic", arabic(data) if data else None, WANTED_OF_ARABIC),
        ("boston311", boston(data) if data else None, WANTED_OF_BOSTON),
    ):
        if found is None:
            where = f"not in {data}" if data else "no folder was named: DATA=…"
            tell(f"\nSKIPPED: {name} ({where})")
        else:
            results.append(_of_others(found, wanted, precision, tell))
    return all(results)


def _of_unseen(folder: Path, found: Unseen, precision: float, tell: Tell) -> bool:
    """The model that the country brings, made anew, and the whole router with it."""
    began = time.perf_counter()
    material = Material(1, read_country(folder), to_learn_from(folder))
    record, content = made(material, precision, datetime.now(UTC))
    tell(f"\n{heading('the whole router on unseen texts of the sample country (synthetic)')}")
    tell(
        f"{record.learnt_from.texts:,} texts learnt from, {len(found.texts):,} unseen; "
        f"{len(content) / 1_000_000:.1f} MB, made in {time.perf_counter() - began:.0f} s"
    )
    model = read(content)
    first = replace(model, second=None)
    wanted = judge_unseen(
        material.country,
        Classifier(1, model, record.thresholds, record.rules),
        Classifier(1, first, record.thresholds, record.rules),
        found,
        tell,
    )
    for each in wanted:
        tell(each.line())
    return all(each.is_held for each in wanted)


def _of_country(
    categories: Sequence[Category], rules: Sequence[Rule], found: Set, precision: float, tell: Tell
) -> None:
    of_leaves = leaves(categories)
    fitted = _made(lambda: fit(found.learnt, told_by(categories, rules)), found, tell)
    keywords = Keywords.of_catalogue(fitted.model.labels, of_leaves.values(), rules)
    _judge(found, fitted, keywords, places_of(of_leaves), precision, tell)


def _of_others(found: Set, wanted: tuple[str, float], precision: float, tell: Tell) -> bool:
    fitted = _made(lambda: fit(found.learnt, folds=FOLDS_OF_MANY), found, tell)
    keywords = Keywords.of_texts(fitted.model.labels, found.learnt)
    of_model = _judge(found, fitted, keywords, [lambda label: label], precision, tell)
    language, least = wanted
    reached = scores(by_language(of_model)[language], precision).accuracy
    verdict = "reached" if reached >= least else "NOT REACHED"
    tell(f"wanted of {language}: accuracy ≥ {least:.2f}; it is {reached:.4f}: {verdict}")
    return reached >= least


def _made(make: Callable[[], Fitted], found: Set, tell: Tell) -> Fitted:
    """As it is used: written to a file and read again."""
    began = time.perf_counter()
    fitted = make()
    content = written(fitted.model)
    taken = time.perf_counter() - began
    tell(
        f"\n{heading(found.name)}\n"
        f"{len(found.learnt):,} texts learnt from, {len(found.kept):,} kept; {len(fitted.model.labels)} labels, "
        f"{len(fitted.model.features.buckets):,} features, {len(content) / 1_000_000:.1f} MB, made in {taken:.0f} s"
    )
    return replace(fitted, model=read(content))


def _judge(
    found: Set, fitted: Fitted, keywords: Keywords, places: Sequence[EntityOf], precision: float, tell: Tell
) -> list[Judged]:
    """What the model said of the texts kept; it, and two that need none, are told beside one another."""
    labels = fitted.model.labels
    known = learnt_thresholds(fitted.held_out, places, precision)
    texts = [example.text for example in found.kept]
    said = {
        "most frequent": majority(labels, found.learnt, len(texts)),
        "keywords": keywords.probabilities(texts),
        "classifier": fitted.model.probabilities(texts),
    }
    all_judged = {name: judged(found.kept, labels, rows, places[0], known) for name, rows in said.items()}
    for line in table(all_judged, precision):
        tell(line)
    for line in (*calibration(all_judged["classifier"], precision), *confusion(all_judged["classifier"])):
        tell(line)
    return all_judged["classifier"]
