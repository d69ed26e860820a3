"""Hides confidential submissions from officials to whom they are not confided."""

from datetime import datetime

from sla_monitor.clocks.store import Clocks
from sla_monitor.timekeeping.reference import Reference


async def hidden_from(
    reader: str, clocks: Clocks, reference: Reference, now: datetime, submission: str | None = None
) -> set[str]:
    """Return the submissions that this official may not see; only `submission` is checked where it is given. A
    submission whose entity cannot be read is hidden from everybody."""
    directory = reference.directory
    names = directory.stands_for(reader, now)
    return {
        hidden
        for hidden, stands in await clocks.confidential(submission)
        if stands is None or not directory.may_read(names, stands.confided, stands.entity)
    }
