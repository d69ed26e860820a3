"""Decides what a clock publishes when a fact arrives, when its next moment comes, or when the rules change."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.events.assignments import SubCaseReceived
from shared.events.deadlines import DeadlineEvent
from shared.events.envelope import Event, OutgoingEvent
from shared.events.submissions import SubmissionReceived
from shared.messaging.consumer import DeadLetteredEvent
from shared.privacy.erasures import erasure_record
from shared.storage.aggregates import Decision

from sla_monitor.calendars.rulebook import Rules
from sla_monitor.clocks.case_results import SEPARATOR, counts_of
from sla_monitor.clocks.record import HORIZON, ClockRecord, Declaration, standing_of
from sla_monitor.deadlines.deadline_events import (
    course_events,
    end_events,
    only_due_time_differs,
    published_state,
    published_state_of_unknown,
)
from sla_monitor.deadlines.rungs import UNROUTED, Rung, rungs
from sla_monitor.deadlines.unknown import UnreadEvent, turns_on, unknown_of, unrouted, unrouted_at, unrouted_id
from sla_monitor.timekeeping.custody import State
from sla_monitor.timekeeping.facts import RECEIPTS, Fact, fact_of
from sla_monitor.timekeeping.model import Clock, read_clock
from sla_monitor.timekeeping.reference import Reference

logger = logging.getLogger(__name__)

RECEIPT_EVENTS = (SubmissionReceived, SubCaseReceived)

TO_FOLLOW = timedelta(seconds=5)
"""Grace period: after a receipt that is read late, the events that follow it may be read first."""
READ_AGAIN = timedelta(minutes=10)
"""An unknown clock is tried again this often: a later version of the code may be able to compute it."""


def take_fact(
    record: ClockRecord | None, event: Event, reference: Reference, now: datetime
) -> Decision[ClockRecord] | None:
    """Take in a fact, in any order. Returns None where it does not affect the clock, or is known already."""
    fact = fact_of(event)
    if fact is None or (record is not None and any(known.id == fact.id for known in record.facts)):
        return None
    rules = reference.rules(record.rulebook if record else 0)
    record = record or ClockRecord(rulebook=rules.newest.version, correlation_id=event.correlation_id)
    is_of_central = fact.type in RECEIPTS or fact.type == "AppealFiled"
    custodian = rules.newest.central if is_of_central else fact.entity
    fact = fact.model_copy(update=reference.directory_fields(event.data, custodian))
    reference_number = event.data.reference if isinstance(event.data, RECEIPT_EVENTS) else record.reference
    unread = tuple(each for each in record.unread if each.id != fact.id)  # it came again, and could be read
    more = {"facts": (*record.facts, fact), "reference": reference_number, "unread": unread}
    record = record.model_copy(update=more)
    return _update(event.key, record, rules, now, fact)


def note_set_aside(
    record: ClockRecord | None, event: DeadLetteredEvent, reference: Reference, now: datetime
) -> Decision[ClockRecord] | None:
    """Make the clock unknown because an event of the case was set aside: no due time can be relied on until it is read.
    Returns None where it would not affect the clock, or is noted or taken already."""
    standing = record.standing if record is not None and record.unknown is None else None
    if not turns_on(standing.state if standing else None, event.type):
        return None
    if record is not None and event.id in {
        *(fact.id for fact in record.facts),
        *(unread.id for unread in record.unread),
    }:
        return None
    rules = reference.rules(record.rulebook if record else 0)
    record = record or ClockRecord(rulebook=rules.newest.version, correlation_id=event.correlation_id)
    unread = UnreadEvent(id=event.id, time=event.time, type=event.type)
    return _make_unknown(event.key, record.model_copy(update={"unread": (*record.unread, unread)}), rules, now, True)


def note_erasure(
    record: ClockRecord | None, event: Event, reference: Reference, now: datetime
) -> Decision[ClockRecord]:
    """Delete set-aside records, which may hold personal data. The clock itself holds none and stays."""
    if record is None:
        record = ClockRecord(rulebook=reference.rules().newest.version, correlation_id=event.correlation_id)
    return Decision(record, records=[erasure_record(event.key, now)])


def declare_due(
    submission: str, record: ClockRecord, reference: Reference, now: datetime
) -> Decision[ClockRecord] | None:
    """Declare everything that is due by now. Returns None where another process did so already."""
    if record.next_at is None or record.next_at > now:
        return None
    return _update(submission, record, reference.rules(record.rulebook), now, None)


def recalculate(
    submission: str, record: ClockRecord, reference: Reference, now: datetime
) -> Decision[ClockRecord] | None:
    """Recompute the clock by the newest rulebook. Returns None where that was done. Where only the due time moved, the
    event is published later (`publish_move`): all open clocks come under the new rules first."""
    rules = reference.rules(record.rulebook)
    if record.rulebook == rules.newest.version:
        return None
    return _update(submission, record, rules, now, None, may_wait=True)


def publish_move(
    submission: str, record: ClockRecord, reference: Reference, now: datetime
) -> Decision[ClockRecord] | None:
    """Publish the move that recalculation left unpublished. Returns None where a fact or the sweeper did so before."""
    if record.moved_from is None:
        return None
    return _update(submission, record, reference.rules(record.rulebook), now, None)


def _update(
    submission: str, record: ClockRecord, rules: Rules, now: datetime, fact: Fact | None, may_wait: bool = False
) -> Decision[ClockRecord]:
    """Compute the clock and publish what changed. Where that fails the clock becomes unknown, and other clocks go
    on."""
    if record.unread:
        return _make_unknown(submission, record, rules, now, fact is not None)
    try:
        return _compute(submission, record, rules, now, fact, may_wait)
    except Exception as error:
        logger.error("clock not computed", extra={"submission_id": submission}, exc_info=error)
        return _make_unknown(submission, record, rules, now, fact is not None)


def _make_unknown(
    submission: str, record: ClockRecord, rules: Rules, now: datetime, more_may_follow: bool
) -> Decision[ClockRecord]:
    """Make the clock unknown. Its earlier state is kept but counts as open nowhere; "nobody took it" is still
    declared."""
    before, central = record.unknown, rules.newest.central
    unknown = unknown_of(record.facts, before.since if before else now, central)
    events = (
        [] if before else [OutgoingEvent(unknown.told(submission, record.told.state if record.told else State.ARMED))]
    )
    changes: dict[str, Any] = {"rulebook": rules.newest.version, "unknown": unknown, "moved_from": None}
    next_at = now + READ_AGAIN
    at = unrouted_at(record.facts, record.unread)
    if at is not None and all(each.rung != UNROUTED for each in record.declarations):
        if at <= now and not more_may_follow:
            events.append(OutgoingEvent(unrouted(submission, unknown), id=unrouted_id(submission)))
            declared = Declaration(
                id=unrouted_id(submission),
                rung=UNROUTED,
                target="triage",
                entity=unknown.entity,
                at=at,
                declared_at=now,
                run=next((fact.id for fact in record.facts if fact.type in RECEIPTS), None),
            )
            changes["declarations"] = (*record.declarations, declared)
        else:
            next_at = min(next_at, at if at > now else now + TO_FOLLOW)
    if record.standing is not None:
        stood = {"is_open": False, "entity": unknown.entity, "confided": unknown.confided}
        changes["standing"] = record.standing.model_copy(update=stood)
    changes |= {"next_at": next_at, "imminent": next_at - now <= HORIZON}
    return Decision(record.model_copy(update=changes), events)


def _compute(
    submission: str, record: ClockRecord, rules: Rules, now: datetime, fact: Fact | None, may_wait: bool
) -> Decision[ClockRecord]:
    changes: dict[str, Any] = {"rulebook": rules.newest.version}
    clock = read_clock(record.facts, rules, now)
    if clock is None:
        return Decision(record.model_copy(update=changes))
    passed: list[tuple[str, Rung]] = []
    to_come: list[Rung] = []
    for rung in _undeclared(submission, clock, record.declarations):
        if rung.at <= now and not (fact is not None and rung.name == UNROUTED):
            passed.append((rung.id(submission), rung))
        else:
            to_come.append(rung)
    told = published_state_of_unknown(clock, record.told) if record.unknown else record.told
    if may_wait and not passed and record.standing is not None and only_due_time_differs(clock, told):
        # What it counts is looked at when it is told: twice would be for nothing.
        changes["moved_from"] = record.standing.due_at
        return Decision(record.model_copy(update=changes | _stands(clock, to_come, now)))
    events: list[OutgoingEvent] = [
        *(
            OutgoingEvent(rung.declaration(submission, clock), id=id)
            for id, rung in passed
            if rung.run is not clock.run
        ),
        *_drafts(course_events(submission, clock, told, fact.type if fact else None)),
        *(OutgoingEvent(rung.declaration(submission, clock), id=id) for id, rung in passed if rung.run is clock.run),
        *_drafts(end_events(submission, clock, told)),
    ]
    changes |= {
        "declarations": (*record.declarations, *(_declaration(id, rung, now) for id, rung in passed)),
        "told": published_state(clock, told),
        "moved_from": None,
        "unknown": None,
    }
    if record.unknown is not None:
        events = _from_unknown(events)
    return Decision(_written(record, clock, rules, now, to_come, changes), events)


def _from_unknown(events: list[OutgoingEvent]) -> list[OutgoingEvent]:
    """Set the state `unknown` as the origin of the first event after an unknown clock is computed again."""
    return [
        replace(draft, data=draft.data.model_copy(update={"from_state": State.UNKNOWN})) if number == 0 else draft
        for number, draft in enumerate(events)
    ]


def recompute(submission: str, record: ClockRecord, rules: Rules, now: datetime) -> ClockRecord:
    """Recompute the stored fields without publishing anything."""
    clock = read_clock(record.facts, rules, now)
    if clock is None:
        return record
    to_come = list(_undeclared(submission, clock, record.declarations))
    return _written(record, clock, rules, now, to_come, {})


def _written(
    record: ClockRecord, clock: Clock, rules: Rules, now: datetime, to_come: list[Rung], changes: dict[str, Any]
) -> ClockRecord:
    """Return the record with `changes` and with the fields that lists, the sweeper and the record of the entities
    read."""
    counted = counted_of(clock, rules)
    counts = {"counted": counted, "counted_in": counted_in(counted)}
    return record.model_copy(update=changes | _stands(clock, to_come, now) | counts)


def _stands(clock: Clock, to_come: list[Rung], now: datetime) -> dict[str, Any]:
    next_at = _next_at(clock, to_come, now)
    imminent = next_at is not None and next_at - now <= HORIZON
    return {"standing": standing_of(clock), "next_at": next_at, "imminent": imminent}


def _undeclared(submission: str, clock: Clock, declarations: Iterable[Declaration]) -> Iterator[Rung]:
    """Return the rungs still to be declared, in order. A rung declared under an earlier version of a policy is not
    declared again where it would have come sooner; where the new version gives more time, it is declared again after
    that."""
    declared = list(declarations)
    ids = {declaration.id for declaration in declared}
    for rung in rungs(clock):
        if not declared or (
            rung.id(submission) not in ids
            and all(rung.at > each.declared_at for each in declared if _is_of(each, rung))
        ):
            yield rung


def _is_of(declaration: Declaration, rung: Rung) -> bool:
    if declaration.run is not None:
        return (declaration.run, declaration.target, declaration.rung) == (rung.part, rung.target, rung.name)
    # Declared while the receipt could not be read: its run was not known yet.
    run = rung.run
    is_its = (declaration.rung, declaration.entity, declaration.target) == (rung.name, run.entity, rung.target)
    return is_its and run.began <= declaration.declared_at


def counted_of(clock: Clock, rules: Rules) -> tuple[tuple[str, int], ...]:
    zone = ZoneInfo(rules.newest.default_calendar.definition.zone)
    return tuple(sorted(counts_of(clock, zone).items()))


def counted_in(counted: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    return tuple(sorted({SEPARATOR.join(key.split(SEPARATOR)[:2]) for key, _ in counted}))


def _drafts(news: Iterator[DeadlineEvent]) -> Iterator[OutgoingEvent]:
    return (OutgoingEvent(data) for data in news)


def _declaration(id: str, rung: Rung, now: datetime) -> Declaration:
    return Declaration(
        id=id,
        rung=rung.name,
        target=rung.target,
        entity=rung.run.entity,
        at=rung.at,
        declared_at=now,
        run=rung.part,
    )


def _next_at(clock: Clock, to_come: list[Rung], now: datetime) -> datetime | None:
    moments = [rung.at if rung.at > now else now + TO_FOLLOW for rung in to_come]
    if clock.waiting_until is not None:
        moments.append(clock.waiting_until)
    return min(moments, default=None)
