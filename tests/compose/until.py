"""Waiting for what containers come to, in checks that run one after the other."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], tuple[bool, T]], patience: float, every: float) -> T:
    """What `look` found last: as soon as it says that this is it, or when patience (seconds) has ended."""
    deadline = time.monotonic() + patience
    while True:
        is_it, found = look()
        if is_it or time.monotonic() > deadline:
            return found
        time.sleep(every)
