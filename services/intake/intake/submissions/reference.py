"""Reference numbers: public, short, read aloud over a phone without mistakes."""

import hashlib
from collections.abc import Iterable
from operator import mul

from shared.reference.spelling import ascii_digits

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U."""

DATA_LETTERS = 9
SHIFTS = tuple(range(5 * (DATA_LETTERS - 1), -1, -5))
WEIGHTS = tuple(range(1, 2 * DATA_LETTERS, 2))
LIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V", "-": None, " ": None})


def reference_number(submission_id: str, attempt: int = 0) -> str:
    """Formats `XXXXX-XXXXX`: 45 bits of the id's hash and a check letter. Another attempt gives another number."""
    digest = hashlib.sha256(f"{submission_id}/{attempt}".encode()).digest()
    number = int.from_bytes(digest[:8]) >> (64 - 5 * DATA_LETTERS)
    values = [number >> shift & 31 for shift in SHIFTS]
    whole = "".join([ALPHABET[value] for value in (*values, _check(values))])
    return f"{whole[:5]}-{whole[5:]}"


def normalised(typed: str) -> str | None:
    """The reference number in normal form, or None where the check letter does not match."""
    letters = ascii_digits(typed).strip().upper().translate(LIKE)
    if len(letters) != DATA_LETTERS + 1 or any(letter not in ALPHABET for letter in letters):
        return None
    *values, check = map(ALPHABET.index, letters)
    if _check(values) != check:
        return None
    return f"{letters[:5]}-{letters[5:]}"


def _check(values: Iterable[int]) -> int:
    """Odd weights detect every single wrong letter; different weights of neighbours detect most swaps."""
    return int(sum(map(mul, WEIGHTS, values))) % 32
