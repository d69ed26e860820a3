"""Text that people write: trimmed, without control characters, of a bounded length."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints

FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""All control characters but tab and line feed."""


def _without_control_characters(text: str) -> str:
    clean = FORBIDDEN.sub("", text)
    if not clean.strip():
        raise ValueError("there is nothing to read")
    return clean


def free_text(longest: int) -> Any:
    """Text of a person: trimmed, without control characters, 1 to `longest` characters."""
    return Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=longest),
        AfterValidator(_without_control_characters),
    ]
