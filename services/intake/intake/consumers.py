"""Events of the other services, each given to its use case."""

from datetime import datetime

from shared.aggregates import Decision
from shared.events.envelope import Event
from shared.messaging import Handler
from shared.topics import ASSIGNMENTS, DEADLINES, NOTIFICATIONS

from intake.domain.rules import Limits
from intake.domain.submission import Submission
from intake.use_cases.follow import FACTS_OF_OTHERS, take_note

TOPICS = (ASSIGNMENTS, DEADLINES, NOTIFICATIONS)


def on_fact(submission: Submission | None, event: Event, limits: Limits, now: datetime) -> Decision[Submission] | None:
    return take_note(submission, event, limits)


HANDLERS: dict[type, Handler[Submission]] = dict.fromkeys(FACTS_OF_OTHERS, on_fact)
