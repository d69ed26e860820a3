"""Files of labelled texts: YAML with everything said of each, or JSON lines as several hands write them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from shared.yaml_files import read_yaml

from router.classifier.examples import LabelledText

VARIETIES: dict[str, dict[str, Any]] = {
    "gulf": {"language": "ar", "dialect": "gulf"},
    "standard": {"language": "ar", "dialect": "standard"},
    "arabizi": {"language": "ar", "dialect": "latin"},
    "en": {"language": "en"},
    "mixed": {"language": "mixed"},
}
OF_HANDS = "hand"
"""The beginning of the name of a file that one hand wrote texts of all categories to."""

_ALL = TypeAdapter(list[LabelledText])


def read_labelled(path: Path, split: str = "train") -> list[LabelledText]:
    """Read the labelled texts of a file, or of all files of a folder. Raises ValidationError, OSError, ValueError and
    YAMLError."""
    if path.is_dir():
        return [text for file in sorted(path.glob("*.jsonl")) for text in read_labelled(file, split)]
    if path.suffix == ".jsonl":
        hand = path.stem if path.stem.startswith(OF_HANDS) else ""
        lines = path.read_text(encoding="utf-8").splitlines()
        said = [text for line in lines for text in _labelled(json.loads(line), hand, split)]
        return _ALL.validate_python(said)
    return _ALL.validate_python(read_yaml(path))


def _labelled(row: dict[str, Any], hand: str, split: str) -> Iterator[dict[str, Any]]:
    """Skip texts with two matters and pairs of texts: their words speak for no single category."""
    if "text" in row and not row.keys().isdisjoint({"category", "danger"}):
        said: dict[str, Any] = {key: row[key] for key in ("text", "category", "danger", "urgent") if key in row}
        yield said | VARIETIES[row["variety"]] | {"split": split, "hand": hand}
