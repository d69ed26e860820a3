"""Checks of what must hold at the end, whatever was killed: each yields differences between ledger and system."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.faults.observed import World


@dataclass(frozen=True)
class Difference:
    """`sort` names the promise that was broken, `about` the submission, key or process."""

    sort: str
    about: str
    what: str


Check = Callable[[World], Iterator[Difference]]
