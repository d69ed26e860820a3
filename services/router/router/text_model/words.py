"""A text as its words, each as it was written and as the model reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from router.text_model.text_normalisation import worded

WORDS_REMEMBERED, LONGEST_REMEMBERED = 20_000, 40
"""Most words of a text were in others before it. Longer ones are no words, and would fill the memory."""


@dataclass(frozen=True)
class Words:
    """Side by side: `written` without punctuation around them, `read` in one spelling. What was written as one word may
    be read as several."""

    written: Sequence[str]
    read: Sequence[str]

    @classmethod
    def of(cls, text: str) -> "Words":
        written: list[str] = []
        read: list[str] = []
        for word in text.split():
            bare, parts = (_remembered if len(word) <= LONGEST_REMEMBERED else _reading)(word)
            written += [bare] * len(parts)
            read += parts
        return cls(written, read)

    @cached_property
    def text(self) -> str:
        """What `worded` makes of the whole text."""
        return " ".join(self.read)


def _reading(word: str) -> tuple[str, tuple[str, ...]]:
    return _bare(word), tuple(worded(word).split())


_remembered = lru_cache(maxsize=WORDS_REMEMBERED)(_reading)


def _bare(word: str) -> str:
    first = next((place for place, letter in enumerate(word) if letter.isalnum()), 0)
    last = next((place for place in range(len(word) - 1, -1, -1) if word[place].isalnum()), len(word) - 1)
    return word[first : last + 1]
