"""Commands for operators: `python -m router train|models|use-model`. Each writes what it did."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import yaml
from pydantic import ValidationError

from router.cases.store import Assignments
from router.classifier.commands import train
from router.classifier.examples import LabelledText, TooLittle
from router.classifier.material import Material
from router.classifier.store import ModelRecord, Models
from router.classifier.texts_of_hands import read_labelled
from router.directory.store import Publications
from router.text_model.scores import Scores

MOST_CORRECTIONS = 50_000

Tell = Callable[[str], None]


class CannotDo(Exception):
    """Said to the operator in one line."""


def read_texts(file: Path) -> list[LabelledText]:
    """Raises CannotDo with the first fault: a file is taken whole or not at all."""
    try:
        return read_labelled(file)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, yaml.YAMLError) as error:
        raise CannotDo(f"{file.name} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CannotDo(f"{file.name}, {where}: {first['msg']} ({error.error_count()} faults)") from error


async def make_model(
    models: Models,
    publications: Publications,
    assignments: Assignments,
    texts: Sequence[LabelledText],
    precision: float,
    now: datetime,
) -> ModelRecord:
    """From the catalogue in use, the texts and what officials corrected. Raises CannotDo."""
    version = await publications.version_at(now)
    if version is None:
        raise CannotDo("no directory was published yet: load one, then train")
    publication = await publications.read(version)
    corrections = await assignments.corrections(MOST_CORRECTIONS)
    material = Material(version, publication.country, texts, corrections)
    try:
        return await train(models, material, precision, now)
    except TooLittle as error:
        raise CannotDo(str(error)) from error


async def train_and_use(
    models: Models,
    publications: Publications,
    assignments: Assignments,
    texts: Sequence[LabelledText],
    precision: float,
    keep: bool,
    now: datetime,
    tell: Tell,
) -> None:
    """`keep`: stored, and not used."""
    before = await models.in_use()
    if texts:
        await models.keep_texts(texts)
    record = await make_model(models, publications, assignments, texts, precision, now)
    tell(described(record))
    if before is not None:
        tell(f"in use until now: {described(before)}")
    if keep:
        tell(f"it is not used: `use-model {record.version}` takes it into use")
    elif await models.use(record.version):
        tell(f"model {record.version} is in use")


async def use_model(models: Models, version: int, tell: Tell) -> None:
    if not await models.use(version):
        raise CannotDo(f"there is no model {version}: `models` lists them")
    tell(f"model {version} is in use")


async def list_models(models: Models, tell: Tell) -> None:
    in_use = await models.in_use()
    for record in await models.all():
        mark = "*" if in_use is not None and record.version == in_use.version else " "
        tell(f"{mark} {described(record)}")
    if in_use is None:
        tell("no model is in use")


def described(record: ModelRecord) -> str:
    learnt = record.learnt_from
    texts = f"{learnt.texts} texts" if learnt.texts else "no texts"
    of = f"{learnt.categories} categories, {texts}, {learnt.corrections} corrections"
    return (
        f"model {record.version} of {record.at:%Y-%m-%d %H:%M}: {of} (directory {record.directory_version}, "
        f"{record.size / 1_000_000:.1f} MB); {_told('held out', record.held_out)}; "
        f"{_told('kept for evaluation', record.evaluation)}"
    )


def _told(name: str, found: Scores | None) -> str:
    if found is None:
        return f"{name}: no texts"
    right = f", {found.sure_right:.1%} of them right" if found.sure_right is not None else ""
    return (
        f"{name} {found.texts} texts: category {found.accuracy:.1%}, entity {found.entity_accuracy:.1%}, "
        f"decided alone {found.sure:.1%}{right}"
    )
