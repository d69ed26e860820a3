"""Dispatches the other services' events to intake's handlers."""

from datetime import datetime

from shared.events import assignments, deadlines, notifications
from shared.events.envelope import Event
from shared.events.topics import ASSIGNMENTS, DEADLINES, NOTIFICATIONS
from shared.messaging.consumer import Handler
from shared.storage.aggregates import Decision

from intake.submissions.model import Submission
from intake.submissions.time_limits import Limits
from intake.timeline.commands import FACTS_OF_OTHERS, apply_event

TOPICS = (ASSIGNMENTS, DEADLINES, NOTIFICATIONS)


def on_fact(submission: Submission | None, event: Event, limits: Limits, now: datetime) -> Decision[Submission] | None:
    return apply_event(submission, event, limits)


HANDLERS: dict[type, Handler[Submission]] = dict.fromkeys(FACTS_OF_OTHERS, on_fact)

IGNORED: frozenset[type] = frozenset(
    {
        assignments.PriorityChanged,
        assignments.SubCaseReceived,
        assignments.SubCaseInformed,
        assignments.SubCaseTakenBack,
        assignments.OfficialsMentioned,
        assignments.AnswerProposed,
        assignments.AnswerSentBack,
        assignments.OfficialPutInCharge,
        deadlines.ReplyAwaited,
        deadlines.DeadlineApproaching,
        deadlines.DeadlinesMoved,
        deadlines.PerformancePublished,
        notifications.NotificationDelivered,
    }
)
"""Events that do not concern the citizen: work among officials, parts of a case, warnings, and figures (see `Figures`).
"""
