"""What a model said of texts beside what they are, for scores and thresholds."""

from collections.abc import Callable, Sequence

from router.classifier.examples import NONE, Example
from router.classifier.suggestions import Thresholds, verdict
from router.directory.model import Category
from router.text_model.features import Floats
from router.text_model.fit import HeldOut
from router.text_model.scores import Judged, Option, options, thresholds

EntityOf = Callable[[str], str | None]
"""Who answers for a category."""

NEVER = Thresholds(precision=0.95)


def judged(
    examples: Sequence[Example],
    labels: Sequence[str],
    probabilities: Floats,
    entity_of: EntityOf,
    known: Thresholds = NEVER,
) -> list[Judged]:
    """`probabilities` has a row per text and a column per label."""
    found = []
    # What is about nothing of the catalogue is no guess: its share is taken from all others.
    about = [(number, label) for number, label in enumerate(labels) if label != NONE]
    for example, row in zip(examples, probabilities.tolist(), strict=True):
        said = verdict([(label, row[number]) for number, label in about], entity_of, known)
        found.append(
            Judged(
                language=example.language,
                category=example.label,
                entity=entity_of(example.label),
                guesses=tuple(likely.category for likely in said.best),
                probability=said.best[0].probability if said.best else 0.0,
                guessed_entity=said.entity,
                entity_probability=said.probability,
                is_sure=said.is_sure,
            )
        )
    return found


def entity_at(categories: dict[str, Category], area: str | None) -> EntityOf:
    def entity_of(id: str) -> str | None:
        category = categories.get(id)
        return (category.entity or category.entity_by_area.get(area or "")) if category else None

    return entity_of


def places_of(categories: dict[str, Category]) -> list[EntityOf]:
    """Who answers in each area on which that depends; at one unknown place where it does nowhere."""
    areas = sorted({area for category in categories.values() for area in category.entity_by_area})
    return [entity_at(categories, area) for area in areas] or [entity_at(categories, None)]


def learnt_thresholds(held_out: HeldOut, places: Sequence[EntityOf], precision: float) -> Thresholds:
    """From what was said of texts that the model had not seen, as if they were about each of the places."""
    return thresholds(_at_each(held_out, places), precision)


def learnt_options(held_out: HeldOut, places: Sequence[EntityOf]) -> dict[str, tuple[Option, ...]]:
    """The same for every share that may be wanted."""
    return options(_at_each(held_out, places))


def _at_each(held_out: HeldOut, places: Sequence[EntityOf]) -> list[list[Judged]]:
    return [judged(held_out.examples, held_out.labels, held_out.probabilities, entity_of) for entity_of in places]
