"""Finding many words and phrases in a text at once, with the particles that Arabic writes onto a word.

A phrase is found at the beginning of a word, and its last word may be continued (`salar` in "salaries"). In front of
any of its words the text may have و ف ب ل ك ال and their combinations. What a word of a text can begin is looked up
once and remembered, so that routing a text costs little more than splitting it, however many rules there are.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from shared.reference.spelling import normalised

_PARTICLES = re.compile("([وف])?(?:(لل)|([بكل])?(ال)?)")
_SHORTEST_STEM = 3
_SHORTEST_BEHIND_ARTICLE = 2
"""Letters left of a word behind its particles: a single one may belong to the word (بحر), an article hardly does."""

WORDS_REMEMBERED = 20_000
LONGEST_REMEMBERED = 40
"""Letters: longer ones are no words, and would fill the memory."""

Rest = tuple[str, ...]


@dataclass(frozen=True)
class _Begins:
    """Phrases by their first word: phrases of one word by number, longer ones with the words still to come."""

    whole: tuple[int, ...] = ()
    longer: tuple[tuple[Rest, int], ...] = ()


_NOTHING = _Begins()


class Phrases:
    """An index of phrases; each is known by the number it was added with."""

    def __init__(self, phrases: Iterable[tuple[str, int]]) -> None:
        self._single: dict[str, list[int]] = {}
        self._longer: dict[str, list[tuple[Rest, int]]] = {}
        self._remembered: dict[str, _Begins] = {}
        for phrase, number in phrases:
            first, *rest = normalised(phrase).split(" ")
            if rest:
                self._longer.setdefault(first, []).append((tuple(rest), number))
            else:
                self._single.setdefault(first, []).append(number)
        self._longest = max(map(len, self._single), default=0)

    def found_in(self, text: str) -> set[int]:
        """Numbers of the phrases in a normalised text."""
        found: set[int] = set()
        words = text.split(" ")
        for place, word in enumerate(words):
            begins = self._remembered.get(word)
            if begins is None:
                begins = self._look_up(word)
            if begins is _NOTHING:
                continue
            found.update(begins.whole)
            for rest, number in begins.longer:
                if number not in found and _continues(rest, words[place + 1 : place + 1 + len(rest)]):
                    found.add(number)
        return found

    def _look_up(self, word: str) -> _Begins:
        whole: list[int] = []
        longer: list[tuple[Rest, int]] = []
        for reading in readings(word):
            for length in range(1, min(len(reading), self._longest) + 1):
                whole += self._single.get(reading[:length], ())
            longer += self._longer.get(reading, ())
        begins = _Begins(tuple(whole), tuple(longer)) if whole or longer else _NOTHING
        if len(word) <= LONGEST_REMEMBERED:
            if len(self._remembered) >= WORDS_REMEMBERED:
                self._remembered.clear()
            self._remembered[word] = begins
        return begins


def _continues(rest: Rest, words: Sequence[str]) -> bool:
    if len(words) < len(rest):
        return False
    for reading in readings(words[-1]):
        if reading.startswith(rest[-1]):
            return all(wanted in readings(word) for wanted, word in zip(rest[:-1], words, strict=False))
    return False


def readings(word: str) -> tuple[str, ...]:
    """A word as it is written, and without the particles in front of it; لل also as ل before ال."""
    return (_remembered if len(word) <= LONGEST_REMEMBERED else _read)(word)


def _read(word: str) -> tuple[str, ...]:
    if not word or word[0] not in "وفبكلا":
        return (word,)
    found = [word]
    particles = _PARTICLES.match(word)
    assert particles is not None
    article = max(particles.end(2), particles.end(4))
    ends = {particles.end(group) for group in range(1, 5)}
    if particles.group(2):
        ends.add(article - 1)  # the second ل may be the word's own (للغة)
    for end in sorted(ends):
        shortest = _SHORTEST_BEHIND_ARTICLE if end == article else _SHORTEST_STEM
        if 0 < end <= len(word) - shortest:
            found.append(word[end:])
    if particles.group(2) and len(word) - article >= _SHORTEST_BEHIND_ARTICLE:
        found.append("ال" + word[article:])
    return tuple(found)


_remembered = lru_cache(maxsize=WORDS_REMEMBERED)(_read)
