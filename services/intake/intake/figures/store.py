"""The read model of performance figures: the newest figures of each entity and year, one document each.

They arrive on the deadlines topic under keys of their own, which the batch consumer of submissions ignores. So they are
picked out of its batches first, and written only where they are newer: a repeated batch changes nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError
from shared.events.deadlines import PerformancePublished
from shared.events.envelope import Event, InvalidEvent, UnknownEventType, read_event
from shared.events.topics import DEADLINES
from shared.messaging.consumer import Record, retry_transient
from shared.reference.working_time import utc_now
from shared.storage.aggregates import DUPLICATE_KEY, Document

from intake.figures.model import YearFigures, combined_figures

COLLECTION = "figures"
OF_FIGURES = b":"
"""Occurs in the keys of figures, and in no submission id."""
READ_EVERY_SECONDS = 5.0

Take = Callable[[Sequence[Record]], Awaitable[None]]


class Figures:
    def __init__(self, collection: AsyncCollection[Document], topic_prefix: str, zone: ZoneInfo) -> None:
        self.collection = collection
        self.topic = topic_prefix + DEADLINES.name
        self.zone = zone
        self._year = 0
        self._figures: YearFigures | None = None

    def picked_out(self, take: Take) -> Take:
        """Wrap `take`: store the figures of a batch, then pass the batch on."""

        async def take_both(records: Sequence[Record]) -> None:
            ours = [record for record in records if record.topic == self.topic and OF_FIGURES in (record.key or b"")]
            if events := [event for record in ours if (event := _figures_in(record)) is not None]:
                await retry_transient(lambda: self._store(events))
            await take(records)

        return take_both

    def of_this_year(self, now: datetime) -> YearFigures | None:
        """The figures read last. The start page needs no database for them."""
        return self._figures if self._year == now.astimezone(self.zone).year else None

    async def keep_reading(self) -> None:
        """Runs for ever."""
        while True:
            year = utc_now().astimezone(self.zone).year
            found = self.collection.find({"figures.period": f"{year:04}"})
            self._figures = combined_figures(
                [PerformancePublished.model_validate(each["figures"]) async for each in found]
            )
            self._year = year
            await asyncio.sleep(READ_EVERY_SECONDS)

    async def _store(self, events: Sequence[Event]) -> None:
        newest = {event.key: event for event in sorted(events, key=lambda event: event.sequence)}
        operations = [
            UpdateOne(
                {"_id": event.key, "sequence": {"$lt": event.sequence}},
                {"$set": {"sequence": event.sequence, "figures": event.data.model_dump(mode="json")}},
                upsert=True,
            )
            for event in newest.values()
        ]
        try:
            await self.collection.bulk_write(operations, ordered=False)
        except BulkWriteError as error:
            # If newer figures are stored, the upsert fails with a duplicate key.
            faults = error.details.get("writeErrors", [])
            if not faults or any(fault.get("code") != DUPLICATE_KEY for fault in faults):
                raise


def _figures_in(record: Record) -> Event | None:
    """None for messages that the consumer ignores or sets aside."""
    try:
        event = read_event(DEADLINES, record.key, record.value, record.headers)
    except (InvalidEvent, UnknownEventType):
        return None
    return event if isinstance(event.data, PerformancePublished) else None
