"""What the classifier says of a text: the likeliest categories, whose it is, and whether it is sure enough."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import itemgetter

from pydantic import BaseModel, ConfigDict, Field

SUGGESTED = 3
"""So many categories are suggested."""

LEAST_WORTH_SUGGESTING = 0.02


ELSEWHERE = "*"
"""All entities without a threshold of their own; no id of one."""


class Thresholds(BaseModel):
    """From which probability on an entity's submissions are assigned without a person, so that `precision` of them are
    right; `wanted` says which share was set instead for an entity, or for `ELSEWHERE`. `of_all` holds for entities with
    too few texts of their own; None: nothing is sure enough."""

    model_config = ConfigDict(frozen=True)

    precision: float = Field(gt=0, lt=1)
    of_all: float | None = None
    of: dict[str, float | None] = {}
    wanted: dict[str, float] = {}

    def with_share(self, entity: str, precision: float, least: float | None) -> "Thresholds":
        """Where another share is wanted of one entity, or of all that have no threshold of their own."""
        wanted = self.wanted | {entity: precision}
        if entity == ELSEWHERE:
            return self.model_copy(update={"wanted": wanted, "of_all": least})
        return self.model_copy(update={"wanted": wanted, "of": self.of | {entity: least}})

    def share_wanted(self, entity: str) -> float:
        return self.wanted.get(entity, self.precision)

    def reached(self, entity: str, probability: float) -> bool:
        least = self.of.get(entity, self.of_all)
        return least is not None and probability >= least


@dataclass(frozen=True)
class Likely:
    """A category, who answers for it at this place (None where the place is not known or nobody here does), and how
    likely it is."""

    category: str
    entity: str | None
    probability: float


@dataclass(frozen=True)
class Verdict:
    """`entity` is the one that is likeliest over all its categories, `likeliest` the first of these; `category` is that
    one again, where it is likelier than the others of the entity together."""

    best: tuple[Likely, ...] = ()
    entity: str | None = None
    probability: float = 0.0
    likeliest: str | None = None
    category: str | None = None
    is_sure: bool = False


def verdict(
    probabilities: Iterable[tuple[str, float]], entity_of: Callable[[str], str | None], thresholds: Thresholds
) -> Verdict:
    """Of the probability of each category. What is left of 1 is of categories that are gone."""
    ranked = sorted(sorted(probabilities), key=itemgetter(1), reverse=True)
    entities = [entity_of(category) for category, _ in ranked]
    best = tuple(
        Likely(category, who, likely)
        for (category, likely), who in zip(ranked[:SUGGESTED], entities, strict=False)
        if likely >= LEAST_WORTH_SUGGESTING
    )
    of_entities: dict[str, float] = defaultdict(float)
    for (_, likely), who in zip(ranked, entities, strict=True):
        if who is not None:
            of_entities[who] += likely
    if not of_entities:
        return Verdict(best)
    entity = max(of_entities, key=lambda id: (of_entities[id], id))
    probability = min(1.0, of_entities[entity])
    first, likely = ranked[entities.index(entity)]
    category = first if likely > probability / 2 else None
    return Verdict(best, entity, probability, first, category, thresholds.reached(entity, probability))
