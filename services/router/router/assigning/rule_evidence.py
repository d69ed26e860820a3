"""Evidence for rules that decide by words: how often each fires on labelled texts, and how often it is right.

A word is said in passing as easily as it is meant. Such a rule decides while what it says is shown to be right as often
as decisions must be; below that it is a clue, and the classifier or a person decides. Rules without words are not in
question: nobody mentions a channel or the time in passing.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict
from shared.reference.phrases import Phrases
from shared.reference.spelling import normalised

from router.directory.model import Category, Country, Rule
from router.text_model.scores import right_at_least


class RuleEvidence(BaseModel):
    """How one rule did on the labelled texts: its words are in `hits` of them, and `right` of these belong to the
    entity it names. `of` is a digest of the rule that was judged; a changed rule has no evidence until it is
    judged again."""

    model_config = ConfigDict(frozen=True)

    of: str
    hits: int
    right: int

    @property
    def least(self) -> float:
        """The share that will be right, but for one chance in twenty."""
        return right_at_least(self.right, self.hits) if self.hits else 0.0


def by_words(rule: Rule) -> bool:
    """An area, a channel or a time beside them does not make words less said in passing; a chosen category does."""
    return bool(rule.when.words) and not rule.when.categories


def digest_of_rule(rule: Rule) -> str:
    return hashlib.sha256(rule.model_dump_json(exclude={"name"}).encode()).hexdigest()[:16]


def evidence(country: Country, texts: Sequence[tuple[str, str]]) -> dict[str, RuleEvidence]:
    """By rule, of those that decide by words. `texts`: each with the category it belongs to. A category kept by
    area is as right as another with the same entities: where a text is, says its place and not its words."""
    categories = {category.id: category for category in country.categories}
    rules = [rule for rule in country.rules if by_words(rule)]
    phrases = Phrases((word, number) for number, rule in enumerate(rules) for word in rule.when.words)
    hits: dict[int, int] = defaultdict(int)
    right: dict[int, int] = defaultdict(int)
    for text, label in texts:
        for number in set(phrases.found_in(normalised(text))):
            hits[number] += 1
            right[number] += _leads_to(rules[number], categories, label)
    return {
        rule.id: RuleEvidence(of=digest_of_rule(rule), hits=hits[number], right=right[number])
        for number, rule in enumerate(rules)
    }


def unproven(rules: Iterable[Rule], known: Mapping[str, RuleEvidence], precision: float) -> frozenset[str]:
    """The rules that decide by words and are not shown to be right so often."""
    return frozenset(rule.id for rule in rules if by_words(rule) and not _is_proven(rule, known, precision))


def _is_proven(rule: Rule, known: Mapping[str, RuleEvidence], precision: float) -> bool:
    found = known.get(rule.id)
    return found is not None and found.of == digest_of_rule(rule) and found.least >= precision


def _leads_to(rule: Rule, categories: Mapping[str, Category], label: str) -> bool:
    truth = categories.get(label)
    if truth is None:
        return False
    if rule.then.entity is not None:
        return rule.then.entity == truth.entity or rule.then.entity in truth.entity_by_area.values()
    named = categories.get(rule.then.category or "")
    return named is not None and (named.entity, named.entity_by_area) == (truth.entity, truth.entity_by_area)
