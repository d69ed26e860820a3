"""Reads one submission's clock for an official or for its author."""

from dataclasses import dataclass
from datetime import datetime

from shared.http.auth import Caller
from shared.messaging.consumer import RetryLater
from shared.storage.aggregates import StoredAggregate

from sla_monitor.access.errors import NotFound, TryAgain
from sla_monitor.access.policy import require_entity
from sla_monitor.clocks.record import ClockRecord
from sla_monitor.clocks.store import Clocks
from sla_monitor.deadlines.unknown import Unknown
from sla_monitor.timekeeping.model import Clock, read_clock
from sla_monitor.timekeeping.reference import Reference


@dataclass(frozen=True)
class ComputedClock:
    """A clock as of `at`; `version` is that of its document."""

    version: int
    record: ClockRecord
    clock: Clock
    at: datetime


@dataclass(frozen=True)
class UnknownClock:
    """A case that has no known due time for now."""

    version: int
    record: ClockRecord
    unknown: Unknown


async def clock_for_official(
    clocks: Clocks, reference: Reference, submission: str, caller: Caller, now: datetime
) -> ComputedClock | UnknownClock:
    """Raises NotAllowed for officials of other entities, also where there is no such case, so that they learn nothing;
    NotFound, also where the case is confidential and not confided to the caller; TryAgain."""
    found = await clocks.find(submission)
    standing = (found.state.unknown or found.state.standing) if found and found.state else None
    require_entity(caller, standing.entity if standing else None)
    directory = reference.directory
    names = directory.stands_for(caller.subject, now)
    if standing is not None and not directory.may_read(names, standing.confided, standing.entity):
        raise NotFound
    return _read(found, reference, now)


async def clock_for_author(
    clocks: Clocks, reference: Reference, submission: str, now: datetime
) -> ComputedClock | UnknownClock:
    """For a browser whose session may open the submission. Raises NotFound and TryAgain."""
    return _read(await clocks.find(submission), reference, now)


def _read(
    found: StoredAggregate[ClockRecord] | None, reference: Reference, now: datetime
) -> ComputedClock | UnknownClock:
    if found is None or found.state is None:
        raise NotFound
    if found.state.unknown is not None:
        return UnknownClock(found.version, found.state, found.state.unknown)
    try:
        rules = reference.rules(found.state.rulebook)
    except RetryLater as error:
        raise TryAgain from error
    clock = read_clock(found.state.facts, rules, now)
    if clock is None:
        raise NotFound
    return ComputedClock(found.version, found.state, clock, now)
