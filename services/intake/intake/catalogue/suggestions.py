"""Suggests categories whose keywords or names occur in a text, in either language and any Arabic spelling.

It only offers choices to the writer; the router decides about the entity with rules and a text model.
"""

from collections import defaultdict
from collections.abc import Iterable

from shared.events.directory import CategoryChanged
from shared.reference.phrases import Phrases
from shared.reference.spelling import normalised

MOST_SUGGESTED = 3
SHORTEST_NAME = 4
"""The length from which a word of a category's name is distinctive."""

KEYWORD, NAME = 2, 1
"""A keyword weighs more than a word of a name, which may occur in any text (the school beside the pothole)."""


class Suggestions:
    """An index of one catalogue's category names and keywords."""

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
        """The most likely first; longer phrases weigh more than single words. Empty where nothing matches."""
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
