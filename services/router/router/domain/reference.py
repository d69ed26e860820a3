"""Reference numbers as people type them: whole or only their beginning."""

import re

LIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V", "-": None, " ": None})
"""Letters that a reference number does not have, and what they are taken for."""

FEWEST, MOST = 3, 10
HALF = 5


def beginning_of(typed: str) -> str | None:
    """How the reference numbers begin that a person means; None where it cannot be one, or says too little."""
    letters = typed.strip().upper().translate(LIKE)
    if not FEWEST <= len(letters) <= MOST or not re.fullmatch("[0-9A-Z]+", letters):
        return None
    return letters if len(letters) <= HALF else f"{letters[:HALF]}-{letters[HALF:]}"
