"""Suggesting categories for a text: those whose own words stand in it, in either language and any Arabic spelling.

The router decides whose a submission is, with rules and more; this only offers its writer what to choose from.
"""

from collections import defaultdict
from collections.abc import Iterable

from shared.events.directory import CategoryChanged
from shared.reference.phrases import Phrases
from shared.reference.spelling import normalised

MOST_SUGGESTED = 3
SHORTEST_NAME = 4
"""Letters of a category's name that says something by itself."""

KEYWORD, NAME = 2, 1
"""A keyword is there to tell a matter; of a name a single word may stand in any text (the school beside the hole)."""


class Suggestions:
    """An index of what the categories of one catalogue are called and known by."""

    def __init__(self, categories: Iterable[CategoryChanged]) -> None:
        self._known: list[tuple[str, int]] = []
        self._phrases = Phrases(
            (phrase, self._number(category.category, worth * len(normalised(phrase).split())))
            for category in categories
            if category.active and category.parent is not None
            for worth, phrases in _words(category)
            for phrase in phrases
            if normalised(phrase)
        )

    def of(self, text: str) -> list[str]:
        """The likeliest first; a longer phrase says more than a single word. None where no word is known."""
        worth: dict[str, int] = defaultdict(int)
        for number in self._phrases.found_in(normalised(text)):
            category, more = self._known[number]
            worth[category] += more
        return sorted(worth, key=lambda category: (-worth[category], category))[:MOST_SUGGESTED]

    def _number(self, category: str, worth: int) -> int:
        self._known.append((category, worth))
        return len(self._known) - 1


def _words(category: CategoryChanged) -> Iterable[tuple[int, Iterable[str]]]:
    yield KEYWORD, (*category.keywords.ar, *category.keywords.en)
    yield NAME, (name for name in (category.name.ar, category.name.en) if len(name) >= SHORTEST_NAME)
