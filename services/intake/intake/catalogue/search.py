"""Searching the catalogue: categories by what people call a matter, in either language and any Arabic spelling."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from shared.events.directory import CategoryChanged
from shared.reference.phrases import readings
from shared.reference.spelling import normalised

WORDS_ASKED = 8
MOST_FOUND = 12
SHORTEST_ALONE = 3
"""Letters of a word that finds something although others find nothing."""

NAME, KEYWORD, AROUND = 4, 2, 1
"""What it is worth to be found there; around a name stand its description and the name of its group."""


def search(categories: Mapping[str, CategoryChanged], typed: str) -> list[CategoryChanged]:
    """Those that can be chosen and have every word; where none has, those that have any. The best are first."""
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
    """Of the catalogue's own texts, so there is an end to them."""
    return frozenset(reading for word in normalised(text).split() for reading in readings(word))
