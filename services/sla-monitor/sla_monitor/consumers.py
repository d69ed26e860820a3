"""Takes events in: every fact that affects a clock is handled the same way, whatever its type."""

from datetime import datetime
from typing import Any

from shared.events import assignments, submissions
from shared.events.envelope import Event
from shared.events.submissions import PersonErased
from shared.events.topics import ASSIGNMENTS, SUBMISSIONS
from shared.messaging.consumer import DeadLetteredEvent
from shared.storage.aggregates import Decision

from sla_monitor import metrics
from sla_monitor.clocks.commands import note_erasure, note_set_aside, take_fact
from sla_monitor.clocks.record import ClockRecord
from sla_monitor.timekeeping.facts import KEPT
from sla_monitor.timekeeping.reference import Reference

TOPICS = (SUBMISSIONS, ASSIGNMENTS)


def on_fact(
    record: ClockRecord | None, event: Event, reference: Reference, now: datetime
) -> Decision[ClockRecord] | None:
    decision = take_fact(record, event, reference, now)
    metrics.count_events(decision.events if decision else ())
    return decision


def on_set_aside(
    record: ClockRecord | None, event: DeadLetteredEvent, reference: Reference, now: datetime
) -> Decision[ClockRecord] | None:
    decision = note_set_aside(record, event, reference, now)
    metrics.count_events(decision.events if decision else ())
    return decision


def on_person_erased(
    record: ClockRecord | None, event: Event, reference: Reference, now: datetime
) -> Decision[ClockRecord]:
    return note_erasure(record, event, reference, now)


HANDLERS: dict[type, Any] = {**dict.fromkeys(KEPT, on_fact), PersonErased: on_person_erased}

IGNORED: frozenset[type] = frozenset(
    {
        submissions.AttachmentsAdded,
        submissions.OfficialFilesAdded,
        submissions.SubmissionPublished,
        submissions.SubmissionHidden,
        submissions.FollowerAdded,
        submissions.FollowerRemoved,
        submissions.ConfirmationRequested,
        assignments.SubCaseOpened,
        assignments.SubCaseClosed,
        assignments.SubCaseMoved,
        assignments.SubCaseConfided,
        assignments.SubCaseInformed,
        assignments.OfficialsMentioned,
        assignments.AnswerProposed,
        assignments.AnswerSentBack,
    }
)
"""Events that affect no clock: files, readers, followers, talk among officials. A sub-case has a clock of its own."""
