"""Events of the other services, given to their use cases."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from shared.aggregates import Decision
from shared.directory import Directory
from shared.events.deadlines import PerformancePublished
from shared.events.envelope import Event
from shared.messaging import Handler, Record
from shared.topics import ASSIGNMENTS, DEADLINES, SUBMISSIONS

from notifier.domain.case import Case
from notifier.domain.table import Table
from notifier.use_cases.tell import EVENT_TYPES, tell

TOPICS = (SUBMISSIONS, ASSIGNMENTS, DEADLINES)


def handlers(table: Table) -> dict[type, Handler[Case]]:
    """One for all: what differs between event types stands in the table."""

    def on_fact(case: Case | None, event: Event, directory: Directory, now: datetime) -> Decision[Case]:
        return tell(case, event, directory, table, now)

    return {model: on_fact for model in EVENT_TYPES.values() if model is not PerformancePublished}


def then(
    take: Callable[[Sequence[Record]], Awaitable[None]], wake: Callable[[], None]
) -> Callable[..., Awaitable[None]]:
    """Take a batch, then wake who acts on it."""

    async def _take(records: Sequence[Record]) -> None:
        await take(records)
        wake()

    return _take
