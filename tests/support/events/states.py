"""States of a case at each service before an event comes: none, one that allows the event, every state it can be in."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from intake.submissions.life import Status
from intake.submissions.model import Question, Submission, TimelineEntry
from router.cases.life import State
from shared.events import assignments, deadlines, submissions
from shared.events.envelope import Cause
from shared.events.model import EventData
from shared.events.topics import BY_EVENT
from shared.storage.aggregates import Decision, Document, StoredAggregate

from tests.support.events.consumers import NOW, ServiceUnderTest, entry_of
from tests.support.events.generated import values_of
from tests.support.router import an_assignment

Steps = tuple[type[EventData], ...]

RECEIVED: Steps = (submissions.SubmissionReceived, assignments.SubmissionAssigned, deadlines.DeadlineSet)
ANSWERED: Steps = (*RECEIVED, assignments.AssignmentAcknowledged, assignments.SubmissionAnswered)
APPEALED: Steps = (*ANSWERED, submissions.SubmissionReopened, assignments.SubmissionAnswered, submissions.AppealFiled)
ASKED: Steps = (*RECEIVED, assignments.InformationRequested, deadlines.DeadlinePaused)
PUBLISHED: Steps = (*RECEIVED, submissions.SubmissionPublished)
OPENED: Steps = (*RECEIVED, assignments.SubCaseOpened)
A_PART: Steps = (assignments.SubCaseReceived,)

LEADS_TO: dict[type[EventData], Steps] = {
    submissions.SubmissionReceived: (),
    submissions.InformationAdded: ASKED,
    submissions.SubmissionReopened: ANSWERED,
    submissions.SubmissionRated: ANSWERED,
    submissions.SubmissionClosed: ANSWERED,
    submissions.AppealFiled: (*ANSWERED, submissions.SubmissionReopened, assignments.SubmissionAnswered),
    submissions.SubmissionHidden: PUBLISHED,
    submissions.FollowerAdded: PUBLISHED,
    submissions.FollowerRemoved: (*PUBLISHED, submissions.FollowerAdded),
    assignments.SubmissionAssigned: (submissions.SubmissionReceived,),
    assignments.TriageRequested: (submissions.SubmissionReceived,),
    assignments.AppealDecided: APPEALED,
    assignments.AnswerSentBack: (*RECEIVED, assignments.AnswerProposed),
    assignments.SubCaseReceived: (),
    assignments.SubCaseInformed: A_PART,
    assignments.SubCaseTakenBack: A_PART,
    assignments.SubCaseClosed: OPENED,
    assignments.SubCaseMoved: OPENED,
    assignments.SubCaseConfided: OPENED,
    assignments.SubmissionUnmerged: (*RECEIVED, assignments.SubmissionMerged),
    assignments.SuggestionImplemented: (*RECEIVED, assignments.SuggestionDecided),
    deadlines.DeadlineResumed: ASKED,
    deadlines.ReplyAwaited: ASKED,
    deadlines.DeadlineEscalated: (*RECEIVED, deadlines.DeadlineBreached),
}
"""Events before it; for all others, that somebody has it and a clock runs."""

STATUSES: dict[type[EventData], Status] = {
    assignments.SubmissionAssigned: Status.RECEIVED,
    assignments.TriageRequested: Status.RECEIVED,
    assignments.AppealDecided: Status.APPEALED,
    assignments.SubmissionUnmerged: Status.MERGED,
    assignments.SuggestionImplemented: Status.ACCEPTED,
    deadlines.DeadlineResumed: Status.AWAITING_CITIZEN,
}
ASSIGNMENT_STATES: dict[type[EventData], State] = {
    submissions.InformationAdded: State.AWAITING_CITIZEN,
    submissions.SubmissionReopened: State.ANSWERED,
    submissions.SubmissionRated: State.ANSWERED,
    submissions.SubmissionClosed: State.ANSWERED,
    submissions.AppealFiled: State.ANSWERED,
    deadlines.DeadlineResumed: State.AWAITING_CITIZEN,
}
"""Where a service owns the case itself, in which state it takes the event."""


def ordinary(model: type[EventData], key: str) -> EventData:
    """As it is on most days, with everything optional there."""
    fields = {n: f for n, f in model.model_fields.items() if n not in ("type", "submission_id")}
    values = {name: ORDINARY.get(name, _first(field)) for name, field in fields.items()}
    return model.model_validate({"submission_id": key} | values)


ORDINARY: dict[str, Any] = {
    "from_state": "assigned",
    "to_state": "assigned",
    "entity": "works",
    "from_entity": "ewa",
    "question_id": "q1",
    "sub_case": "1",
    "target": "answer",
    "decision": "accepted",
}


def _first(field: Any) -> Any:
    return next(each for each in values_of(field.annotation, tuple(field.metadata)) if each is not None)


def lead_to(model: type[EventData], key: str) -> list[Document]:
    """The events that come before one of this type, each with its place in the sequence."""
    places = {topic.name: itertools.count(1) for topic in BY_EVENT.values()}
    steps = LEADS_TO.get(model, RECEIVED) if "submission_id" in model.model_fields else ()
    found = []
    for number, step in enumerate(steps):
        data = ordinary(step, key)
        place = next(places[BY_EVENT[step].name])
        found.append(entry_of(data, place, NOW - timedelta(minutes=60 - number), key))
    return found


Put = Callable[[ServiceUnderTest, Sequence[str]], None]


def every_state(service: ServiceUnderTest) -> Iterator[tuple[str, Put]]:
    """Each state of the table of a service that owns the case."""
    if service.name == "intake":
        yield from ((f"status {status}", _submissions(status)) for status in Status)
    if service.name == "router":
        yield from ((f"state {state}", _assignments(state)) for state in State)


def allowing(service: ServiceUnderTest, model: type[EventData]) -> Put:
    """Puts the cases of these ids into a state that allows an event of this type."""
    if service.name == "intake":
        return _submissions(STATUSES.get(model, Status.IN_PROGRESS))
    if service.name == "router" and model is not submissions.SubmissionReceived:
        return _assignments(ASSIGNMENT_STATES.get(model, State.ASSIGNED))

    def led(service: ServiceUnderTest, ids: Sequence[str]) -> None:
        for entries in zip(*(lead_to(model, id) for id in ids), strict=True):
            assert service.given(entries) == {}

    return led


def _submissions(status: Status) -> Put:
    def put(service: ServiceUnderTest, ids: Sequence[str]) -> None:
        for number, id in enumerate(ids):
            _store(service, "submissions", id, a_submission(status, f"R-{number}"))

    return put


def _assignments(state: State) -> Put:
    def put(service: ServiceUnderTest, ids: Sequence[str]) -> None:
        for id in ids:
            _store(service, "assignments", id, an_assignment(state))

    return put


def _store(service: ServiceUnderTest, collection: str, id: str, state: Any) -> None:
    aggregate: StoredAggregate[Any] = StoredAggregate(id)
    aggregate.apply(Decision(state), "/tawasul/test", NOW, Cause("c"))
    service.database[collection].store(aggregate.document())


def a_submission(status: Status, reference: str) -> Submission:
    """Everything there that a fact of another service might look at."""
    asked = Question(id="q1", text="Where?", asked_at=NOW) if status is Status.AWAITING_CITIZEN else None
    entry = TimelineEntry(id="e1", at=NOW, type="SubmissionReceived", from_status="received", to_status="received")
    return Submission(
        reference=reference,
        kind="complaint",
        text="There is a pothole.",
        language="en",
        channel="web",
        received_at=NOW,
        status=status,
        status_before_merge=Status.ASSIGNED if status is Status.MERGED else None,
        entity="works",
        parts={"1": "ewa"},
        taking_part=["ewa"],
        question=asked,
        timeline=[entry],
    )
