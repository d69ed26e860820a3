"""State tables of a submission: how commands and events of other services change its status."""

from enum import StrEnum


class Status(StrEnum):
    RECEIVED = "received"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    AWAITING_CITIZEN = "awaiting_citizen"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"
    APPEALED = "appealed"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    MERGED = "merged"
    EVALUATING = "evaluating"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IMPLEMENTED = "implemented"


UNDER_WAY = frozenset(
    {
        Status.RECEIVED,
        Status.ASSIGNED,
        Status.IN_PROGRESS,
        Status.AWAITING_CITIZEN,
        Status.REOPENED,
        Status.APPEALED,
        Status.EVALUATING,
    }
)
"""Government has to act, or waits for the citizen's answer to a question."""

ENDED = frozenset(Status) - UNDER_WAY - {Status.ANSWERED}
"""Nobody waits for anything, though an accepted suggestion may still be implemented."""

TAKES_OFFICIAL_FILES = UNDER_WAY | {Status.ANSWERED, Status.CLOSED, Status.ACCEPTED}
"""Officials may add files."""

HELD = frozenset({Status.ASSIGNED, Status.IN_PROGRESS, Status.AWAITING_CITIZEN})
"""An entity is responsible."""

WAITING_FOR_CITIZEN = frozenset({Status.AWAITING_CITIZEN})
ANSWERED = frozenset({Status.ANSWERED, Status.ACCEPTED, Status.IMPLEMENTED})
FINISHED = frozenset(Status) - UNDER_WAY - ANSWERED
"""Groups for filters; a submission that waits for the citizen is under way as well."""

Moves = dict[Status, Status]


def _to(target: Status, *origins: Status) -> Moves:
    return dict.fromkeys(origins, target)


def _stays(*statuses: Status) -> Moves:
    return {status: status for status in statuses}


COMMANDS: dict[str, Moves] = {
    "add_information": _stays(*UNDER_WAY, Status.MERGED),
    "answer_question": _to(Status.IN_PROGRESS, Status.AWAITING_CITIZEN),
    "attach": _stays(*UNDER_WAY, Status.MERGED),
    "withdraw": _to(Status.WITHDRAWN, Status.MERGED, *UNDER_WAY - {Status.APPEALED}),
    "rate": _to(Status.CLOSED, Status.ANSWERED),
    "reopen": _to(Status.REOPENED, Status.ANSWERED, Status.CLOSED),
    "appeal": _to(Status.APPEALED, Status.ANSWERED, Status.CLOSED),
    "close": _to(Status.CLOSED, Status.ANSWERED),
    "reject": _to(Status.DECLINED, Status.RECEIVED),
}
"""A command is refused in a status that its row does not list."""

FACTS: dict[str, Moves] = {
    # Entities passed it on too often, so the central office assigns it.
    "TriageRequested": _stays(Status.RECEIVED, Status.REOPENED) | _to(Status.ASSIGNED, *HELD, Status.EVALUATING),
    "SubmissionAssigned": _to(Status.ASSIGNED, Status.RECEIVED, Status.REOPENED, Status.APPEALED, Status.ASSIGNED),
    "AssignmentAcknowledged": _to(Status.IN_PROGRESS, Status.ASSIGNED),
    "InformationRequested": _to(Status.AWAITING_CITIZEN, *HELD),
    "InformationRequested:waited_out": _to(Status.IN_PROGRESS, *HELD),
    "InterimReplyGiven": _stays(*HELD, Status.EVALUATING, Status.MERGED),
    "SubmissionTransferred": _to(Status.ASSIGNED, *HELD, Status.EVALUATING),
    "SubmissionAnswered": _to(Status.ANSWERED, *HELD, Status.MERGED),
    "SubmissionDeclined": _to(Status.DECLINED, *HELD, Status.RECEIVED, Status.REOPENED, Status.MERGED),
    "SuggestionDecided:evaluating": _to(Status.EVALUATING, *HELD),
    "SuggestionDecided:accepted": _to(Status.ACCEPTED, *HELD, Status.EVALUATING, Status.MERGED),
    "SuggestionDecided:rejected": _to(Status.REJECTED, *HELD, Status.EVALUATING, Status.MERGED),
    "SuggestionImplemented": _to(Status.IMPLEMENTED, Status.ACCEPTED),
    "SubmissionMerged": _to(Status.MERGED, *UNDER_WAY),
    "AppealDecided:upheld": _to(Status.ASSIGNED, Status.APPEALED),
    "AppealDecided:dismissed": _to(Status.CLOSED, Status.APPEALED),
    "DeadlineResumed:limit": _to(Status.IN_PROGRESS, Status.AWAITING_CITIZEN),
    "DeadlineResumed:limit_of_another": {},
}
"""An event in a status that its row does not list is added to the timeline and changes nothing. SubmissionUnmerged
restores the earlier status.

Only the newest question is open. Deadlines and assignments are separate topics, so a waiting limit may be read before
its question (`waited_out`), or while another question or none is open.
"""
