"""Reference numbers as people type them: whole or only their beginning."""

import re

from shared.reference.spelling import ascii_digits

LIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V", "-": None, " ": None})
"""Letters that a reference number does not have, and what they are taken for."""

FEWEST = 3
_NUMBER = re.compile("([0-9A-Z]{1,5})([0-9A-Z]{0,5})([0-9]{0,2})")
"""Two halves, and of a part of another entity its number among the parts."""


def beginning_of(typed: str) -> str | None:
    """How the reference numbers begin that a person means; None where it cannot be one, or says too little."""
    letters = ascii_digits(typed).strip().upper().translate(LIKE)
    pieces = _NUMBER.fullmatch(letters)
    return "-".join(filter(None, pieces.groups())) if pieces is not None and len(letters) >= FEWEST else None
