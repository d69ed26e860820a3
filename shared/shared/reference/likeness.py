"""How alike two submissions are: by place, category, time and text; and by which keys those that may be are found.

A key is something that two of the same matter are likely to have in common and that few others have: a square of the
map, a block, a named place, a category, or a part of the words. Whether they are alike is then said by all they have.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from zlib import crc32

from shared.events.model import Location
from shared.reference.phrases import readings
from shared.reference.spelling import normalised

CELL_DEGREES = 0.005
"""About half a kilometre: with the squares around it, what is near enough is found."""

NEAR_METRES = 500.0
METRES_PER_DEGREE = 111_320.0
HALF_AS_ALIKE_AFTER_DAYS = 45.0
LIKE, SAME_TEXT = 0.5, 0.8
"""From which likeness on two are shown to each other's readers, and from which on the words alone are enough for two
whose points lie far apart."""

MOST_WORDS, LONGEST_WORD, LONGEST_STEM, SHORTEST_WORD = 200, 40, 6, 3
BANDS, ROWS = 4, 2

COMMON = frozenset(
    """
    the and for with this that there have has had was were are not from our your you they his her its will would can
    please since very all any but who what when where which been still only also near side just
    في من على الى عن ان هذا هذه ذلك التي الذي كان كانت لا ما لم لن قد كل بعد قبل عند مع او ثم هو هي نحن انا لي لنا
    يوجد وجود ارجو نرجو الرجاء جدا منذ حتى بين غير
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Traits:
    """The compared traits of a submission. `words` are hashes; `group` is the category above `category`."""

    received_at: datetime
    words: frozenset[int]
    category: str | None = None
    group: str | None = None
    lat: float | None = None
    lon: float | None = None
    block: str | None = None
    place: str | None = None

    @property
    def has_place(self) -> bool:
        return self.lat is not None or self.block is not None or self.place is not None

    def without_place(self) -> "Traits":
        return Traits(self.received_at, self.words, self.category, self.group)


@dataclass(frozen=True)
class Likeness:
    """From 0 to 1. `metres` where both have a point; None where one of them does not say what is compared."""

    score: float
    metres: int | None = None
    place: float | None = None
    category: float | None = None
    text: float | None = None


def traits(
    text: str, location: Location | None, category: str | None, received_at: datetime, parents: Mapping[str, str | None]
) -> Traits:
    at = location or Location()
    has_point = at.lat is not None and at.lon is not None
    return Traits(
        received_at=received_at,
        words=frozenset(_words(text)),
        category=category,
        group=parents.get(category or "") or category,
        lat=at.lat if has_point else None,
        lon=at.lon if has_point else None,
        block=at.block,
        place=at.place,
    )


def _words(text: str) -> Iterator[int]:
    words = normalised(text[:4_000]).split(" ")
    found = (_word(word[:LONGEST_WORD]) for word in words)
    return islice((word for word in found if word is not None), MOST_WORDS)


@lru_cache(maxsize=20_000)
def _word(word: str) -> int | None:
    """Its beginning, without what Arabic writes in front of it: how it is bent at the end does not matter."""
    bare = min(readings(word), key=len)
    if len(bare) < SHORTEST_WORD or word in COMMON or bare in COMMON:
        return None
    return crc32(bare[:LONGEST_STEM].encode())


def keys(of: Traits) -> tuple[str, ...]:
    """By which it is found, at most eight."""
    return (*place_keys(of), *category_keys(of), *text_keys(of))


def place_keys(of: Traits) -> Iterator[str]:
    if of.lat is not None and of.lon is not None:
        yield _cell(math.floor(of.lat / CELL_DEGREES), math.floor(of.lon / CELL_DEGREES))
    if of.block is not None:
        yield f"b{of.block}"
    if of.place is not None:
        yield f"p{of.place}"


def places_around(of: Traits) -> Iterator[str]:
    """The place keys of what may be near."""
    if of.lat is not None and of.lon is not None:
        row, column = math.floor(of.lat / CELL_DEGREES), math.floor(of.lon / CELL_DEGREES)
        yield from (_cell(row + up, column + right) for up in (-1, 0, 1) for right in (-1, 0, 1))
    yield from (key for key in place_keys(of) if not key.startswith("c"))


def category_keys(of: Traits) -> Iterator[str]:
    if of.category is not None:
        yield f"k{of.category}"


def text_keys(of: Traits) -> Iterator[str]:
    """Words fall by their hash into some bins; a band is the smallest of two of them. Of two texts that share most of
    their words, one band or more is the same."""
    smallest = [2**32] * (BANDS * ROWS)
    for word in of.words:
        place = word % len(smallest)
        smallest[place] = min(smallest[place], word)
    for band in range(BANDS):
        one, other = smallest[band * ROWS : band * ROWS + ROWS]
        if max(one, other) < 2**32:
            yield f"t{band}.{one:x}.{other:x}"


def _cell(row: int, column: int) -> str:
    return f"c{row}.{column}"


def likeness(one: Traits, other: Traits) -> Likeness:
    """A trait that neither has counts for nothing; where no place can be compared, the rest counts a little less."""
    metres, place = _near(one, other)
    category = _same_category(one, other)
    text = _alike(one.words, other.words)
    weighed = ((0.4, place), (0.2, category), (0.4, text))
    known = sum(weight for weight, value in weighed if value is not None)
    if not known or (place == 0 and (text or 0) < SAME_TEXT):
        return Likeness(0.0, metres, place, category, text)
    score = sum(weight * value for weight, value in weighed if value is not None) / known
    days = abs((one.received_at - other.received_at).total_seconds()) / 86_400
    score *= (0.75 + 0.25 * 0.5 ** (days / HALF_AS_ALIKE_AFTER_DAYS)) * (1 if place is not None else 0.85)
    return Likeness(round(score, 4), metres, place, category, text)


def _near(one: Traits, other: Traits) -> tuple[int | None, float | None]:
    if one.lat is not None and one.lon is not None and other.lat is not None and other.lon is not None:
        north = (one.lat - other.lat) * METRES_PER_DEGREE
        east = (one.lon - other.lon) * METRES_PER_DEGREE * math.cos(math.radians(one.lat))
        metres = math.hypot(north, east)
        return round(metres), max(0.0, 1 - metres / NEAR_METRES)
    if one.block is not None and other.block is not None:
        return None, 0.8 if one.block == other.block else 0.0
    if one.place is not None and other.place is not None:
        return None, 0.6 if one.place == other.place else 0.0
    return None, None


def _same_category(one: Traits, other: Traits) -> float | None:
    if one.category is None or other.category is None:
        return None
    if one.category == other.category:
        return 1.0
    return 0.4 if one.group == other.group else 0.0


def _alike(one: frozenset[int], other: frozenset[int]) -> float | None:
    if not one or not other:
        return None
    return len(one & other) / math.sqrt(len(one) * len(other))


def best(found: Iterable[tuple[str, Likeness]], most: int, least: float = LIKE) -> list[tuple[str, Likeness]]:
    """The ids that are alike enough, the likest first."""
    enough = [(id, like) for id, like in found if like.score >= least]
    return sorted(enough, key=lambda each: (-each[1].score, each[0]))[:most]
