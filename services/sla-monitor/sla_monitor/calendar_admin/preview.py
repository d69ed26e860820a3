"""Previews a rulebook before it is published, by computing every open case under it."""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from datetime import datetime

from shared.storage.aggregates import StoredAggregate

from sla_monitor.calendars.changes import Change, changes_between
from sla_monitor.calendars.rulebook import Rulebook, Rules
from sla_monitor.clocks.moves import Move, move_of
from sla_monitor.clocks.record import ClockRecord, standing_of
from sla_monitor.clocks.store import Clocks
from sla_monitor.clocks.visibility import hidden_from
from sla_monitor.recalculation.moves import Tallies
from sla_monitor.timekeeping.model import read_clock
from sla_monitor.timekeeping.reference import Reference

logger = logging.getLogger(__name__)

MOST_SECONDS = 10.0
MOST_EXAMPLES = 100
AT_ONCE = 20
"""Cases to compute before other tasks of this process get a turn."""


@dataclass
class Preview:
    """`looked_at` of `open` cases were computed in the time there was, those due first; `examples` are some of them.
    `failed` could not be computed and would keep their due times; the log has the reason of the first."""

    changes: list[Change]
    tallies: Tallies
    open: int
    looked_at: int = 0
    failed: int = 0
    examples: list[Move] = field(default_factory=list)


async def preview(
    following: Rulebook,
    clocks: Clocks,
    reference: Reference,
    now: datetime,
    reader: str,
    seconds: float = MOST_SECONDS,
) -> Preview:
    """Compute open cases under `following`, as if it were published at `now`. Confidential cases that `reader` may not
    see are counted, but are no examples."""
    rules = reference.rulebooks.rules
    if rules is None:  # the first of all: no clock runs yet
        return Preview(changes_between(None, following), Tallies(now), 0)
    would_be = rules.followed_by(following)
    found = Preview(changes_between(rules.newest, following), Tallies(now), await clocks.count_all_open())
    hidden = await hidden_from(reader, clocks, reference, now)
    ends = time.monotonic() + seconds
    async for document in clocks.open_by_due(found.open):
        found.looked_at += 1
        try:
            move = _moved(clocks.read(document), rules, would_be, now)
        except Exception:
            move = None
            if not found.failed:  # one is enough to find out why
                logger.exception("clock not read by other rules", extra={"id": document["_id"]})
            found.failed += 1
        if move is not None:
            found.tallies.count(move)
            if len(found.examples) < MOST_EXAMPLES and move.submission not in hidden:
                found.examples.append(move)
        if found.looked_at % AT_ONCE == 0:
            if time.monotonic() > ends:
                break
            await asyncio.sleep(0)
    return found


def _moved(clock: StoredAggregate[ClockRecord], rules: Rules, would_be: Rules, now: datetime) -> Move | None:
    assert clock.state is not None
    before, after = (read_clock(clock.state.facts, each, now) for each in (rules, would_be))
    if before is None or after is None:
        return None
    return move_of(clock.id, standing_of(before), standing_of(after))
