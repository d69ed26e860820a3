"""What happens to a clock: a fact is taken in, its time has come, or other rules hold. All end in the same settling."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.events.assignments import SubCaseReceived
from shared.events.deadlines import DeadlineEvent
from shared.events.envelope import Event, OutgoingEvent
from shared.events.model import EventData
from shared.events.submissions import SubmissionReceived
from shared.messaging.consumer import DeadLetteredEvent, RetryLater
from shared.privacy.erasures import erasure_record
from shared.reference.directory import Directory
from shared.storage.aggregates import Decision

from sla_monitor.calendars.rulebook import Rules
from sla_monitor.calendars.snapshot import Rulebooks
from sla_monitor.clocks.custody import State
from sla_monitor.clocks.facts import RECEIPTS, Fact, fact_of
from sla_monitor.clocks.model import Clock, read_clock
from sla_monitor.clocks.record import HORIZON, ClockRecord, Declaration, standing_of
from sla_monitor.deadlines.deadline_events import (
    is_due_otherwise,
    news_of_course,
    news_of_end,
    told_of,
    told_while_unknown,
)
from sla_monitor.deadlines.rungs import UNROUTED, Rung, rungs
from sla_monitor.deadlines.unknown import UnreadEvent, turns_on, unknown_of, unrouted, unrouted_at, unrouted_id
from sla_monitor.performance.case_results import SEPARATOR, counts_of

logger = logging.getLogger(__name__)

RECEIPT_EVENTS = (SubmissionReceived, SubCaseReceived)

TO_FOLLOW = timedelta(seconds=5)
"""A receipt that is read late says nothing of who has the case: for so long, what follows it may be read too."""
READ_AGAIN = timedelta(minutes=10)
"""So often a clock that could not be counted is tried again: a later version of the code may do it."""


@dataclass(frozen=True)
class Reference:
    """What this process knows of the rest: every rulebook ever published, and the directory."""

    rulebooks: Rulebooks
    directory: Directory

    def rules(self, read_by: int = 0) -> Rules:
        """Raises RetryLater while a rulebook that a clock was `read_by` is not known here: no clock goes back."""
        rules = self.rulebooks.rules
        if rules is None or rules.newest.version < read_by:
            raise RetryLater("the rulebook is not here yet")
        return rules

    def said_of(self, data: EventData, custodian: str | None) -> dict[str, str | None]:
        """What a fact keeps of the directory: by which calendar its custodian works, in which area it lies."""
        known = self.directory.entities.get(custodian or "")
        area = self.directory.area_of(data.location) if isinstance(data, SubmissionReceived) else None
        return {"calendar": known.calendar if known else None, "area": area}


def take_fact(
    record: ClockRecord | None, event: Event, reference: Reference, now: datetime
) -> Decision[ClockRecord] | None:
    """A fact of a submission, in whatever order they come; None where no clock turns on it, or it is here already."""
    fact = fact_of(event)
    if fact is None or (record is not None and any(known.id == fact.id for known in record.facts)):
        return None
    rules = reference.rules(record.rulebook if record else 0)
    record = record or ClockRecord(rulebook=rules.newest.version, correlation_id=event.correlation_id)
    is_of_central = fact.type in RECEIPTS or fact.type == "AppealFiled"
    custodian = rules.newest.central if is_of_central else fact.entity
    fact = fact.model_copy(update=reference.said_of(event.data, custodian))
    reference_number = event.data.reference if isinstance(event.data, RECEIPT_EVENTS) else record.reference
    unread = tuple(each for each in record.unread if each.id != fact.id)  # it came again, and could be read
    more = {"facts": (*record.facts, fact), "reference": reference_number, "unread": unread}
    record = record.model_copy(update=more)
    return _settle(event.key, record, rules, now, fact)


def note_set_aside(
    record: ClockRecord | None, event: DeadLetteredEvent, reference: Reference, now: datetime
) -> Decision[ClockRecord] | None:
    """An event of a case could not be taken: until it is, the case has no due time that could be relied on. None where
    no clock turns on it, or it is noted or taken already."""
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
    return _unknown(event.key, record.model_copy(update={"unread": (*record.unread, unread)}), rules, now, True)


def note_erasure(
    record: ClockRecord | None, event: Event, reference: Reference, now: datetime
) -> Decision[ClockRecord]:
    """A clock holds nobody and no words, so it stays as it is; records that were set aside may hold them."""
    if record is None:
        record = ClockRecord(rulebook=reference.rules().newest.version, correlation_id=event.correlation_id)
    return Decision(record, records=[erasure_record(event.key, now)])


def time_has_come(
    submission: str, record: ClockRecord, reference: Reference, now: datetime
) -> Decision[ClockRecord] | None:
    """Declare what is due by now; None where another was quicker and nothing is left to do."""
    if record.next_at is None or record.next_at > now:
        return None
    return _settle(submission, record, reference.rules(record.rulebook), now, None)


def judge_anew(
    submission: str, record: ClockRecord, reference: Reference, now: datetime
) -> Decision[ClockRecord] | None:
    """By the newest rulebook; None where the clock was read by it already. Where only the due time moved, that is told
    later (`tell_of_move`): a hundred thousand are under the new rules before the world has heard of each."""
    rules = reference.rules(record.rulebook)
    if record.rulebook == rules.newest.version:
        return None
    return _settle(submission, record, rules, now, None, may_wait=True)


def tell_of_move(
    submission: str, record: ClockRecord, reference: Reference, now: datetime
) -> Decision[ClockRecord] | None:
    """What judging anew left untold; None where a fact or its time came first."""
    if record.moved_from is None:
        return None
    return _settle(submission, record, reference.rules(record.rulebook), now, None)


def _settle(
    submission: str, record: ClockRecord, rules: Rules, now: datetime, fact: Fact | None, may_wait: bool = False
) -> Decision[ClockRecord]:
    """Of a case that cannot be counted, this is what there is to say; it holds up no other."""
    if record.unread:
        return _unknown(submission, record, rules, now, fact is not None)
    try:
        return _counted(submission, record, rules, now, fact, may_wait)
    except Exception as error:
        logger.error("clock not counted", extra={"submission_id": submission}, exc_info=error)
        return _unknown(submission, record, rules, now, fact is not None)


def _unknown(
    submission: str, record: ClockRecord, rules: Rules, now: datetime, more_may_follow: bool
) -> Decision[ClockRecord]:
    """What it was before is kept and counts no more; whether nobody has it is declared as of any other."""
    before, central = record.unknown, rules.newest.central
    unknown = unknown_of(record.facts, before.since if before else now, central)
    events = (
        [] if before else [OutgoingEvent(unknown.told(submission, record.told.state if record.told else State.ARMED))]
    )
    said: dict[str, Any] = {"rulebook": rules.newest.version, "unknown": unknown, "moved_from": None}
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
            said["declarations"] = (*record.declarations, declared)
        else:
            next_at = min(next_at, at if at > now else now + TO_FOLLOW)
    if record.standing is not None:
        stood = {"is_open": False, "entity": unknown.entity, "confided": unknown.confided}
        said["standing"] = record.standing.model_copy(update=stood)
    said |= {"next_at": next_at, "imminent": next_at - now <= HORIZON}
    return Decision(record.model_copy(update=said), events)


def _counted(
    submission: str, record: ClockRecord, rules: Rules, now: datetime, fact: Fact | None, may_wait: bool
) -> Decision[ClockRecord]:
    said: dict[str, Any] = {"rulebook": rules.newest.version}
    clock = read_clock(record.facts, rules, now)
    if clock is None:
        return Decision(record.model_copy(update=said))
    passed: list[tuple[str, Rung]] = []
    to_come: list[Rung] = []
    for rung in _undeclared(submission, clock, record.declarations):
        if rung.at <= now and not (fact is not None and rung.name == UNROUTED):
            passed.append((rung.id(submission), rung))
        else:
            to_come.append(rung)
    told = told_while_unknown(clock, record.told) if record.unknown else record.told
    if may_wait and not passed and record.standing is not None and is_due_otherwise(clock, told):
        # What it counts is looked at when it is told: twice would be for nothing.
        said["moved_from"] = record.standing.due_at
        return Decision(record.model_copy(update=said | _stands(clock, to_come, now)))
    events: list[OutgoingEvent] = [
        *(
            OutgoingEvent(rung.declaration(submission, clock), id=id)
            for id, rung in passed
            if rung.run is not clock.run
        ),
        *_drafts(news_of_course(submission, clock, told, fact.type if fact else None)),
        *(OutgoingEvent(rung.declaration(submission, clock), id=id) for id, rung in passed if rung.run is clock.run),
        *_drafts(news_of_end(submission, clock, told)),
    ]
    said |= {
        "declarations": (*record.declarations, *(_declaration(id, rung, now) for id, rung in passed)),
        "told": told_of(clock, told),
        "moved_from": None,
        "unknown": None,
    }
    if record.unknown is not None:
        events = _from_unknown(events)
    return Decision(_written(record, clock, rules, now, to_come, said), events)


def _from_unknown(events: list[OutgoingEvent]) -> list[OutgoingEvent]:
    """The first thing that is said of a clock that can be counted again says so."""
    return [
        replace(draft, data=draft.data.model_copy(update={"from_state": State.UNKNOWN})) if number == 0 else draft
        for number, draft in enumerate(events)
    ]


def read_again(submission: str, record: ClockRecord, rules: Rules, now: datetime) -> ClockRecord:
    """As it is written when there is nothing to say."""
    clock = read_clock(record.facts, rules, now)
    if clock is None:
        return record
    to_come = list(_undeclared(submission, clock, record.declarations))
    return _written(record, clock, rules, now, to_come, {})


def _written(
    record: ClockRecord, clock: Clock, rules: Rules, now: datetime, to_come: list[Rung], said: dict[str, Any]
) -> ClockRecord:
    """With what was `said`, what a record holds of its clock for lists, the sweeper and the record of the entities."""
    counted = counted_of(clock, rules)
    counts = {"counted": counted, "counted_in": counted_in(counted)}
    return record.model_copy(update=said | _stands(clock, to_come, now) | counts)


def _stands(clock: Clock, to_come: list[Rung], now: datetime) -> dict[str, Any]:
    next_at = _next_at(clock, to_come, now)
    imminent = next_at is not None and next_at - now <= HORIZON
    return {"standing": standing_of(clock), "next_at": next_at, "imminent": imminent}


def _undeclared(submission: str, clock: Clock, declarations: Iterable[Declaration]) -> Iterator[Rung]:
    """What there is to declare, in order. What was said under an earlier version of a policy is not said again where it
    would have been said sooner; where more time was given since, it is said when that has passed as well."""
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
    # Stored by a version that did not note of which custodian's part it was.
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
