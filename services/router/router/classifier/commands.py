"""A model is made from what is known of the catalogue, and kept with how good it is."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime

from shared.events.model import Priority

from router.assigning.rule_evidence import RuleEvidence, evidence
from router.cases.store import Correction
from router.classifier.examples import NONE, Alarming, Example, digest_of, leaves, told_by
from router.classifier.material import Material, TrainingRequest, written_made
from router.classifier.store import LearntFrom, ModelRecord, Models
from router.classifier.suggestions import Thresholds
from router.directory.model import Category
from router.text_model.features import Floats
from router.text_model.file import digest, written
from router.text_model.fit import Fitted, fit
from router.text_model.judging import EntityOf, judged, learnt_options, learnt_thresholds, places_of
from router.text_model.scores import Scores, scores
from router.text_model.sentences import Encode, vectors
from router.text_model.trained_model import Model

ONE_OF_SO_MANY = 4
"""Ordinary texts are taken beside those that say whether they are of danger."""


async def train(models: Models, material: Material, precision: float, now: datetime) -> ModelRecord:
    """Make a model and store it; it is not used yet. Takes seconds to minutes of computing, in a thread.

    Raises TooLittle where the catalogue has fewer than two leaf categories.
    """
    record, content = await asyncio.to_thread(made, material, precision, now)
    return await models.add(record, content)


def learn(asked: bytes) -> bytes:
    """Train one model from a `TrainingRequest`, in a process of its own, for `read_made` to read. Raises TooLittle."""
    order = TrainingRequest.model_validate_json(asked)
    return written_made(*made(order.material, order.precision, order.now))


def made(material: Material, precision: float, now: datetime, encode: Encode = vectors) -> tuple[ModelRecord, bytes]:
    """`encode` makes vectors of texts, for the second stage; a model of few texts has none."""
    categories = leaves(material.country.categories)
    texts = [text for text in material.texts if text.category in categories or text.category == NONE]
    learnt = [text.example() for text in texts if text.split == "train"]
    kept = [text.example() for text in texts if text.split == "evaluation"]
    fitted = _fitted(learnt, material, categories, encode)
    model, held_out = fitted.model, fitted.held_out
    places = places_of(categories)
    known = learnt_thresholds(held_out, places, precision)
    probabilities = model.probabilities([example.text for example in kept])
    content = written(model)
    record = ModelRecord(
        version=0,
        at=now,
        digest=digest(content),
        size=len(content),
        directory_version=material.version,
        learnt_from=LearntFrom(categories=len(categories), texts=len(learnt), corrections=len(material.corrections)),
        thresholds=known,
        options=learnt_options(held_out, places),
        held_out=_scores(held_out.examples, model.labels, held_out.probabilities, known, places[0]),
        evaluation=_scores(kept, model.labels, probabilities, known, places[0]),
        rules=_evidence(learnt, material) if learnt else None,
    )
    return record, content


def _evidence(learnt: Sequence[Example], material: Material) -> dict[str, RuleEvidence]:
    """Also by what officials corrected."""
    said = [(example.text, example.label) for example in learnt]
    said += [(correction.text, correction.category) for correction in material.corrections if correction.category]
    return evidence(material.country, said)


def _fitted(learnt: Sequence[Example], material: Material, categories: dict[str, Category], encode: Encode) -> Fitted:
    """Officials often correct the entity alone. Such a text is learnt as the likeliest of the entity's categories."""
    learnt = list(learnt)
    told = told_by(material.country.categories, material.country.rules)
    of_entity_alone: list[Correction] = []
    for correction in material.corrections:
        category = categories.get(correction.category or "")
        if category is not None and (correction.entity is None or _answers(category, correction.entity)):
            learnt.append(Example(text=correction.text, label=category.id, language=correction.language))
        elif correction.entity is not None:
            of_entity_alone.append(correction)
    if of_entity_alone:
        # Only which category is likeliest is asked of this one: nothing is held out for it.
        learnt += list(_with_likeliest(of_entity_alone, fit(learnt, told, folds=0).model, categories))
    return fit(learnt, told, alarming=_alarming(material, learnt, categories), encode=encode)


def _alarming(material: Material, learnt: Sequence[Example], categories: dict[str, Category]) -> list[Alarming]:
    """What says whether it is of danger, and ordinary texts of matters that can wait: without those, whatever is not
    among the first would be held for danger."""
    said = [found for text in material.texts if text.split == "train" and (found := text.alarming())]
    if not any(each.danger for each in said):
        return said
    waits = [example for example in learnt if _can_wait(categories.get(example.label))]
    return [
        *said,
        *(Alarming(text=each.text, language=each.language, danger=False) for each in waits[::ONE_OF_SO_MANY]),
    ]


def _can_wait(category: Category | None) -> bool:
    return category is None or category.priority is Priority.NORMAL


def _with_likeliest(
    corrections: Sequence[Correction], model: Model, categories: dict[str, Category]
) -> Iterator[Example]:
    probabilities = model.probabilities([correction.text for correction in corrections])
    for correction, row in zip(corrections, probabilities, strict=True):
        possible = [id for id in model.labels if id in categories and _answers(categories[id], correction.entity)]
        if possible:
            label = max(possible, key=lambda id: float(row[model.numbers[id]]))
            yield Example(text=correction.text, label=label, language=correction.language)


def _answers(category: Category, entity: str | None) -> bool:
    return entity == category.entity or entity in category.entity_by_area.values()


def _scores(
    examples: Sequence[Example], labels: Sequence[str], probabilities: Floats, known: Thresholds, entity_of: EntityOf
) -> Scores | None:
    """Of the texts that are about something of the catalogue."""
    said = judged(examples, labels, probabilities, entity_of, known)
    about_something = [each for each in said if each.category != NONE]
    if not about_something:
        return None
    found = scores(about_something, known.precision)
    return found.model_copy(update={"judged_on": digest_of(examples)})
