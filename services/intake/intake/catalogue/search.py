"""Searches categories in both languages and in any Arabic spelling."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from shared.events.directory import CategoryChanged
from shared.reference.phrases import readings
from shared.reference.spelling import normalised

WORDS_ASKED = 8
MOST_FOUND = 12
SHORTEST_ALONE = 3
"""The length from which a word counts although the others match nothing."""

NAME, KEYWORD, AROUND = 4, 2, 1
"""The score of a match by where it stands: name, description or group name."""


def search(categories: Mapping[str, CategoryChanged], typed: str) -> list[CategoryChanged]:
    """Selectable categories that contain every word, or else any of the words; best matches first."""
    asked = normalised(typed).split()[:WORDS_ASKED]
    worth: dict[str, list[int]] = {}
    for id, category in categories.items():
        group = categories.get(category.parent or "")
        if category.active and group is not None:
            worth[id] = [_worth(word, category, group) for word in asked]
    found = {id: sum(of_words) for id, of_words in worth.items() if of_words and all(of_words)}
    if not found:
        alone = [len(word) >= SHORTEST_ALONE for word in asked]
        found = {
            id: sum(number for number, counts in zip(of_words, alone, strict=True) if counts)
            for id, of_words in worth.items()
        }
    best = sorted((id for id, number in found.items() if number), key=lambda id: (-found[id], id))
    return [categories[id] for id in best[:MOST_FOUND]]


def _worth(word: str, category: CategoryChanged, group: CategoryChanged) -> int:
    keywords = (*category.keywords.ar, *category.keywords.en)
    about = [category.description] if category.description else []
    around = [text for name in (group.name, *about) for text in (name.ar, name.en)]
    places = ((NAME, (category.name.ar, category.name.en)), (KEYWORD, keywords), (AROUND, around))
    return next((worth for worth, texts in places if _begins(word, texts)), 0)


def _begins(word: str, texts: Iterable[str]) -> bool:
    asked = readings(word)
    if word.isascii() and word.endswith("s") and len(word) > SHORTEST_ALONE:
        asked = (*asked, word[:-1])
    return any(said.startswith(asked) for text in texts for said in _words(text))


@lru_cache(maxsize=20_000)
def _words(text: str) -> frozenset[str]:
    """Cached. Only texts of the catalogue are passed in, so the cache stays small."""
    return frozenset(reading for word in normalised(text).split() for reading in readings(word))
