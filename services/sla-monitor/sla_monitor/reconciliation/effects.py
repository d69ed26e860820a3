"""Lists the effects that the SLA monitor states, and those it checks against other services' statements."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.events.statements import DeadlinesStated, StatedSubmission
from shared.events.topics import ASSIGNMENTS, DEADLINES, SUBMISSIONS
from shared.reconciliation.differences import Lack, Rule
from shared.reconciliation.statements import Stating
from shared.storage.aggregates import Document

from sla_monitor.clocks.store import CLOCKS

SETTLED = timedelta(seconds=60)
"""Grace period: an event this much older than a statement had reached the stating service."""


def is_open(document: Document) -> bool:
    return bool((document["state"].get("standing") or {}).get("is_open"))


def clock_of(document: Document, stated: StatedSubmission, read_at: datetime) -> Iterator[Lack]:
    """Every submission has a clock; every open one has a deadline, a pause, or an unknown clock."""
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
