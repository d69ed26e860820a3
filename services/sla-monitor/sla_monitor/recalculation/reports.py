"""Reads what was published, what it changed, and which open cases it moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.http.auth import Caller

from sla_monitor.access.errors import NotFound
from sla_monitor.calendars.changes import Change, changes_between
from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.clocks.moves import Move
from sla_monitor.clocks.store import Clocks
from sla_monitor.clocks.visibility import hidden_from
from sla_monitor.recalculation.moves import Tallies
from sla_monitor.recalculation.progress import Progress, progress_of
from sla_monitor.recalculation.store import MoveStore
from sla_monitor.timekeeping.reference import Reference


@dataclass(frozen=True)
class Publication:
    """A rulebook, and how it differs from the one before."""

    rulebook: Rulebook
    changes: Sequence[Change]


@dataclass(frozen=True)
class Report:
    """A publication, the open cases that it moved, and how many cases still have to be brought under it."""

    publication: Publication
    tallies: Tallies
    progress: Progress


class Reports:
    def __init__(self, reference: Reference, clocks: Clocks, moves: MoveStore) -> None:
        self.reference = reference
        self.clocks = clocks
        self.moves = moves

    def publication(self, version: int) -> Publication:
        """Return a publication or a report. Raises NotFound."""
        rulebooks = self.reference.rulebooks
        rulebook = rulebooks.get(version)
        if rulebook is None:
            raise NotFound
        return Publication(rulebook, changes_between(rulebooks.get(version - 1), rulebook))

    def publications(self, before: int | None, limit: int) -> tuple[list[Publication], int | None]:
        """Return a page, the newest first, and the `before` of the next page."""
        newest = self.reference.rulebooks.newest
        first = min(before or 2**31, newest.version) if newest else 0
        last = max(first - limit, 0)
        return [self.publication(version) for version in range(first, last, -1)], last or None

    async def report(self, version: int) -> Report:
        """Return a publication or a report. Raises NotFound."""
        publication = self.publication(version)
        # Progress is read before the tallies: a move that is published in between is counted, and not said to be due.
        progress = await progress_of(version, self.reference.rulebooks, self.clocks, self.moves)
        tallies = await self.moves.tallies(version, publication.rulebook.published_at)
        return Report(publication, tallies, progress)

    async def moved_cases(
        self, version: int, entity: str | None, after: str, limit: int, caller: Caller, now: datetime
    ) -> Sequence[Move]:
        """List the cases in the order of their ids, without confidential ones that are not confided to the caller."""
        hidden = await hidden_from(caller.subject, self.clocks, self.reference, now)
        return await self.moves.some(version, entity, after, limit, hidden)
