"""Fields that many event types have in common, read by type.

A field's name does not say what it means: `answers` are a citizen's answers in one event and the id of a question in
another. So a reader names the types that it means, and mypy checks that each of them has the field. The unions are
complete for the topics of submissions, assignments and deadlines: a test compares them with the models.
"""

from datetime import datetime

from shared.events.assignments import (
    AnswerProposed,
    AnswerSentBack,
    AppealDecided,
    AssignmentAcknowledged,
    ConfidentialityChanged,
    InformationRequested,
    InterimReplyGiven,
    OfficialPutInCharge,
    OfficialsMentioned,
    PriorityChanged,
    SubCaseClosed,
    SubCaseConfided,
    SubCaseInformed,
    SubCaseMoved,
    SubCaseOpened,
    SubCaseReceived,
    SubCaseTakenBack,
    SubmissionAnswered,
    SubmissionAssigned,
    SubmissionDeclined,
    SubmissionRecategorised,
    SubmissionTransferred,
    SuggestionDecided,
    SuggestionImplemented,
    TriageRequested,
)
from shared.events.deadlines import (
    DeadlineApproaching,
    DeadlineBreached,
    DeadlineEscalated,
    DeadlineEvent,
    DeadlineMet,
    DeadlineMoved,
    DeadlineResumed,
    DeadlineSet,
    DeadlinesMoved,
    PerformancePublished,
)
from shared.events.model import EventData
from shared.events.submissions import InformationAdded, OfficialFilesAdded, SubmissionReceived

WithEntity = (
    DeadlineEvent
    | SubmissionAssigned
    | AssignmentAcknowledged
    | OfficialPutInCharge
    | SubmissionAnswered
    | TriageRequested
    | InformationRequested
    | InterimReplyGiven
    | SubmissionRecategorised
    | PriorityChanged
    | SubmissionTransferred
    | SubmissionDeclined
    | SuggestionDecided
    | SuggestionImplemented
    | SubCaseOpened
    | SubCaseClosed
    | SubCaseMoved
    | SubCaseConfided
    | SubCaseReceived
    | SubCaseInformed
    | SubCaseTakenBack
    | AppealDecided
    | OfficialsMentioned
    | AnswerProposed
    | AnswerSentBack
    | ConfidentialityChanged
    | OfficialFilesAdded
    | DeadlinesMoved
    | PerformancePublished
)

WithFromEntity = SubmissionTransferred | SubCaseMoved

WithText = (
    SubmissionReceived
    | InformationAdded
    | InformationRequested
    | InterimReplyGiven
    | SubmissionAnswered
    | SubmissionDeclined
    | SuggestionDecided
    | SuggestionImplemented
    | SubCaseOpened
    | SubCaseClosed
    | SubCaseMoved
    | AppealDecided
)

WithDueTime = (
    DeadlineSet
    | DeadlineMoved
    | DeadlineResumed
    | DeadlineApproaching
    | DeadlineBreached
    | DeadlineEscalated
    | DeadlineMet
)

WithOfficials = (
    SubCaseClosed
    | SubCaseMoved
    | SubCaseConfided
    | OfficialsMentioned
    | AnswerSentBack
    | OfficialPutInCharge
    | ConfidentialityChanged
)


def entity_of(data: EventData) -> str | None:
    return data.entity if isinstance(data, WithEntity) else None


def from_entity_of(data: EventData) -> str | None:
    return data.from_entity if isinstance(data, WithFromEntity) else None


def text_of(data: EventData) -> str | None:
    return data.text if isinstance(data, WithText) else None


def due_at_of(data: EventData) -> datetime | None:
    return data.due_at if isinstance(data, WithDueTime) else None


def officials_of(data: EventData) -> tuple[str, ...]:
    return data.officials if isinstance(data, WithOfficials) else ()
