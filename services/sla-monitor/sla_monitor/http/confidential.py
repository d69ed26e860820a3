"""What is confidential stands on no list for whom it is not confided to."""

from datetime import datetime

from sla_monitor.clocks.commands import Reference
from sla_monitor.clocks.store import Clocks


async def hidden_from(
    reader: str, clocks: Clocks, reference: Reference, now: datetime, submission: str | None = None
) -> set[str]:
    """The submissions that do not exist for this official; whether `submission` is one, where it is named. Of which
    nobody can tell whose they are, exist for nobody."""
    directory = reference.directory
    names = directory.stands_for(reader, now)
    return {
        hidden
        for hidden, stands in await clocks.confidential(submission)
        if stands is None or not directory.may_read(names, stands.confided, stands.entity)
    }
