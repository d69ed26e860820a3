"""An erased person: what goes, what stays, and that nothing brings anyone back."""

from datetime import timedelta
from typing import Any, get_args

import pytest
from intake.abuse.hold import Hold
from intake.erasure.commands import complete, erase
from intake.http.words import FACTS
from intake.publication.commands import agree
from intake.publication.model import Publication, PublicationState
from intake.submissions.errors import PersonForgotten
from intake.submissions.life import COMMANDS, Status
from intake.submissions.model import (
    FORGOTTEN,
    REDUCED,
    STATISTICS,
    Attachment,
    Eraser,
    Erasure,
    Submission,
    TimelineEntry,
)
from intake.submissions.time_limits import Limits
from intake.timeline.commands import apply_event
from intake.tracking import commands as citizen
from shared.events.assignments import InformationRequested, SubmissionAnswered
from shared.events.deadlines import DeadlineResumed
from shared.events.envelope import Cause, Event, OutgoingEvent, seal
from shared.events.model import Channel, EventData, Kind, Location
from shared.events.submissions import SubmissionReceived
from shared.events.topics import CONTACTS
from shared.storage.aggregates import Decision

from tests.support.intake import NOON, a_submission

ID = "0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11"
ASKED = Erasure(at=NOON, by="citizen", reason="asked")
PERSONAL = ("lamp", "Maryam", "maryam", "Road 2825", "50.5", "photo", "hash-of-it", "thank you", "which one")


def a_full_one(status: Status = Status.ANSWERED, **changed: Any) -> Submission:
    """Every field holds something of its author."""
    told = TimelineEntry(
        id="e1",
        at=NOON,
        type="SubmissionTransferred",
        from_status=Status.ASSIGNED,
        to_status=status,
        text="Maryam's lamp",
        details={"reason": "Maryam lives elsewhere", "decision": "upheld", "attachments": ["photo"]},
    )
    known: dict[str, Any] = {
        "answers": {"lights": "which one"},
        "author": "maryam",
        "contact_id": "author",
        "confirmation": "confirmed",
        "fingerprint": "hash-of-it",
        "location": Location(lat=26.2, lon=50.5, block="428", address="Road 2825"),
        "question": {"id": "q1", "text": "which one?", "asked_at": NOON},
        "rating": {"score": 4, "comment": "thank you", "at": NOON},
        "attachments": [Attachment(id="photo", media_type="image/png", size=1, name="maryam.png", at=NOON)],
        "publication": Publication(state=PublicationState.PUBLISHED, text="the lamp"),
        "timeline": [told],
    }
    return a_submission(status, **known | changed)


def erased(submission: Submission) -> Decision[Submission]:
    return erase(ID, submission, ASKED, NOON)


def fact(data: EventData) -> Event:
    return seal(OutgoingEvent(data), ID, 9, "/tawasul/test", NOON, Cause("test"))


def types(decision: Decision[Submission]) -> list[str]:
    return [draft.data.type for draft in decision.events]


def test_every_field_of_a_submission_stays_is_reduced_or_goes() -> None:
    """A new field that holds something of a person is not forgotten here."""
    assert set(Submission.model_fields) == STATISTICS | REDUCED | FORGOTTEN
    assert not STATISTICS & REDUCED | STATISTICS & FORGOTTEN | REDUCED & FORGOTTEN


def test_nobody_and_no_words_are_left() -> None:
    left = erased(a_full_one()).state.model_dump_json()
    assert [word for word in PERSONAL if word in left] == []


def test_the_statistics_are_left() -> None:
    before = a_full_one(category="roads.lighting", entity="works")
    after = erased(before).state
    counted = set(STATISTICS - {"erasure", "updated_at"})
    assert after.model_dump(include=counted) == before.model_dump(include=counted)
    assert after.rating is not None
    assert (after.rating.score, after.location) == (4, Location(block="428"))
    assert [(entry.type, entry.details) for entry in after.timeline[:1]] == [
        ("SubmissionTransferred", {"decision": "upheld"})
    ]


def test_it_is_told_to_everybody_and_the_contact_gets_a_tombstone() -> None:
    decision = erased(a_full_one(publication=None))
    assert types(decision) == ["PersonErased"]
    keys = ("author", "author/confirmed", "author/number-confirmed")
    assert decision.tombstones == [(CONTACTS, f"{ID}/{key}") for key in keys]


@pytest.mark.parametrize("status", Status)
def test_what_is_under_way_is_withdrawn_first(status: Status) -> None:
    decision = erased(a_submission(status))
    is_under_way = status in COMMANDS["withdraw"]
    assert types(decision) == (["SubmissionWithdrawn", "PersonErased"] if is_under_way else ["PersonErased"])
    assert decision.state.status == (Status.WITHDRAWN if is_under_way else status)
    assert decision.state.timeline[-1].type == "PersonErased"


@pytest.mark.parametrize("by", get_args(Eraser))
def test_the_timeline_says_who_erased_and_not_that_its_author_withdrew_it(by: str) -> None:
    reason = "retention" if by == "retention" else "asked"
    erasure = Erasure.model_validate({"at": NOON, "by": by, "reason": reason})
    told = erase(ID, a_submission(Status.ASSIGNED), erasure, NOON).state.timeline
    assert [(entry.type, entry.details) for entry in told] == [
        ("SubmissionWithdrawn", {"by": by}),
        ("PersonErased", {"by": by}),
    ]
    assert f"PersonErased:{by}" in FACTS
    assert by == "retention" or f"SubmissionWithdrawn:{by}" in FACTS, "what is kept too long had ended before"


def test_what_the_public_sees_is_taken_from_it() -> None:
    decision = erased(a_full_one())
    assert types(decision) == ["SubmissionHidden", "PersonErased"]
    assert decision.state.publication is None


def test_of_what_is_held_nobody_hears_a_word() -> None:
    """Its own events wait in its document for a moderator: they go with it, and never leave."""
    received = SubmissionReceived(
        submission_id=ID,
        to_state="received",
        reference="7K3MX-QPA42",
        kind=Kind.COMPLAINT,
        text="Maryam's lamp",
        language="en",
        channel=Channel.WEB,
        received_at=NOON,
    )
    hold = Hold(at=NOON, entries=["e1"]).with_waiting([OutgoingEvent(received)])
    decision = erased(a_full_one(Status.RECEIVED, hold=hold, publication=None))
    assert types(decision) == ["SubmissionWithdrawn", "PersonErased"]
    assert not decision.state.is_held
    assert [word for word in PERSONAL if word in decision.state.model_dump_json()] == []


def test_a_second_time_changes_nothing_and_tells_it_again() -> None:
    first = erased(a_full_one()).state
    again = erase(ID, first, Erasure(at=NOON + timedelta(days=1), by="central", reason="court_order"), NOON)
    assert again.state == first
    assert (types(again), len(again.tombstones)) == (["PersonErased"], 3)


def test_later_facts_bring_no_words_back_and_still_move_it() -> None:
    appealed = erased(a_submission(Status.APPEALED)).state
    said = {"submission_id": ID, "entity": "works", "official": "o", "text": "Maryam, which lamp?"}
    moved = apply_event(appealed, fact(InformationRequested(to_state="x", question_id="q2", **said)), Limits())
    answered = apply_event(
        erased(a_full_one(Status.ANSWERED)).state,
        fact(SubmissionAnswered(to_state="answered", reason_code="done", **said)),
        Limits(),
    )
    for decision in (moved, answered):
        assert decision is not None
        assert "Maryam" not in decision.state.model_dump_json()
        assert decision.state.timeline[-1].type in ("InformationRequested", "SubmissionAnswered")


def test_whether_a_question_was_waited_for_is_still_known() -> None:
    limit = DeadlineResumed(
        submission_id=ID,
        to_state="running",
        reason="limit",
        question_id="q1",
        target="answer",
        entity="works",
        due_at=NOON,
    )
    followed = apply_event(erased(a_submission(Status.APPEALED)).state, fact(limit), Limits())
    assert followed is not None
    assert followed.state.is_waited_out("q1")


@pytest.mark.parametrize(
    "command",
    [
        lambda state: citizen.add_information(ID, state, "more", None, Limits(), NOON),
        lambda state: citizen.withdraw(ID, state, "why", NOON),
        lambda state: citizen.rate(ID, state, 5, [], "why", NOON),
        lambda state: citizen.reopen(ID, state, "why", Limits(), NOON),
        lambda state: citizen.appeal(ID, state, "why", Limits(), NOON),
        lambda state: agree(ID, state, True, NOON),
        lambda state: citizen.attach(
            ID,
            state,
            [Attachment(id="a", media_type="image/png", size=1, name="n", at=NOON)],
            Limits(),
            NOON,
            sent_with_it=True,
        ),
    ],
)
def test_nothing_can_be_said_about_it_any_more(command: Any) -> None:
    with pytest.raises(PersonForgotten):
        command(erased(a_submission(Status.ANSWERED)).state)


def test_it_still_closes_by_itself() -> None:
    waiting = erased(a_submission(Status.ANSWERED, close_at=NOON)).state
    closed = citizen.close(ID, waiting, NOON)
    assert closed is not None
    assert closed.state.status == Status.CLOSED


def test_it_is_complete_once_what_lies_beside_it_is_gone() -> None:
    state = erased(a_full_one()).state
    done = complete(state)
    assert done is not None
    assert done.state.erasure is not None
    assert done.state.erasure.is_complete
    assert complete(done.state) is None
    assert complete(a_submission()) is None
