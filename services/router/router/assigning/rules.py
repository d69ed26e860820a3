"""Where a submission goes, and why: ordered rules, the first that matches decides, the last is triage."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from shared.events.model import Channel, Kind, Location, Priority
from shared.reference.phrases import Phrases
from shared.reference.spelling import normalised

from router.assigning.reasons import chosen_category, danger_read, no_place, no_rule, other_rule, words_in_text
from router.assigning.weekly_times import Weekly, weekly
from router.cases.model import Suggested
from router.directory.model import Category, Country, Rule, When


@dataclass(frozen=True)
class Where:
    """In which area a submission lies, and where it is by what its author wrote, where nothing more exact was said."""

    area: str | None = None
    understood: Location | None = None


@dataclass(frozen=True)
class RoutingInput:
    """What routing looks at. `area` is where the submission's location lies, None where that is not known; `at` when it
    was received, in the country's zone."""

    text: str
    kind: Kind
    channel: Channel
    language: str
    category: str | None = None
    area: str | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Route:
    """The answer. With `triage` set, `entity` is the central office and a person decides; `is_open` where that is only
    so because no rule matched: then the classifier may decide."""

    entity: str
    reason: str
    rule: str | None
    triage: bool = False
    is_open: bool = False
    category: str | None = None
    priority: Priority = Priority.NORMAL
    words: tuple[str, ...] = ()
    decided_by: Literal["rule", "classifier"] = "rule"
    probability: float | None = None
    model_version: int | None = None
    suggested: Suggested | None = None
    where: Where = Where()


@dataclass(frozen=True)
class _Target:
    entity: str
    category: Category | None = None


@dataclass(frozen=True)
class _Compiled:
    """One rule, ready to be asked. `words` maps the numbers of its phrases to how its author wrote them."""

    rule: Rule
    kinds: frozenset[Kind]
    channels: frozenset[Channel]
    areas: frozenset[str]
    categories: frozenset[str]
    times: tuple[Weekly, ...] = ()
    words: dict[int, str] = field(default_factory=dict)

    def words_found(self, asked: RoutingInput, found: set[int]) -> tuple[str, ...] | None:
        """The words that speak for this rule; None where it does not match."""
        if self.kinds and asked.kind not in self.kinds:
            return None
        if self.channels and asked.channel not in self.channels:
            return None
        if self.areas and asked.area not in self.areas:
            return None
        if self.categories and asked.category not in self.categories:
            return None
        if self.times and not (asked.at and any(time.holds(asked.at) for time in self.times)):
            return None
        if not self.words:
            return ()
        return tuple(self.words[number] for number in sorted(found & self.words.keys())) or None


class Routing:
    """A country's rules and catalogue, compiled once per publication. The country has no faults (`domain.checks`)."""

    def __init__(self, country: Country) -> None:
        self.central = next(entity.id for entity in country.entities if entity.kind == "central")
        self._categories = {category.id: category for category in country.categories}
        self._names = {entity.id: entity.name for entity in country.entities}
        below = _descendants(country)
        numbered: list[tuple[str, int]] = []
        self._rules: list[_Compiled] = []
        self._always: set[int] = set()
        self._rule_of: list[int] = []
        for place, rule in enumerate(country.rules):
            if not rule.when.words:
                self._always.add(place)
            self._rule_of += [place] * len(rule.when.words)
            words = dict(enumerate(rule.when.words, start=len(numbered)))
            numbered.extend((word, number) for number, word in words.items())
            categories = frozenset(leaf for id in rule.when.categories for leaf in below(id))
            self._rules.append(
                _Compiled(
                    rule,
                    frozenset(rule.when.kinds),
                    frozenset(rule.when.channels),
                    frozenset(rule.when.areas),
                    categories,
                    tuple(map(weekly, rule.when.times)),
                    words,
                )
            )
        self._phrases = Phrases(numbered)

    def serves(self, entity: str) -> bool:
        """Whether the directory has this entity."""
        return entity in self._names

    def leaf(self, category: str | None) -> Category | None:
        """A category that a submission may have: known, and no group."""
        found = self._categories.get(category) if category is not None else None
        return found if found is not None and (found.entity or found.entity_by_area) else None

    def route(self, asked: RoutingInput, clues: frozenset[str] = frozenset()) -> Route:
        """The first rule that matches and can name an entity decides. `clues` are rules that do not: what they say of
        danger is shown to a person at once."""
        found = self._phrases.found_in(normalised(asked.text))
        without_place: Category | None = None
        for place in sorted(self._always.union(self._rule_of[number] for number in found)):
            compiled = self._rules[place]
            words = compiled.words_found(asked, found)
            if words is None:
                continue
            rule = compiled.rule
            if rule.then.triage:
                reason = no_place(without_place, asked.language) if without_place else no_rule(asked.language)
                is_open = without_place is None and rule.when == When()
                return Route(self.central, reason, rule.id, triage=True, is_open=is_open)
            category = self.leaf(asked.category if rule.then.catalogue else rule.then.category)
            target = self._target(rule, category, asked.area)
            if target is None:
                without_place = without_place or (category if rule.id not in clues else None)
                continue
            if rule.id in clues:
                if target.category is not None and target.category.priority is Priority.URGENT:
                    return self.in_danger(asked.language, rule.id, words)
                continue
            return self._decided(rule, target, words, asked.language)
        raise AssertionError("the last rule is triage")

    def in_danger(self, language: str, rule: str | None = None, words: tuple[str, ...] = ()) -> Route:
        """To a person at the central office, first of all."""
        reason = danger_read(words, language)
        return Route(self.central, reason, rule, triage=True, priority=Priority.URGENT, words=words)

    def _target(self, rule: Rule, category: Category | None, area: str | None) -> _Target | None:
        if rule.then.entity is not None:
            return _Target(rule.then.entity)
        if category is None:
            return None
        entity = category.entity or category.entity_by_area.get(area or "")
        return _Target(entity, category) if entity else None

    def _decided(self, rule: Rule, target: _Target, words: tuple[str, ...], language: str) -> Route:
        category = target.category
        if rule.then.catalogue and category is not None:
            reason = chosen_category(category, language)
        elif words:
            reason = words_in_text(rule, words, language)
        else:
            reason = other_rule(rule, language)
        return Route(
            target.entity,
            reason,
            rule.id,
            category=category.id if category else None,
            priority=category.priority if category else Priority.NORMAL,
            words=words,
        )


def _descendants(country: Country) -> Callable[[str], Iterator[str]]:
    """A function from a category to itself and all below it: a rule on a group holds for its leaves."""
    children: dict[str | None, list[str]] = {}
    for category in country.categories:
        children.setdefault(category.parent, []).append(category.id)

    def below(id: str) -> Iterator[str]:
        yield id
        for child in children.get(id, ()):
            yield from below(child)

    return below
