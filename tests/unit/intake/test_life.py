"""Every command and every fact in every status: the tables are the specification."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from intake.official_files.commands import add_official_files
from intake.submissions.errors import (
    AppealedBefore,
    EnoughAdded,
    NotPossible,
    QuestionNotOpen,
    ReopenedBefore,
    ReopenFirst,
    TooLateToAppeal,
    TooLateToReopen,
    TooManyFiles,
)
from intake.submissions.life import (
    ANSWERED,
    COMMANDS,
    ENDED,
    FACTS,
    FINISHED,
    HELD,
    TAKES_OFFICIAL_FILES,
    UNDER_WAY,
    Status,
)
from intake.submissions.model import Attachment, Submission
from intake.submissions.time_limits import Limits
from intake.timeline.commands import FACTS_OF_OTHERS, UNFITTING, apply_event
from intake.tracking import commands as citizen
from intake.tracking.json_view import submission_json
from intake.tracking.rating import GOOD, POOR, Reason
from shared.events import assignments, deadlines, submissions
from shared.events.directory import EntityChanged
from shared.events.envelope import Cause, Event, OutgoingEvent, seal
from shared.events.model import EventData, Name
from shared.events.topics import BY_EVENT
from shared.reference.directory import Directory
from shared.storage.aggregates import Decision

from tests.support.intake import NOON, a_submission

ID = str(uuid4())
OFFICIAL = {"entity": "works", "text": "words", "official": "officer.works"}
A_PHOTO = Attachment(id="a1", media_type="image/jpeg", size=9, name="lamp.jpg", at=NOON)
DUE = {"target": "answer", "entity": "works", "due_at": NOON}


def unasked(state: Submission) -> Submission:
    return state.model_copy(update={"question": None})


COMMANDS_BY_NAME: dict[str, Any] = {
    "add_information": lambda state: citizen.add_information(ID, unasked(state), "more", None, Limits(), NOON),
    "answer_question": lambda state: citizen.add_information(ID, state, "that one", "q1", Limits(), NOON),
    "attach": lambda state: citizen.attach(ID, state, [A_PHOTO], Limits(), NOON),
    "withdraw": lambda state: citizen.withdraw(ID, state, "solved itself", NOON),
    "rate": lambda state: citizen.rate(ID, state, 5, [Reason.QUICK], "thank you", NOON),
    "reopen": lambda state: citizen.reopen(ID, state, "it is out again", Limits(), NOON),
    "appeal": lambda state: citizen.appeal(ID, state.model_copy(update={"reopenings": 1}), "still out", Limits(), NOON),
}


def fact(model: type[EventData], **fields: Any) -> Event:
    data = model(submission_id=ID, to_state="x", **fields)
    return seal(OutgoingEvent(data), ID, 1, "/tawasul/test", NOON, Cause("test"))


def limit_of(question: str | None) -> Event:
    return fact(deadlines.DeadlineResumed, reason="limit", question_id=question, **DUE)


ASKED = fact(assignments.InformationRequested, question_id="q2", **OFFICIAL)
WAITED_OUT = limit_of("q-waited-out")

FACTS_BY_NAME: dict[str, Event] = {
    "TriageRequested": fact(assignments.TriageRequested, entity="central-office", reason="no rule"),
    "SubmissionAssigned": fact(assignments.SubmissionAssigned, entity="works", decided_by="rule", reason="words"),
    "AssignmentAcknowledged": fact(assignments.AssignmentAcknowledged, entity="works", official="o"),
    "InformationRequested": ASKED,
    "InformationRequested:waited_out": fact(assignments.InformationRequested, question_id="q-waited-out", **OFFICIAL),
    "InterimReplyGiven": fact(assignments.InterimReplyGiven, **OFFICIAL),
    "SubmissionTransferred": fact(
        assignments.SubmissionTransferred, from_entity="works", entity="ewa", reason="theirs", official="o"
    ),
    "SubmissionAnswered": fact(assignments.SubmissionAnswered, reason_code="done", **OFFICIAL),
    "SubmissionDeclined": fact(assignments.SubmissionDeclined, reason_code="court", **OFFICIAL),
    "SuggestionDecided:evaluating": fact(assignments.SuggestionDecided, decision="evaluating", **OFFICIAL),
    "SuggestionDecided:accepted": fact(assignments.SuggestionDecided, decision="accepted", **OFFICIAL),
    "SuggestionDecided:rejected": fact(assignments.SuggestionDecided, decision="rejected", **OFFICIAL),
    "SuggestionImplemented": fact(assignments.SuggestionImplemented, **OFFICIAL),
    "SubmissionMerged": fact(assignments.SubmissionMerged, parent=str(uuid4()), official="o"),
    "AppealDecided:upheld": fact(assignments.AppealDecided, decision="upheld", **OFFICIAL),
    "AppealDecided:dismissed": fact(assignments.AppealDecided, decision="dismissed", **OFFICIAL),
    "DeadlineResumed:limit": limit_of("q1"),
    "DeadlineResumed:limit_of_another": limit_of("q0"),
}


def noted(submission: Submission, event: Event) -> Submission:
    decision = apply_event(submission, event, Limits())
    assert decision is not None
    return decision.state


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("name", COMMANDS_BY_NAME)
def test_a_command_moves_the_status_as_its_row_says_and_is_refused_elsewhere(name: str, status: Status) -> None:
    state = a_submission(status)
    if name == "answer_question" and state.question is None:
        state = a_submission(status, question={"id": "q1", "text": "?", "asked_at": NOON})
    after = COMMANDS[name].get(status)
    if after is None:
        with pytest.raises(NotPossible) as refused:
            COMMANDS_BY_NAME[name](state)
        assert (refused.value.status, refused.value.command) == (status, name)
        return
    decision: Decision[Submission] = COMMANDS_BY_NAME[name](state)
    assert decision.state.status == after
    first = decision.events[0].data
    assert (first.from_state, first.to_state) == (status, after)  # type: ignore[attr-defined]
    assert decision.state.timeline[-1].id == decision.events[0].id


def as_it_stands(name: str, status: Status) -> Submission:
    """With a question open where a row looks at it: a limit is another's only beside one."""
    if name == "DeadlineResumed:limit":
        return a_submission(status, question={"id": "q1", "text": "?", "asked_at": NOON})
    return a_submission(status)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("name", FACTS_BY_NAME)
def test_a_fact_moves_the_status_as_its_row_says_and_is_only_noted_elsewhere(name: str, status: Status) -> None:
    event = FACTS_BY_NAME[name]
    unfitting = UNFITTING.labels(event.type)
    state = noted(as_it_stands(name, status), WAITED_OUT)
    before = unfitting._value.get()
    state = noted(state, event)
    assert state.status == FACTS[name].get(status, status)
    assert state.timeline[-1].id == event.id
    assert unfitting._value.get() == before + (status not in FACTS[name])


def test_every_row_of_facts_is_tried_here() -> None:
    assert set(FACTS_BY_NAME) == set(FACTS)


@pytest.mark.parametrize("event", FACTS_BY_NAME.values(), ids=FACTS_BY_NAME)
def test_a_fact_that_does_not_fit_changes_nothing_but_the_timeline(event: Event) -> None:
    state = a_submission(Status.WITHDRAWN, entity="central-office")
    after = noted(state, event)
    assert after.model_copy(update={"timeline": [], "due_at": None, "updated_at": None}) == state


def test_what_clocks_and_messages_say_is_no_change_of_the_matter_unless_its_status_moves() -> None:
    assigned = noted(a_submission(), FACTS_BY_NAME["SubmissionAssigned"])
    met = noted(
        assigned.model_copy(update={"updated_at": None}),
        fact(deadlines.DeadlineMet, met_at=NOON, in_time=True, consumed_seconds=9, **DUE),
    )
    assert (assigned.updated_at, met.updated_at, len(met.timeline)) == (NOON, None, len(assigned.timeline) + 1)
    waiting = a_submission(Status.AWAITING_CITIZEN, question={"id": "q1", "text": "?", "asked_at": NOON})
    assert (noted(waiting, limit_of("q0")).updated_at, noted(waiting, limit_of("q1")).updated_at) == (None, NOON)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("question", ["q1", "q0", None])
def test_a_limit_ends_the_waiting_for_its_own_question_alone(question: str | None, status: Status) -> None:
    before = a_submission(status)
    after = noted(before, limit_of(question))
    ends = status == Status.AWAITING_CITIZEN and question == "q1"
    assert after.status == (Status.IN_PROGRESS if ends else status)
    assert after.question == (None if ends else before.question)


def test_a_newer_question_is_shown_before_the_limit_of_the_older_is_read_and_stays_open_after_it() -> None:
    newer = noted(a_submission(Status.AWAITING_CITIZEN), ASKED)
    assert newer.question is not None
    assert (newer.status, newer.question.id) == (Status.AWAITING_CITIZEN, "q2")
    late = noted(newer, limit_of("q1"))
    assert (late.status, late.question) == (Status.AWAITING_CITIZEN, newer.question)
    assert citizen.add_information(ID, late, "lamp 7", "q2", Limits(), NOON).state.status == Status.IN_PROGRESS


@pytest.mark.parametrize("status", sorted(HELD))
def test_a_question_whose_limit_was_read_first_is_not_waited_for(status: Status) -> None:
    after = noted(noted(a_submission(status), limit_of("q2")), ASKED)
    assert (after.status, after.question) == (Status.IN_PROGRESS, None)
    stored = Submission.model_validate(noted(a_submission(status), limit_of("q2")).model_dump())
    assert noted(stored, ASKED).question is None
    another = noted(after, fact(assignments.InformationRequested, question_id="q3", **OFFICIAL))
    assert another.status == Status.AWAITING_CITIZEN


def test_what_was_reopened_and_declined_in_triage_is_declined() -> None:
    assert noted(a_submission(Status.REOPENED), FACTS_BY_NAME["SubmissionDeclined"]).status == Status.DECLINED


def test_another_category_is_taken_over_in_every_status() -> None:
    event = fact(
        assignments.SubmissionRecategorised, entity="works", category="roads.lighting", official="officer.works"
    )
    for status in Status:
        assert noted(a_submission(status, category="roads"), event).category == "roads.lighting"


def test_what_may_be_added_has_an_end_but_an_answer_is_always_welcome() -> None:
    limits = Limits(additions=2)
    state = a_submission(Status.IN_PROGRESS)
    for _ in range(limits.additions):
        state = citizen.add_information(ID, state, "more", None, limits, NOON).state
    with pytest.raises(EnoughAdded):
        citizen.add_information(ID, state, "and more", None, limits, NOON)
    asked = noted(state, ASKED)
    assert citizen.add_information(ID, asked, "lamp 7", "q2", limits, NOON).state.status == Status.IN_PROGRESS


def test_every_fact_of_others_belongs_to_a_topic_of_others() -> None:
    assert {BY_EVENT[event].owner for event in FACTS_OF_OTHERS} == {"router", "sla-monitor", "notifier"}


def test_a_fact_about_a_submission_that_is_not_here_is_counted_and_dropped() -> None:
    event = FACTS_BY_NAME["SubmissionAnswered"]
    assert apply_event(None, event, Limits()) is None


@pytest.mark.parametrize("status", sorted(HELD))
def test_after_unmerging_the_state_before_is_back(status: Status) -> None:
    merged = noted(a_submission(status), FACTS_BY_NAME["SubmissionMerged"])
    assert merged.status == Status.MERGED
    event = fact(assignments.SubmissionUnmerged, parent=str(uuid4()), official="o")
    assert noted(merged, event).status == status


def test_what_is_under_way_ends_somewhere() -> None:
    ends = {after for row in [*COMMANDS.values(), *FACTS.values()] for after in row.values()} - UNDER_WAY
    assert ends >= {Status.ANSWERED, Status.CLOSED, Status.WITHDRAWN, Status.DECLINED, Status.MERGED}


def test_a_question_opens_and_only_its_own_answer_closes_it() -> None:
    asked = noted(a_submission(Status.IN_PROGRESS), FACTS_BY_NAME["InformationRequested"])
    assert asked.question is not None
    with pytest.raises(QuestionNotOpen):
        citizen.add_information(ID, asked, "an old answer", "q1", Limits(), NOON)
    answered = citizen.add_information(ID, asked, "lamp 7", "q2", Limits(), NOON).state
    assert (answered.status, answered.question) == (Status.IN_PROGRESS, None)


def test_an_information_without_the_questions_id_answers_the_open_one() -> None:
    asked = noted(a_submission(Status.IN_PROGRESS), FACTS_BY_NAME["InformationRequested"])
    decision = citizen.add_information(ID, asked, "lamp 7", None, Limits(additions=0), NOON)
    assert (decision.state.status, decision.state.question) == (Status.IN_PROGRESS, None)
    [draft] = decision.events
    assert isinstance(draft.data, submissions.InformationAdded)
    assert draft.data.answers == "q2"  # by which the clock and the desk know that the waiting is over


def test_a_due_time_that_cannot_be_computed_is_none_until_it_is_told_again() -> None:
    def told(model: type[deadlines.DeadlineEvent], **more: Any) -> Event:
        return fact(model, target="answer", entity="works", **more)

    due = noted(a_submission(Status.ASSIGNED), told(deadlines.DeadlineMoved, due_at=NOON, reason="assigned"))
    unknown = noted(due, told(deadlines.DeadlineUnknown, since=NOON))
    assert (unknown.status, unknown.due_at, unknown.due_unknown_since) == (Status.ASSIGNED, None, NOON)
    again = noted(unknown, told(deadlines.DeadlineMoved, due_at=NOON, reason="counted_again"))
    assert (again.due_at, again.due_unknown_since) == (NOON, None)


def test_an_appeal_ends_the_entitys_due_time_and_the_central_offices_is_shown() -> None:
    directory = Directory()
    for id, kind in (("works", "ministry"), ("central-office", "central")):
        entity = EntityChanged(entity=id, name=Name(ar=id, en=id), kind=kind, calendar="government", active=True)
        directory.entities[id] = entity
    answered = a_submission(Status.ANSWERED, entity="works", due_at=NOON, reopenings=1)
    appealed = citizen.appeal(ID, answered, "still out", Limits(), NOON).state
    at_once = submission_json(appealed, directory)
    assert (at_once.entity, at_once.due_at) == ("central-office", None)
    assert at_once.entity_name == Name(ar="central-office", en="central-office")
    due = NOON + timedelta(days=3)
    moved = fact(deadlines.DeadlineMoved, target="answer", entity="central-office", due_at=due, reason="appeal_filed")
    told = noted(appealed, moved)
    assert (submission_json(told, directory).entity, submission_json(told, directory).due_at) == ("central-office", due)
    upheld = noted(told, FACTS_BY_NAME["AppealDecided:upheld"])
    assert submission_json(upheld, directory).entity == upheld.entity


def test_an_information_on_what_was_merged_answers_no_question() -> None:
    merged = noted(noted(a_submission(Status.IN_PROGRESS), ASKED), FACTS_BY_NAME["SubmissionMerged"])
    assert merged.question is not None
    [draft] = citizen.add_information(ID, merged, "lamp 7", None, Limits(), NOON).events
    assert isinstance(draft.data, submissions.InformationAdded)
    assert draft.data.answers is None


def test_a_rating_closes_and_says_so() -> None:
    reasons = [Reason.SLOW, Reason.UNSOLVED, Reason.SLOW]
    decision = citizen.rate(ID, a_submission(Status.ANSWERED), 2, reasons, None, NOON)
    assert [draft.data.type for draft in decision.events] == ["SubmissionRated", "SubmissionClosed"]
    assert decision.state.close_at is None
    assert decision.events[0].data.reasons == ("slow", "unsolved")  # type: ignore[attr-defined]
    assert decision.state.timeline[-1].details == {"score": 2, "reasons": ["slow", "unsolved"]}


def test_an_answer_starts_the_time_after_which_it_closes_by_itself() -> None:
    limits = Limits()
    answered = noted(a_submission(Status.IN_PROGRESS), FACTS_BY_NAME["SubmissionAnswered"])
    assert answered.close_at == NOON + limits.close_after
    assert citizen.close(ID, answered, NOON) is None
    closed = citizen.close(ID, answered, NOON + limits.close_after)
    assert closed is not None
    assert closed.state.status == Status.CLOSED


def test_it_is_reopened_once_and_not_for_ever() -> None:
    limits = Limits()
    late = a_submission(Status.CLOSED, answered_at=NOON - limits.reopen_within * 2)
    with pytest.raises(TooLateToReopen):
        citizen.reopen(ID, late, "again", limits, NOON)
    with pytest.raises(ReopenedBefore):
        citizen.reopen(ID, a_submission(Status.ANSWERED, reopenings=1), "again", limits, NOON)


def test_an_appeal_follows_a_second_answer_once_and_not_for_ever() -> None:
    limits = Limits()
    with pytest.raises(ReopenFirst):
        citizen.appeal(ID, a_submission(Status.ANSWERED), "no", limits, NOON)
    with pytest.raises(AppealedBefore):
        citizen.appeal(ID, a_submission(Status.CLOSED, reopenings=1, appealed_at=NOON), "no", limits, NOON)
    late = a_submission(Status.CLOSED, reopenings=1, answered_at=NOON - limits.appeal_within * 2)
    with pytest.raises(TooLateToAppeal):
        citizen.appeal(ID, late, "no", limits, NOON)
    appealed = citizen.appeal(ID, a_submission(Status.ANSWERED, reopenings=1, close_at=NOON), "no", limits, NOON).state
    assert (appealed.close_at, appealed.appealed_at) == (None, NOON)


def test_a_dismissed_appeal_closes_and_says_so() -> None:
    decision = apply_event(a_submission(Status.APPEALED), FACTS_BY_NAME["AppealDecided:dismissed"], Limits())
    assert decision is not None
    (closed,) = (draft.data for draft in decision.events)
    assert (closed.type, closed.from_state, closed.reason) == ("SubmissionClosed", "appealed", "appeal_dismissed")  # type: ignore[attr-defined]
    unfitting = apply_event(a_submission(Status.CLOSED), FACTS_BY_NAME["AppealDecided:dismissed"], Limits())
    assert unfitting is not None
    assert not unfitting.events


def test_every_reason_of_a_rating_is_asked_for_once() -> None:
    assert sorted((*GOOD, *POOR)) == sorted(Reason)


def test_a_person_finds_each_of_their_own_under_one_filter_of_its_progress() -> None:
    for status in Status:
        assert [status in kind for kind in (UNDER_WAY, ANSWERED, FINISHED)].count(True) == 1


def test_a_suggestion_that_was_taken_up_is_answered_and_has_ended() -> None:
    assert {Status.ACCEPTED, Status.IMPLEMENTED} <= ANSWERED & ENDED


@pytest.mark.parametrize("status", Status)
def test_officials_put_files_to_what_they_can_still_write_about(status: Status) -> None:
    state = a_submission(status)
    if status not in TAKES_OFFICIAL_FILES:
        with pytest.raises(NotPossible):
            add_official_files(ID, state, [A_PHOTO], "works", "officer.works", Limits())
        return
    decision = add_official_files(ID, state, [A_PHOTO], "works", "officer.works", Limits())
    assert decision is not None
    assert (decision.state.status, decision.state.timeline, decision.state.evidence) == (status, state.timeline, [])
    assert decision.state.file_ids == {"a1"}
    more = [A_PHOTO.model_copy(update={"id": f"b{number}"}) for number in range(20)]
    with pytest.raises(TooManyFiles):
        add_official_files(ID, decision.state, more, "works", "officer.works", Limits())
