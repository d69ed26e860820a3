"""What a batch has just planned: claimed as it is, as long as a look has shown that nothing older waits.

A look for what is due costs as much as telling one thing. It is made now and then, and whenever something else may be
due; what is forgotten here is found by it.
"""

import time
from collections.abc import Collection, Sequence

from shared.aggregates import Document

from notifier.domain.notifications import Notification
from notifier.repository import read_notification


class Planned:
    """`at_most`: what one claim takes; more are not kept, however long nothing can be claimed."""

    def __init__(self, at_most: int, look_every_seconds: float) -> None:
        self.at_most = at_most
        self.look_every_seconds = look_every_seconds
        self._documents: dict[str, Document] = {}
        self._looks_at = float("-inf")

    def add(self, planned: Sequence[Document]) -> None:
        self._documents |= {document["_id"]: document for document in planned}
        if len(self._documents) > self.at_most:
            self._documents.clear()
            self.look_next()

    def look_next(self) -> None:
        """Something else may be due."""
        self._looks_at = float("-inf")

    def looks(self) -> None:
        """A look begins: what comes due during it may be seen or not."""
        self._looks_at = time.monotonic() + self.look_every_seconds

    @property
    def pause(self) -> float:
        """Seconds until the next look, unless something is planned before."""
        return max(0.0, self._looks_at - time.monotonic())

    def take(self, limit: int, but_not: Collection[str]) -> list[Notification]:
        """What can be claimed without a look; nothing where it is time for one."""
        planned, self._documents = self._documents, {}
        if not self.pause or len(planned) > limit:
            return []
        return [read_notification(document) for id, document in planned.items() if id not in but_not]
