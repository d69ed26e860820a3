"""Handles events of the other services: updates the status and adds to the timeline."""

from datetime import datetime
from typing import Any

from prometheus_client import Counter
from shared.events import assignments, deadlines, notifications
from shared.events.envelope import Event, OutgoingEvent
from shared.events.fields import entity_of, text_of
from shared.events.model import SubmissionEvent
from shared.events.submissions import SubmissionClosed
from shared.storage.aggregates import Decision

from intake.official_files.commands import as_evidence
from intake.submissions.life import FACTS, Moves, Status
from intake.submissions.model import Question, Submission, TimelineEntry
from intake.submissions.time_limits import Limits

UNFITTING = Counter("tawasul_intake_unfitting_facts_total", "Facts that fitted no status and moved nothing", ["type"])

FOLLOWER = "follower"
"""The audience of messages to followers."""

FACTS_OF_OTHERS: tuple[type[SubmissionEvent], ...] = (
    assignments.TriageRequested,
    assignments.SubmissionAssigned,
    assignments.AssignmentAcknowledged,
    assignments.InformationRequested,
    assignments.InterimReplyGiven,
    assignments.SubmissionRecategorised,
    assignments.SubmissionTransferred,
    assignments.SubmissionAnswered,
    assignments.SubmissionDeclined,
    assignments.SuggestionDecided,
    assignments.SuggestionImplemented,
    assignments.SubmissionMerged,
    assignments.SubmissionUnmerged,
    assignments.AppealDecided,
    assignments.SubCaseOpened,
    assignments.SubCaseClosed,
    assignments.SubCaseMoved,
    assignments.SubCaseConfided,
    assignments.ConfidentialityChanged,
    deadlines.DeadlineSet,
    deadlines.DeadlineMoved,
    deadlines.DeadlinePaused,
    deadlines.DeadlineResumed,
    deadlines.DeadlineBreached,
    deadlines.DeadlineEscalated,
    deadlines.DeadlineMet,
    deadlines.DeadlineUnknown,
    notifications.NotificationSent,
    notifications.NotificationFailed,
)


AMONG_OFFICIALS = (assignments.SubCaseOpened, assignments.SubCaseClosed, assignments.SubCaseMoved)
"""The author sees which entities contribute, but not what they write to each other."""

BESIDE_THE_ANSWER = ("acknowledge", "update", "resolve")
"""Intermediate deadlines concern the entity and its supervisors; the author was promised an answer."""


def apply_event(submission: Submission | None, event: Event, limits: Limits) -> Decision[Submission] | None:
    """Add one timeline entry for an event, and change the status as the state table says."""
    if submission is None:
        UNFITTING.labels(event.type).inc()
        return None
    data: SubmissionEvent = event.data
    if isinstance(data, notifications.NotificationEvent) and data.audience == FOLLOWER:
        return None  # does not concern the author
    if isinstance(data, deadlines.DeadlineEvent) and data.target in BESIDE_THE_ANSWER:
        return None
    if isinstance(data, assignments.ConfidentialityChanged | assignments.SubCaseConfided):
        return Decision(submission.model_copy(update=_confided(submission, data)))  # concerns only officials
    before = Status(submission.status)
    moves = FACTS.get(_row(submission, data))
    after = _after(submission, data, before, moves)
    entry = TimelineEntry(
        id=event.id,
        at=event.time,
        type=event.type,
        from_status=before,
        to_status=after,
        entity=entity_of(data),
        text=None if isinstance(data, AMONG_OFFICIALS) else text_of(data),
        details={name: value for name, value in _repeated(data).items() if value is not None},
    )
    if isinstance(data, assignments.SubmissionAnswered) and data.evidence:
        entry.details["attachments"] = [each.id for each in data.evidence]
    fits = moves is None or before in moves
    changes = _changes(submission, data, after, fits, event.time, limits)
    followed = submission.with_entry(entry, **changes)
    if followed.erasure is not None:
        followed = followed.without_person()
    return Decision(followed, _follows(event.key, data, before, after))


def _repeated(data: SubmissionEvent) -> dict[str, Any]:
    """Event fields that the timeline entry repeats besides entity and text; None where the event has none."""
    match data:
        case assignments.TriageRequested() | assignments.SubmissionAssigned() | assignments.SubmissionTransferred():
            return {"reason": data.reason}
        case assignments.SubmissionAnswered() | assignments.SubmissionDeclined():
            return {"reason_code": data.reason_code}
        case assignments.InformationRequested() | deadlines.DeadlinePaused():
            return {"question_id": data.question_id}
        case assignments.InterimReplyGiven():
            return {"expected_at": data.expected_at}
        case assignments.SuggestionDecided() | assignments.AppealDecided():
            return {"decision": data.decision}
        case assignments.SubCaseClosed():
            return {"outcome": data.outcome}
        case deadlines.DeadlineSet() | deadlines.DeadlineBreached() | deadlines.DeadlineEscalated():
            return {"due_at": data.due_at}
        case deadlines.DeadlineMoved():
            return {"reason": data.reason, "due_at": data.due_at}
        case deadlines.DeadlineResumed():
            return {"reason": data.reason, "question_id": data.question_id, "due_at": data.due_at}
        case deadlines.DeadlineMet():
            return {"due_at": data.due_at, "in_time": data.in_time}
        case notifications.NotificationFailed():
            return {"reason": data.reason, "audience": data.audience, "channel": data.channel}
        case notifications.NotificationEvent():
            return {"audience": data.audience, "channel": data.channel}
    return {}


def _follows(id: str, data: SubmissionEvent, before: Status, after: Status) -> list[OutgoingEvent]:
    """The event that intake publishes in turn: SubmissionClosed for every closing, whatever caused it."""
    if not isinstance(data, assignments.AppealDecided) or (before, after) != (Status.APPEALED, Status.CLOSED):
        return []
    return [
        OutgoingEvent(SubmissionClosed(submission_id=id, from_state=before, to_state=after, reason="appeal_dismissed"))
    ]


def _row(submission: Submission, data: SubmissionEvent) -> str:
    """The event's row in the state table, if it has one."""
    match data:
        case assignments.InformationRequested() if submission.is_waited_out(data.question_id):
            return f"{data.type}:waited_out"
        case assignments.SuggestionDecided() | assignments.AppealDecided():
            return f"{data.type}:{data.decision}"
        case deadlines.DeadlineResumed(reason="limit"):
            is_of_open = submission.question is not None and submission.question.id == data.question_id
            return f"{data.type}:limit" if is_of_open else f"{data.type}:limit_of_another"
    return data.type


def _after(submission: Submission, data: SubmissionEvent, before: Status, moves: Moves | None) -> Status:
    if isinstance(data, assignments.SubmissionUnmerged):
        return Status(submission.status_before_merge) if submission.status_before_merge else before
    if moves is None:
        return before
    if before not in moves:
        UNFITTING.labels(data.type).inc()
    return moves.get(before, before)


def _changes(
    submission: Submission, data: SubmissionEvent, after: Status, fits: bool, at: datetime, limits: Limits
) -> dict[str, Any]:
    """Other changes of the state. An event that does not fit the status changes nothing."""
    match data:
        case deadlines.DeadlineSet() | deadlines.DeadlineMoved():
            return _due(data)
        case deadlines.DeadlineResumed():
            left = {"question": None} if data.reason == "limit" and fits else {}
            return _due(data) | left
        case deadlines.DeadlineUnknown():
            return {"due_at": None, "windows": [], "due_unknown_since": data.since}
        case _ if not fits:
            return {}
        case assignments.SubmissionAssigned():
            known = {"category": data.category or submission.category, "area": data.area or submission.area}
            return known | {"entity": data.entity, "priority": data.priority}
        case assignments.TriageRequested() | assignments.SubmissionTransferred():
            return {"entity": data.entity, "question": None}
        case assignments.AppealDecided(decision="upheld"):
            return {"entity": data.entity}
        case assignments.SubmissionRecategorised():
            return {"category": data.category}
        case assignments.SubCaseOpened():
            return _taking_part(submission, submission.parts | {data.sub_case: data.entity})
        case assignments.SubCaseMoved():
            parts = submission.parts | {data.sub_case: data.entity}
            return _taking_part(submission, parts, data.from_entity) | _named_for_others(submission, data.sub_case)
        case assignments.SubCaseClosed(outcome="taken_back"):
            others = {number: each for number, each in submission.parts.items() if number != data.sub_case}
            return _taking_part(submission, others, data.entity) | _named_for_others(submission, data.sub_case)
        case assignments.InformationRequested():
            asked = Question(id=data.question_id, text=data.text, asked_at=at)
            return {"question": asked if after == Status.AWAITING_CITIZEN else None}
        case assignments.SubmissionAnswered():
            ends = {"answered_at": at, "close_at": at + limits.close_after, "question": None}
            return ends | {"official_files": as_evidence(submission.official_files, data.evidence)}
        case assignments.SubmissionMerged():
            return {"status_before_merge": submission.status}
        case assignments.SubmissionUnmerged():
            return {"status_before_merge": None}
        case assignments.SubmissionDeclined():
            return {"question": None}
    return {}


def _due(data: deadlines.DeadlineSet | deadlines.DeadlineMoved | deadlines.DeadlineResumed) -> dict[str, Any]:
    return {"due_at": data.due_at, "windows": list(data.windows), "due_unknown_since": None}


def _confided(
    submission: Submission, data: assignments.ConfidentialityChanged | assignments.SubCaseConfided
) -> dict[str, Any]:
    if isinstance(data, assignments.SubCaseConfided):
        return {"confided_parts": submission.confided_parts | {data.sub_case: list(data.officials)}}
    # No officials are named for a case that is not confidential; they are named again if it becomes so.
    return {"confided": list(data.officials)} if data.officials else {"confided": None, "confided_parts": {}}


def _named_for_others(submission: Submission, part: str) -> dict[str, Any]:
    """The officials whom an entity named for its parts, without this part."""
    return {"confided_parts": {number: names for number, names in submission.confided_parts.items() if number != part}}


def _taking_part(submission: Submission, parts: dict[str, str], left: str | None = None) -> dict[str, Any]:
    """Entities that still contribute after one `left` a part, as it may have another."""
    entities = {*submission.taking_part, *parts.values()}
    return {"parts": parts, "taking_part": sorted(entities - ({left} - set(parts.values())))}
