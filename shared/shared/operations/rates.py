"""Rates as settings write them: `120/60` is 120 at once, and 120 more over each 60 seconds."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

RateText = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}/[1-9][0-9]{0,6}$")]


@dataclass(frozen=True)
class Rate:
    count: int
    seconds: int

    @classmethod
    def of(cls, text: str) -> "Rate":
        count, _, seconds = text.partition("/")
        return cls(int(count), int(seconds))
