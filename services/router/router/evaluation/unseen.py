"""The whole router on texts that nobody saw who wrote rules or texts to learn from: what it decides, and how rightly.

Each text is asked as if it had been filed with a place: in the first of the areas on which an entity depends.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from shared.events.model import Channel, Kind, Location, Priority

from router.alarms.scoring import DANGER, URGENT
from router.assigning.batch_routing import with_what_was_said
from router.assigning.rules import Route
from router.cases.model import Submission, Suggested
from router.classifier.examples import NONE, LabelledText, leaves
from router.classifier.snapshot import Classification, Classifier, Unplaced
from router.classifier.suggestions import Verdict
from router.directory.model import Country
from router.directory.snapshot import Directory
from router.evaluation.sets import Unseen
from router.text_model.judging import EntityOf, places_of
from router.text_model.scores import calibration_error

RESAMPLED = 1_000
SEED = 20261128
AT = datetime(2026, 11, 28, 9, tzinfo=UTC)

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """Of one text. `entity`: whom it was given to without a person, None where a person decides."""

    variety: str
    entity: str | None
    decided_by: str
    has_right_entity: bool
    has_right_category: bool
    is_among_three: bool


@dataclass(frozen=True)
class WantedFigure:
    """A figure that the issue demands."""

    name: str
    is_at_least: float
    found: float

    @property
    def is_held(self) -> bool:
        return self.found >= self.is_at_least

    def line(self) -> str:
        return (
            f"{'held' if self.is_held else 'NOT HELD':<9} {self.name}: {self.found:.1%}, wanted {self.is_at_least:.1%}"
        )


class WholeRouter:
    """Rules and classifier as the service asks them, over one country."""

    def __init__(self, country: Country) -> None:
        self.directory = Directory.of(1, country)
        categories = leaves(country.categories)
        self.area = next((area for each in categories.values() for area in sorted(each.entity_by_area)), None)
        self.entity_of: EntityOf = places_of(categories)[0]

    def routes(
        self, texts: Sequence[str], classifier: Classifier | None, said: Sequence[Classification]
    ) -> list[Route]:
        """Without a classifier, the rules as they are written."""
        clues = classifier.clues_among(self.directory.country.rules) if classifier is not None else frozenset()
        found = [self._by_rules(text, clues) for text in texts]
        if classifier is None:
            return found
        return [
            with_what_was_said(route, each, self.directory, "en") if route.triage or route.words else route
            for route, each in zip(found, said, strict=True)
        ]

    def _by_rules(self, text: str, clues: frozenset[str]) -> Route:
        submission = Submission(
            reference="T-0",
            kind=Kind.COMPLAINT,
            text=text,
            language="en",
            channel=Channel.WEB,
            location=self._location(),
            received_at=AT,
        )
        return self.directory.decide(submission, None, clues)

    def _location(self) -> Location | None:
        area = next((each for each in self.directory.country.areas if each.id == self.area), None)
        return Location(block=str(area.blocks[0][0])) if area is not None and area.blocks else None

    def outcomes(
        self, texts: Sequence[LabelledText], routes: Sequence[Route], said: Sequence[Classification]
    ) -> list[Outcome]:
        return [self._outcome(*each) for each in zip(texts, routes, said, strict=True)]

    def _outcome(self, text: LabelledText, route: Route, said: Classification) -> Outcome:
        entity = None if route.triage else route.entity
        guesses = [item.category for item in said.suggested.items]
        category = route.category if entity is not None else (guesses[0] if guesses else None)
        return Outcome(
            variety=text.spoken,
            entity=entity,
            decided_by=route.decided_by if entity is not None else "a person",
            has_right_entity=entity is not None and entity == self.entity_of(text.category or NONE),
            has_right_category=category == text.category,
            is_among_three=text.category in guesses,
        )


def read_all(classifier: Classifier, texts: Sequence[str], whole: WholeRouter) -> list[Classification]:
    return classifier.read([Unplaced(text, whole.area) for text in texts], whole.directory)


Measure = Callable[[Sequence[Outcome]], float]


def decided(outcomes: Sequence[Outcome]) -> float:
    return sum(each.entity is not None for each in outcomes) / len(outcomes)


def decided_rightly(outcomes: Sequence[Outcome]) -> float:
    """Of those decided."""
    of_them = [each for each in outcomes if each.entity is not None]
    return sum(each.has_right_entity for each in of_them) / len(of_them) if of_them else 0.0


def category_right(outcomes: Sequence[Outcome]) -> float:
    return sum(each.has_right_category for each in outcomes) / len(outcomes)


def among_three(outcomes: Sequence[Outcome]) -> float:
    return sum(each.is_among_three for each in outcomes) / len(outcomes)


MEASURES: Mapping[str, Measure] = {
    "decided": decided,
    "of them right": decided_rightly,
    "category": category_right,
    "among 3": among_three,
}


def interval(outcomes: Sequence[Outcome], measure: Measure) -> tuple[float, float]:
    """In which 95 of 100 samples of so many texts lie (bootstrap)."""
    dice = np.random.default_rng(SEED)
    found = [
        measure([outcomes[place] for place in dice.integers(len(outcomes), size=len(outcomes))])
        for _ in range(RESAMPLED)
    ]
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def table(rows: Mapping[str, Sequence[Outcome]]) -> Iterator[str]:
    """Of each router, and below it each variety."""
    yield f"\n{'':<30}{'texts':>7}" + "".join(f"{name:>23}" for name in MEASURES)
    for name, outcomes in rows.items():
        yield _row(name, outcomes)
        for variety in sorted({each.variety for each in outcomes}):
            yield _row(f"  {variety}", [each for each in outcomes if each.variety == variety])


def _row(name: str, outcomes: Sequence[Outcome]) -> str:
    cells = []
    for measure in MEASURES.values():
        low, high = interval(outcomes, measure)
        cells.append(f"{measure(outcomes):>8.1%} ({low:.0%}–{high:.0%})")
    return f"{name:<30}{len(outcomes):>7,}" + "".join(f"{cell:>23}" for cell in cells)


def found_and_rightly(raised: Sequence[bool], labelled: Sequence[bool]) -> tuple[float, float]:
    """Recall and precision."""
    both = sum(one and other for one, other in zip(raised, labelled, strict=True))
    return both / max(1, sum(labelled)), both / max(1, sum(raised))


def shown_at_once(routes: Sequence[Route]) -> list[bool]:
    return [route.triage and route.priority is Priority.URGENT for route in routes]


def raises(said: Sequence[Classification], alarm: str) -> list[bool]:
    return [alarm in each.alarms for each in said]


def judge_unseen(
    country: Country, classifier: Classifier, letters_alone: Classifier, unseen: Unseen, tell: Tell
) -> list[WantedFigure]:
    """Tells the table, and what is wanted of it."""
    whole = WholeRouter(country)
    texts = [text.text for text in unseen.texts]
    said, by_letters = read_all(classifier, texts, whole), read_all(letters_alone, texts, whole)
    empty = [Classification(Verdict(), Suggested(model_version=0, items=()))] * len(texts)
    rows = {
        "whole router": whole.outcomes(unseen.texts, whole.routes(texts, classifier, said), said),
        "model alone": whole.outcomes(unseen.texts, _open_to(whole, said), said),
        "letters alone (first stage)": whole.outcomes(unseen.texts, _open_to(whole, by_letters), by_letters),
        "rules as they were": whole.outcomes(unseen.texts, whole.routes(texts, None, []), empty),
    }
    for line in table(rows):
        tell(line)
    by = Counter(each.decided_by for each in rows["whole router"])
    tell("whole router decided by: " + ", ".join(f"{name} {count}" for name, count in by.most_common()))
    most = Counter(text.category for text in unseen.texts).most_common(1)[0][1]
    tell(f"always the most frequent category would be right of {most / len(texts):.1%}")
    off = _calibration_error(rows_of=said, texts=unseen.texts)
    tell(f"calibration of the best guess: off by {off:.3f} on average")
    return [*_of_table(rows["whole router"], off), *_of_special_sets(whole, classifier, unseen, tell)]


def _open_to(whole: WholeRouter, said: Sequence[Classification]) -> list[Route]:
    """As if there were no rule."""
    nothing = Route(whole.directory.routing.central, "", None, triage=True, is_open=True)
    return [with_what_was_said(nothing, each, whole.directory, "en") for each in said]


def _calibration_error(rows_of: Sequence[Classification], texts: Sequence[LabelledText]) -> float:
    best = [each.suggested.items[0] if each.suggested.items else None for each in rows_of]
    return calibration_error(
        [
            (guess.probability, guess.category == text.category)
            for guess, text in zip(best, texts, strict=True)
            if guess is not None
        ]
    )


def _of_table(outcomes: Sequence[Outcome], off: float) -> list[WantedFigure]:
    return [
        WantedFigure("decided without a person", 0.5, decided(outcomes)),
        WantedFigure("of these at the right entity", 0.95, decided_rightly(outcomes)),
        WantedFigure("category right", 0.75, category_right(outcomes)),
        WantedFigure("category among three", 0.9, among_three(outcomes)),
        WantedFigure("calibrated to 0.04", 0.96, 1 - off),
    ]


def _of_special_sets(whole: WholeRouter, classifier: Classifier, unseen: Unseen, tell: Tell) -> list[WantedFigure]:
    said = read_all(classifier, unseen.out_of_scope, whole)
    to_triage = [route.triage for route in whole.routes(unseen.out_of_scope, classifier, said)]
    found = [WantedFigure("out of scope, to a person", 0.95, sum(to_triage) / len(to_triage))]
    texts = [text for text, _ in unseen.danger]
    said = read_all(classifier, texts, whole)
    at_once = shown_at_once(whole.routes(texts, classifier, said))
    recall, precision = found_and_rightly(at_once, [danger for _, danger in unseen.danger])
    tell(f"danger, shown to a person at once: {recall:.1%} found, {precision:.1%} of those rightly")
    found.append(WantedFigure("danger found", 0.95, recall))
    said = read_all(classifier, [text for text, _ in unseen.urgency], whole)
    recall, precision = found_and_rightly(raises(said, URGENT), [urgent for _, urgent in unseen.urgency])
    found += [WantedFigure("urgency found", 0.9, recall), WantedFigure("of these rightly", 0.6, precision)]
    ordinary = read_all(classifier, [text.text for text in unseen.texts], whole)
    tell(f"of the texts of all categories, {sum(raises(ordinary, DANGER)) / len(ordinary):.1%} were held for danger")
    return found
