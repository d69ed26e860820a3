"""Texts to judge by: those of the sample country, and sets of others that lie outside the repository."""

import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from shared.yaml_files import read_yaml

from router.classifier.examples import Example, LabelledText
from router.classifier.texts_of_hands import read_labelled
from router.directory.model import Category, Country, Rule


@dataclass(frozen=True)
class Set:
    """`learnt` is trained on, `kept` is judged; of another set than the country's, a label is its own entity."""

    name: str
    learnt: list[Example]
    kept: list[Example]


ARABIC = "arabic/Banking77_Arabized_MSA_PAL_{}.csv"
STANDARD_FIRST = {"train": 10_733, "val": 1_230}
"""Rows in standard Arabic; the rest of each file is Palestinian."""

BOSTON = "boston311/requests_2011.csv.gz"
LEARNT_OF_BOSTON = 70
"""Per cent."""


def country(folder: Path) -> tuple[list[Category], list[Rule], Set]:
    categories = TypeAdapter(list[Category]).validate_python(read_yaml(folder / "categories.yaml"))
    texts = TypeAdapter(list[LabelledText]).validate_python(read_yaml(folder / "texts.yaml"))
    learnt = [text.example() for text in texts if text.split == "train"]
    kept = [text.example() for text in texts if text.split == "evaluation"]
    rules = TypeAdapter(list[Rule]).validate_python(read_yaml(folder / "rules.yaml"))
    return categories, rules, Set("synthetic texts of the sample country", learnt, kept)


def read_country(folder: Path) -> Country:
    """The whole directory."""
    parts = ("entities", "officials", "categories", "areas", "rules", "places")
    return Country.model_validate({part: read_yaml(folder / f"{part}.yaml") for part in parts})


UNSEEN = "unseen"


@dataclass(frozen=True)
class Unseen:
    """Texts by hands that nobody learns from. `out_of_scope` belong to nobody here."""

    texts: list[LabelledText]
    out_of_scope: list[str]
    danger: list[tuple[str, bool]]
    urgency: list[tuple[str, bool]]


def unseen(folder: Path) -> Unseen | None:
    """None where the country has none."""
    place = folder / "texts" / UNSEEN
    if not place.exists():
        return None
    hands = [text for file in sorted(place.glob("hand*.jsonl")) for text in read_labelled(file, "evaluation")]
    return Unseen(
        hands,
        [str(row["text"]) for row in _rows(place / "out_of_scope.jsonl")],
        [(str(row["text"]), bool(row["danger"])) for row in _rows(place / "danger.jsonl")],
        [(str(row["text"]), bool(row["urgent"])) for row in _rows(place / "urgency.jsonl")],
    )


def to_learn_from(folder: Path) -> list[LabelledText]:
    """All that the country's model is made of, beside its catalogue."""
    hands = folder / "texts" / "train"
    return [*read_labelled(folder / "texts.yaml"), *(read_labelled(hands) if hands.exists() else [])]


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def arabic(data: Path) -> Set | None:
    """None where it is not there."""
    if not (data / ARABIC.format("train")).exists():
        return None
    return Set(
        "short requests in Arabic, 77 classes (ArBanking77, CC BY-SA 4.0)",
        list(_arabic(data, "train")),
        list(_arabic(data, "val")),
    )


def boston(data: Path) -> Set | None:
    """What staff wrote when they closed a case, and the department; the last ones by time are kept."""
    if not (data / BOSTON).exists():
        return None
    with gzip.open(data / BOSTON, "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["closure_reason"].strip() and row["department"].strip()]
    rows.sort(key=lambda row: (row["open_dt"], row["case_enquiry_id"]))
    examples = [Example(text=row["closure_reason"], label=row["department"], language="en") for row in rows]
    first_kept = len(examples) * LEARNT_OF_BOSTON // 100
    return Set(
        "closing remarks of Boston 311, 2011 (ODC-PDDL), to department", examples[:first_kept], examples[first_kept:]
    )


def _arabic(data: Path, part: str) -> Iterator[Example]:
    with (data / ARABIC.format(part)).open(encoding="utf-8", newline="") as file:
        for place, row in enumerate(csv.DictReader(file)):
            dialect = "standard" if place < STANDARD_FIRST[part] else "palestinian"
            yield Example(text=row["text"], label=row["label"], language=f"ar, {dialect}")
