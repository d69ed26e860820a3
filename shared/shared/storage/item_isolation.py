"""Isolates failing items of a worker: a failing item is skipped and retried; the others continue."""

import contextlib
import logging
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

from shared.operations.metrics import LEFT_BEHIND
from shared.storage.aggregates import Conflict, Document
from shared.storage.mongo import is_transient

logger = logging.getLogger(__name__)

PASSED_OVER_SECONDS = 60.0

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


@contextlib.contextmanager
def isolate_item(worker: str, id: str, failed: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Log and count a failing item and go on; it is tried again the next time. A database outage is raised: then all
    wait."""
    try:
        yield
    except Conflict:
        logger.info("it changed meanwhile", extra={"id": id, "worker": worker})
    except Exception as error:
        if is_transient(error):
            raise
        failed()
        _leave_behind(worker, id)


def read_each(worker: str, documents: Iterable[Document], read: Callable[[Document], T]) -> list[T]:
    """Read each document in order; an unreadable one is logged, counted and left out."""
    found: list[T] = []
    for document in documents:
        try:
            found.append(read(document))
        except Exception:  # whatever it is that a reader stumbles over
            _leave_behind(worker, str(document["_id"]))
    return found


def _leave_behind(worker: str, id: str) -> None:
    LEFT_BEHIND.labels(worker).inc()
    logger.exception("one of many was left behind", extra={"id": id, "worker": worker})


class SkippedItems(Generic[K]):
    """Failed items of a worker that takes so many at a time in a fixed order. Each is skipped for a minute while the
    worker asks for as many more, so that items behind failing ones have their turn."""

    def __init__(self, worker: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: in seconds."""
        self._worker = worker
        self._clock = clock
        self._until: dict[K, float] = {}

    def beside(self, most: int) -> int:
        """How many to ask for, where so many are to be new."""
        now = self._clock()
        self._until = {id: until for id, until in self._until.items() if now < until}
        return most + len(self._until)

    def without(self, ids: Sequence[K]) -> list[K]:
        return [id for id in ids if id not in self._until]

    def pass_over(self, id: K) -> None:
        self._until[id] = self._clock() + PASSED_OVER_SECONDS

    def one(self, id: K) -> AbstractContextManager[None]:
        """As `one_of_many`."""
        return isolate_item(self._worker, str(id), lambda: self.pass_over(id))
