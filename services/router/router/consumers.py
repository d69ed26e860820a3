"""Events in, use cases called. The batch, the inbox and the commit are messaging's."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.events import deadlines, submissions
from shared.events.deadlines import (
    DeadlineApproaching,
    DeadlineMoved,
    DeadlineResumed,
    DeadlineSet,
    DeadlineUnknown,
)
from shared.events.envelope import Event
from shared.events.submissions import (
    AppealFiled,
    AttachmentsAdded,
    AuthorConfirmed,
    InformationAdded,
    OfficialFilesAdded,
    PersonErased,
    SubmissionClosed,
    SubmissionHidden,
    SubmissionPublished,
    SubmissionRated,
    SubmissionReceived,
    SubmissionReopened,
    SubmissionWithdrawn,
)
from shared.events.topics import DEADLINES, SUBMISSIONS
from shared.messaging.consumer import Handler, Prepare, Record
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision

from router.assigning import commands as assign
from router.assigning import facts as follow
from router.assigning.batch_routing import routes
from router.assigning.commands import Routed
from router.cases.model import Assignment
from router.classifier.snapshot import ClassifierInUse
from router.directory.snapshot import Directory, DirectoryInUse
from router.duplicates.likeness import findable
from router.erasure.commands import erase, stays_erased
from router.metrics import RECEIVED_OF_BATCH, ROUTING_OF_BATCH

TOPICS = (SUBMISSIONS, DEADLINES)

State = Assignment | None
Decided = Decision[Assignment] | None


@dataclass(frozen=True)
class EventContext:
    """`directory` gives the one in use, or raises RetryLater before the first publication: asked only where it is
    needed. `routes` are those that were found beforehand, by the id of the event that brought the submission."""

    directory: Callable[[], Directory]
    routes: Mapping[str, Routed] = field(default_factory=dict)


def prepared(directory: DirectoryInUse, classifier: ClassifierInUse) -> Prepare:
    """Prepare a batch: with a model in use its submissions are routed together, before the handlers run."""

    async def prepare(events: Sequence[Event]) -> EventContext:
        in_use = directory.current
        if in_use is None or classifier.current is None:
            return EventContext(directory.get)
        # The directory may be replaced while the texts are scored: the handlers use the one that was asked.
        return EventContext(lambda: in_use, await routes(events, in_use, classifier))

    return prepare


def on_submission_received(state: State, event: Event, known: EventContext, now: datetime) -> Decided:
    if state is not None and state.submission is not None:
        return follow.received_again(state, event.data, event.time)
    routed = known.routes.get(event.id)
    decision = assign.receive(state or Assignment(), event.data, known.directory(), routed, now)
    if decision.events:
        RECEIVED_OF_BATCH.note(event.key, event.time)
    return decision


def on_submission_reopened(state: State, event: Event, known: EventContext, now: datetime) -> Decided:
    return follow.reopened(state or Assignment(), event.data, known.directory, event.time, now)


def on_person_erased(state: State, event: Event, known: EventContext, now: datetime) -> Decided:
    return erase(event.key, state or Assignment(), now)


def _on_fact(use_case: Callable[[Assignment, Any, datetime], Decided]) -> Handler[Assignment]:
    def handler(state: State, event: Event, known: EventContext, now: datetime) -> Decided:
        return use_case(state or Assignment(), event.data, event.time)

    return handler


def _erased_stay_so(handler: Handler[Assignment]) -> Handler[Assignment]:
    def handle(state: State, event: Event, known: EventContext, now: datetime) -> Decided:
        decision = handler(state, event, known, now)
        return decision and stays_erased(findable(decision))

    return handle


_HANDLERS: dict[type, Handler[Assignment]] = {
    SubmissionReceived: on_submission_received,
    SubmissionReopened: on_submission_reopened,
    PersonErased: on_person_erased,
    InformationAdded: _on_fact(follow.information_added),
    AttachmentsAdded: _on_fact(follow.files_added),
    OfficialFilesAdded: _on_fact(follow.official_files_added),
    SubmissionWithdrawn: _on_fact(follow.withdrawn),
    SubmissionClosed: _on_fact(follow.closed),
    SubmissionRated: _on_fact(follow.rated),
    AuthorConfirmed: _on_fact(follow.author_confirmed),
    AppealFiled: _on_fact(follow.appealed),
    SubmissionPublished: _on_fact(follow.published),
    SubmissionHidden: _on_fact(follow.hidden),
    DeadlineSet: _on_fact(follow.due_changed),
    DeadlineMoved: _on_fact(follow.due_changed),
    DeadlineUnknown: _on_fact(follow.due_unknown),
    DeadlineApproaching: _on_fact(follow.approaching),
    DeadlineResumed: _on_fact(follow.clock_resumed),
}
HANDLERS = {model: _erased_stay_so(handler) for model, handler in _HANDLERS.items()}

IGNORED: frozenset[type] = frozenset(
    {
        submissions.FollowerAdded,
        submissions.FollowerRemoved,
        submissions.ConfirmationRequested,
        deadlines.DeadlinePaused,
        deadlines.ReplyAwaited,
        deadlines.DeadlineBreached,
        deadlines.DeadlineEscalated,
        deadlines.DeadlineMet,
        deadlines.DeadlinesMoved,
        deadlines.PerformancePublished,
    }
)
"""The notifier tells followers; the desk shows a clock by its due time, and reads lateness from that."""


def measured(take: Callable[[Sequence[Record]], Awaitable[None]]) -> Callable[[Sequence[Record]], Awaitable[None]]:
    """`take`, with the time it spent on routing observed once per batch, and how long its submissions had waited."""

    async def take_and_measure(records: Sequence[Record]) -> None:
        try:
            await take(records)
            RECEIVED_OF_BATCH.observe(utc_now())
        finally:
            ROUTING_OF_BATCH.observe()
            RECEIVED_OF_BATCH.forget()  # what is given back comes again

    return take_and_measure
