"""A model is made from what is known of the catalogue, and kept with how good it is."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime

from router.cases.store import Correction
from router.classifier.examples import Example, digest_of, leaves, told_by
from router.classifier.material import Asked, Material, written_made
from router.classifier.store import LearntFrom, ModelRecord, Models
from router.classifier.suggestions import Thresholds
from router.directory.model import Category
from router.text_model.features import Floats
from router.text_model.file import digest, written
from router.text_model.fit import Fitted, fit
from router.text_model.judging import EntityOf, judged, learnt_options, learnt_thresholds, places_of
from router.text_model.scores import Scores, scores
from router.text_model.trained_model import Model


async def train(models: Models, material: Material, precision: float, now: datetime) -> ModelRecord:
    """Make a model and store it; it is not used yet. Takes seconds to minutes of computing, in a thread.

    Raises TooLittle where the catalogue has fewer than two leaf categories.
    """
    record, content = await asyncio.to_thread(made, material, precision, now)
    return await models.add(record, content)


def learn(asked: bytes) -> bytes:
    """In the process that makes one model: what `Asked` says, and what `read_made` reads. Raises TooLittle."""
    order = Asked.model_validate_json(asked)
    return written_made(*made(order.material, order.precision, order.now))


def made(material: Material, precision: float, now: datetime) -> tuple[ModelRecord, bytes]:
    categories = leaves(material.country.categories)
    texts = [text for text in material.texts if text.category in categories]
    learnt = [text.example() for text in texts if text.split == "train"]
    kept = [text.example() for text in texts if text.split == "evaluation"]
    fitted = _fitted(learnt, material, categories)
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
    )
    return record, content


def _fitted(learnt: Sequence[Example], material: Material, categories: dict[str, Category]) -> Fitted:
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
    return fit(learnt, told)


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
    if not examples:
        return None
    found = scores(judged(examples, labels, probabilities, entity_of, known), known.precision)
    return found.model_copy(update={"judged_on": digest_of(examples)})
