"""Libraries that say the same again and again in an outage: heard a few times, then counted.

A broker that is down makes a Kafka client warn 150 times a second and process: a night of that fills a disk and hides
everything else.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

HEARD = 5
EACH_SECONDS = 10.0


@dataclass
class _Said:
    since: float
    times: int = 0


class RepeatLimit(logging.Filter):
    """Lets one place of the code speak so often in so many seconds; what comes next says how many were left out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, int], _Said] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now, place = self._clock(), (record.pathname, record.lineno)
        said = self._said.get(place)
        if said is None or now - said.since >= EACH_SECONDS:
            if said is not None and said.times > HEARD:
                record.left_out = said.times - HEARD
            said = self._said[place] = _Said(now)
        said.times += 1
        return said.times <= HEARD
