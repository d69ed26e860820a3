"""How good a classifier is: how often it is right, how far its probabilities can be trusted, what it confuses."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from pydantic import BaseModel, ConfigDict

from router.classifier.suggestions import ELSEWHERE, Thresholds

BINS = 10
LEAST_OF_ITS_OWN = 30
"""Texts that were taken for an entity's, for a threshold of its own."""

CERTAIN = 1.645
"""Standard deviations that all but one in twenty stay within, on the one side that matters."""

Said = Sequence[tuple[float, bool]]
"""Of each text, how likely it was said to be an entity's, and whether it was."""


@dataclass(frozen=True)
class Judged:
    """One text: what it is, and what was said of it. `guesses` are categories, the likeliest first."""

    language: str
    category: str
    entity: str | None
    guesses: tuple[str, ...]
    probability: float
    guessed_entity: str | None
    entity_probability: float
    is_sure: bool = False

    @property
    def is_right(self) -> bool:
        return self.guesses[:1] == (self.category,)

    @property
    def has_right_entity(self) -> bool:
        return self.guessed_entity is not None and self.guessed_entity == self.entity


class Bin(BaseModel):
    """Texts whose best guess was about so likely: how likely on average, and how many were right."""

    model_config = ConfigDict(frozen=True)

    texts: int
    said: float
    right: float


class Scores(BaseModel):
    """Shares of the texts. `coverage`: those that are decided alone where `precision` is demanded of them, as surely as
    of a threshold, at the best one for these very texts; `sure`: those decided with the thresholds of the model,
    `sure_right` of them right. `calibration_error`: by how much a probability is off on average. `judged_on`: a digest
    of the texts and their categories; none of scores from before it was kept."""

    model_config = ConfigDict(frozen=True)

    texts: int
    accuracy: float
    among_three: float
    entity_accuracy: float
    precision: float
    coverage: float
    sure: float
    sure_right: float | None
    calibration_error: float
    bins: tuple[Bin, ...] = ()
    judged_on: str | None = None


def on_the_same(one: Sequence[Scores | None], other: Sequence[Scores | None]) -> tuple[Scores, Scores] | None:
    """Scores of two models on the very same texts, the first that there are; None where nothing can be compared."""
    for mine, others in zip(one, other, strict=True):
        if mine and others and mine.judged_on and mine.judged_on == others.judged_on:
            return mine, others
    return None


def scores(judged: Sequence[Judged], precision: float) -> Scores:
    """Raises ValueError where nothing was judged."""
    count = len(judged)
    if not count:
        raise ValueError("no text was judged")
    bins = _bins([(each.probability, each.is_right) for each in judged])
    sure = [each for each in judged if each.is_sure]
    threshold = _certain([(each.entity_probability, each.has_right_entity) for each in judged], precision)
    covered = sum(each.entity_probability >= threshold for each in judged) if threshold is not None else 0
    return Scores(
        texts=count,
        accuracy=sum(each.is_right for each in judged) / count,
        among_three=sum(each.category in each.guesses[:3] for each in judged) / count,
        entity_accuracy=sum(each.has_right_entity for each in judged) / count,
        precision=precision,
        coverage=covered / count,
        sure=len(sure) / count,
        sure_right=sum(each.has_right_entity for each in sure) / len(sure) if sure else None,
        calibration_error=_off(bins),
        bins=tuple(bins),
    )


def by_language(judged: Iterable[Judged]) -> dict[str, list[Judged]]:
    """In the order of their names."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        groups[each.language].append(each)
    return dict(sorted(groups.items()))


def confusions(judged: Iterable[Judged], most: int) -> list[tuple[str, str, int]]:
    """What was taken for what, the most frequent first: the category, the guess, how often."""
    wrong = Counter((each.category, each.guesses[0]) for each in judged if each.guesses and not each.is_right)
    return [(category, guess, count) for (category, guess), count in wrong.most_common(most)]


def thresholds(places: Sequence[Sequence[Judged]], precision: float) -> Thresholds:
    """The lowest ones from which on it is certain that so many of an entity's texts are right: few texts that happen
    to be right are no reason to do without a person. `places`: the same texts judged as if they were about one place
    and the next, since some entities answer at some places alone."""
    everything, of = _said(places)
    of_all = _certain(everything, precision, len(places))
    own = {entity: _of_its_own(said, precision, of_all) for entity, said in of.items()}
    return Thresholds(precision=precision, of_all=of_all, of=own)


def _said(places: Sequence[Sequence[Judged]]) -> tuple[Said, dict[str, Said]]:
    """Of all texts at all places, and by entity, of those with enough texts at the first place where it has that
    many."""
    of: dict[str, Said] = {}
    for judged in places:
        taken: dict[str, list[tuple[float, bool]]] = defaultdict(list)
        for each in judged:
            if each.guessed_entity is not None and each.guessed_entity not in of:
                taken[each.guessed_entity].append((each.entity_probability, each.has_right_entity))
        of |= {entity: said for entity, said in taken.items() if len(said) >= LEAST_OF_ITS_OWN}
    everything = [(each.entity_probability, each.has_right_entity) for judged in places for each in judged]
    return everything, dict(sorted(of.items()))


PRECISIONS = (0.99, 0.98, 0.97, 0.95, 0.9, 0.85, 0.8)
"""Shares that may be wanted of what is decided without a person."""


class Option(BaseModel):
    """What a wanted share would mean for an entity: from which probability on it is decided (None: never), how many of
    the held-out `texts` that were taken for it that would be, and how many of these are right."""

    model_config = ConfigDict(frozen=True)

    precision: float
    least: float | None
    texts: int
    decided: int
    right: int


def options(places: Sequence[Sequence[Judged]]) -> dict[str, tuple[Option, ...]]:
    """By entity, of those with enough texts; under `ELSEWHERE` of all. `places` as of `thresholds`."""
    everything, own = _said(places)
    of_all = {share: _certain(everything, share, len(places)) for share in PRECISIONS}
    found = {ELSEWHERE: tuple(_option(everything, share, least) for share, least in of_all.items())}
    for id, said in own.items():
        found[id] = tuple(_option(said, share, _of_its_own(said, share, least)) for share, least in of_all.items())
    return found


def _option(said: Said, precision: float, least: float | None) -> Option:
    decided = [is_right for probability, is_right in said if least is not None and probability >= least]
    return Option(precision=precision, least=least, texts=len(said), decided=len(decided), right=sum(decided))


def _of_its_own(said: Said, precision: float, of_all: float | None) -> float | None:
    """Where its own texts are too few to be certain, that of all, and none lower than they bear out."""
    certain = _certain(said, precision)
    if certain is not None:
        return certain
    borne_out = _lowest(said, _share_of(precision))
    return max(of_all, borne_out) if of_all is not None and borne_out is not None else None


def _certain(said: Said, precision: float, times: int = 1) -> float | None:
    """`times`: as often each text is among them, which makes it no more certain."""
    return _lowest(said, lambda right, texts: right_at_least(right / times, texts / times) >= precision)


def right_at_least(right: float, texts: float) -> float:
    """The share that will be right, but for one chance in twenty: the lower end of Wilson's interval. 30 of 30 mean
    0.92, 52 of 52 mean 0.95."""
    share, square = right / texts, CERTAIN**2
    spread = CERTAIN * sqrt(share * (1 - share) / texts + square / (4 * texts**2))
    return (share + square / (2 * texts) - spread) / (1 + square / texts)


Enough = Callable[[int, int], bool]
"""Of how many that are right, and how many there are."""


def _share_of(precision: float) -> Enough:
    return lambda right, texts: right / texts >= precision


def _lowest(said: Said, is_enough: Enough) -> float | None:
    """The lowest probability from which on enough are right; None where there is none."""
    lowest: float | None = None
    right = 0
    ranked = sorted(said, key=lambda each: -each[0])
    for place, (probability, is_right) in enumerate(ranked, start=1):
        right += is_right
        is_last_of_its_kind = place == len(ranked) or ranked[place][0] < probability
        if is_last_of_its_kind and is_enough(right, place):
            lowest = probability
    return lowest


def calibration_error(said: Said) -> float:
    """By how much a probability is off on average."""
    return _off(_bins(said))


def _off(bins: Sequence[Bin]) -> float:
    return sum(each.texts * abs(each.said - each.right) for each in bins) / sum(each.texts for each in bins)


def _bins(said: Said) -> list[Bin]:
    groups: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for probability, is_right in said:
        groups[min(BINS - 1, int(probability * BINS))].append((probability, is_right))
    return [
        Bin(
            texts=len(group),
            said=sum(probability for probability, _ in group) / len(group),
            right=sum(is_right for _, is_right in group) / len(group),
        )
        for _, group in sorted(groups.items())
    ]
