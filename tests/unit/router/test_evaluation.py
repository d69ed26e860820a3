"""`make evaluate-routing`: what it prints, and what it does without the sets that lie outside the repository."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from router.classifier.examples import Example
from router.directory.model import Category
from router.evaluation.baselines import Keywords, majority
from router.evaluation.run import evaluate
from router.evaluation.sets import ARABIC, BOSTON, STANDARD_FIRST, arabic, boston
from router.evaluation.unseen import Outcome, decided_rightly, interval

from tests.support.router import a_country
from tests.support.text_model import TEXTS


@pytest.fixture
def country(tmp_path: Path) -> Path:
    texts = [
        {"category": label, "language": "en", "split": "evaluation" if place % 3 == 2 else "train", "text": text}
        for label, texts in TEXTS.items()
        for place, text in enumerate(texts)
    ]
    (tmp_path / "categories.yaml").write_text(yaml.safe_dump(a_country()["categories"], allow_unicode=True))
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(a_country()["rules"], allow_unicode=True))
    (tmp_path / "texts.yaml").write_text(yaml.safe_dump(texts, allow_unicode=True))
    return tmp_path


def _boston(data: Path) -> None:
    (data / BOSTON).parent.mkdir(parents=True)
    rows = ["case_enquiry_id,open_dt,closure_reason,department"]
    said = {"Works": "filled the pothole", "Lights": "replaced the lamp", "Parks": "cut the tree"}
    for day in range(1, 31):
        for number, (department, reason) in enumerate(said.items()):
            rows.append(f"{day}{number},2011-07-{day:02} 08:00:00,Case closed {reason},{department}")
    rows.append("999,2011-07-01 08:00:00,,Works")
    with gzip.open(data / BOSTON, "wt", encoding="utf-8") as file:
        file.write("\n".join(rows))


def test_it_prints_scores_beside_those_of_what_needs_no_classifier(country: Path) -> None:
    lines: list[str] = []
    assert evaluate(country, None, 0.95, lines.append)
    printed = "\n".join(lines)
    for name in ("most frequent", "keywords", "classifier", "calibration", "most often confused", "synthetic"):
        assert name in printed
    assert [line for line in lines if "SKIPPED" in line] == [
        "\nSKIPPED: arabic (no folder was named: DATA=…)",
        "\nSKIPPED: boston311 (no folder was named: DATA=…)",
    ]


def test_a_set_that_is_not_there_is_skipped_by_name_and_others_are_judged(country: Path, tmp_path: Path) -> None:
    _boston(tmp_path)
    lines: list[str] = []
    assert evaluate(country, tmp_path, 0.95, lines.append)
    printed = "\n".join(lines)
    assert f"SKIPPED: arabic (not in {tmp_path})" in printed
    assert "wanted of en: accuracy ≥ 0.88; it is 1.0000: reached" in printed


def test_a_figure_below_what_is_wanted_fails(country: Path, tmp_path: Path) -> None:
    """The last days' departments are others than those before."""
    _boston(tmp_path)
    with gzip.open(tmp_path / BOSTON, "rt", encoding="utf-8") as file:
        rows = file.read().splitlines()
    mixed = [row.replace("Lights", "Roofs") if row.split(",")[1] > "2011-07-22" else row for row in rows[1:]]
    with gzip.open(tmp_path / BOSTON, "wt", encoding="utf-8") as file:
        file.write("\n".join([rows[0], *mixed]))
    lines: list[str] = []
    assert not evaluate(country, tmp_path, 0.95, lines.append)
    assert any("NOT REACHED" in line for line in lines)


def test_the_last_by_time_are_kept_of_boston(tmp_path: Path) -> None:
    assert boston(tmp_path) is None
    _boston(tmp_path)
    found = boston(tmp_path)
    assert found is not None
    assert (len(found.learnt), len(found.kept)) == (63, 27)
    assert {example.language for example in found.kept} == {"en"}


def test_standard_arabic_is_told_from_palestinian_by_its_place_in_the_file(tmp_path: Path) -> None:
    assert arabic(tmp_path) is None
    for part, count in STANDARD_FIRST.items():
        file = tmp_path / ARABIC.format(part)
        file.parent.mkdir(exist_ok=True)
        file.write_text("label,text\n" + '"a","نص"\n' * (count + 2))
    found = arabic(tmp_path)
    assert found is not None
    assert [example.language for example in found.kept[-3:]] == ["ar, standard", "ar, palestinian", "ar, palestinian"]


def test_the_majority_is_as_likely_for_every_text() -> None:
    learnt = [Example(text="x", label="a")] * 3 + [Example(text="x", label="b")]
    assert majority(["a", "b", "c"], learnt, 2).tolist() == [[0.75, 0.25, 0.0]] * 2


def test_keywords_are_those_of_the_catalogue_or_the_most_typical_of_texts() -> None:
    categories = [
        Category.model_validate(
            {"id": id, "name": {"ar": f"فئة {id}", "en": f"category {id}"}, "words": {"ar": [], "en": [word]}}
        )
        for id, word in (("a", "pothole"), ("b", "street light"))
    ]
    of_catalogue = Keywords.of_catalogue(["a", "b"], categories, [])
    assert of_catalogue.probabilities(["the Street Lights are out", "nothing"]).argmax(axis=1).tolist() == [1, 0]
    learnt = [Example(text="the lamp is out", label="b"), Example(text="the hole is deep", label="a")]
    assert Keywords.of_texts(["a", "b"], learnt).probabilities(["a lamp", "a hole"]).argmax(axis=1).tolist() == [1, 0]


def _unseen(country: Path) -> None:
    """What the whole router is asked: the same words again, thanks, a danger and something urgent."""
    place = country / "texts" / "unseen"
    place.mkdir(parents=True)
    of_hands: list[dict[str, Any]] = [
        {"text": f"{text} {n}", "category": label, "variety": "en"}
        for label, texts in TEXTS.items()
        for text in texts
        for n in range(2)
    ]
    rows: dict[str, list[dict[str, Any]]] = {
        "hand5": of_hands,
        "out_of_scope": [{"text": "thank you all", "variety": "en"}],
        "danger": [{"text": "live wires", "danger": True, "variety": "en"}],
        "urgency": [{"text": "my mother needs oxygen", "urgent": True, "category": "rubbish", "variety": "en"}],
    }
    for name, said in rows.items():
        (place / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in said))
    for part in ("entities", "officials", "areas"):
        (country / f"{part}.yaml").write_text(yaml.safe_dump(a_country()[part], allow_unicode=True))
    (country / "places.yaml").write_text("[]")


def test_the_whole_router_is_asked_of_unseen_texts_and_only_strictly_fails(country: Path) -> None:
    """Eighteen texts to learn from are too few to be sure of anything, and nothing says what danger is."""
    _unseen(country)
    lines: list[str] = []
    assert evaluate(country, None, 0.97, lines.append)
    assert not evaluate(country, None, 0.97, lines.append, is_strict=True)
    printed = "\n".join(lines)
    for name in ("whole router", "model alone", "letters alone", "rules as they were", "held for danger"):
        assert name in printed
    assert "NOT HELD  danger found: 0.0%, wanted 95.0%" in printed


def test_an_interval_of_few_texts_is_wide() -> None:
    right = Outcome("en", "works", "rule", True, True, True)
    wrong = Outcome("en", "works", "rule", False, False, False)
    low, high = interval([right, wrong] * 5, decided_rightly)
    assert low < 0.35 < 0.65 < high
    assert interval([right] * 10, decided_rightly) == (1.0, 1.0)
