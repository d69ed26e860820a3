"""What the SLA monitor states of its clocks, and what it holds against the statements of the others."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.events.statements import DeadlinesStated, StatedSubmission
from shared.events.topics import ASSIGNMENTS, DEADLINES, SUBMISSIONS
from shared.reconciliation.differences import Lack, Rule
from shared.reconciliation.statements import Stating
from shared.storage.aggregates import Document

from sla_monitor.clocks.store import CLOCKS

SETTLED = timedelta(seconds=60)
"""What ended a clock so long before a statement was made had reached the one who made it as well."""


def is_open(document: Document) -> bool:
    return bool((document["state"].get("standing") or {}).get("is_open"))


def clock_of(document: Document, stated: StatedSubmission, read_at: datetime) -> Iterator[Lack]:
    """Each submission has a clock, and each that is open a deadline or a pause; or it is said that it is unknown."""
    state = document["state"]
    if state.get("unknown"):
        return
    standing = state.get("standing")
    if standing is None:
        yield Lack("clock")
        return
    newest = max((fact["time"] for fact in state.get("facts", ())), default=read_at)
    if stated.is_open and not standing.get("is_open") and newest < read_at - SETTLED:
        yield Lack("deadline")


STATING = Stating(CLOCKS, DEADLINES, DeadlinesStated, ["state.standing.is_open"], is_open=is_open)
RULES = (
    Rule(SUBMISSIONS, CLOCKS, ["state.standing", "state.unknown.since", "state.facts.time"], effects=clock_of),
    Rule(ASSIGNMENTS, CLOCKS),
)
