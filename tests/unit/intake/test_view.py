"""The tracking page offers exactly the possible commands, with their ends and the remaining time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from types import SimpleNamespace
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from intake.submissions.errors import Refused
from intake.submissions.life import COMMANDS, Status
from intake.submissions.model import Attachment, Submission
from intake.submissions.time_limits import Limits
from intake.timeline.commands import apply_event
from intake.tracking import commands as citizen
from intake.tracking.page_view import View, ends, possible, view
from shared.events.assignments import SubCaseClosed, SubCaseMoved, SubCaseOpened
from shared.events.envelope import Cause, OutgoingEvent, seal
from shared.events.model import SubmissionEvent
from shared.reference.directory import Directory
from shared.web import catalogues, pages
from shared.web.formats import Formats

from tests.support.intake import NOON, a_submission

LIMITS = Limits()
CATALOGUES = catalogues.load([pages.HERE / "locale"])
A_PHOTO = Attachment(id="a1", media_type="image/jpeg", size=9, name="lamp.jpg", at=NOON)
DAY = timedelta(days=1)
ID = str(uuid4())

DOES: dict[str, Callable[[Submission], object]] = {
    "add_information": lambda state: citizen.add_information(ID, state, "more", None, LIMITS, NOON),
    "answer_question": lambda state: citizen.add_information(ID, state, "that one", "q1", LIMITS, NOON),
    "attach": lambda state: citizen.attach(ID, state, [A_PHOTO], LIMITS, NOON),
    "withdraw": lambda state: citizen.withdraw(ID, state, None, NOON),
    "rate": lambda state: citizen.rate(ID, state, 4, [], None, NOON),
    "reopen": lambda state: citizen.reopen(ID, state, "why", LIMITS, NOON),
    "appeal": lambda state: citizen.appeal(ID, state, "why", LIMITS, NOON),
}
BY_NOBODY = {"close", "reject"}
"""Commands that no citizen gives."""


def is_done(command: str, submission: Submission) -> bool:
    try:
        DOES[command](submission)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("status", Status)
def test_what_is_offered_is_what_would_be_done_and_nothing_else(status: Status) -> None:
    assert set(DOES) == set(COMMANDS) - BY_NOBODY
    ages = (None, 1, 29, 31)
    for age, reopenings, appealed in product(ages, (0, 1), (None, NOON)):
        answered_at = NOON - age * DAY if age else None
        submission = a_submission(status, answered_at=answered_at, reopenings=reopenings, appealed_at=appealed)
        done = {command for command in DOES if is_done(command, submission)}
        assert possible(submission, LIMITS, NOON) - BY_NOBODY == done, (status, age, reopenings, appealed)


def drawn(language: str, submission: Submission, now: datetime = NOON) -> View:
    formats = Formats(language, ZoneInfo("Asia/Bahrain"), CATALOGUES[language])
    words: Any = SimpleNamespace(formats=lambda lang: formats, messages=lambda lang: CATALOGUES[lang])
    return view(submission, Directory(), LIMITS, words, language, now)


def test_the_page_tells_until_when_an_answer_can_be_rated_and_reopened() -> None:
    answered = NOON - DAY
    submission = a_submission(Status.ANSWERED, close_at=answered + LIMITS.close_after)
    assert drawn("en", submission).until == {"rate": answered + 14 * DAY, "reopen": answered + 30 * DAY}
    again = submission.model_copy(update={"reopenings": 1})
    assert drawn("en", again).until == {"rate": answered + 14 * DAY, "appeal": answered + 30 * DAY}
    assert drawn("en", a_submission(Status.CLOSED, answered_at=NOON - 40 * DAY)).until == {}
    assert ends(a_submission(), LIMITS) == {}


def test_the_page_tells_how_much_working_time_is_left_while_it_runs() -> None:
    opens = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    windows = [(opens + n * DAY, opens + n * DAY + timedelta(hours=7)) for n in range(4)]
    running: dict[str, Any] = {"due_at": windows[-1][1], "windows": windows}
    late = windows[-1][1] + DAY
    said = [
        (drawn(language, a_submission(status, **running), now).left, drawn("en", a_submission(status), now).left)
        for language, status, now in (
            ("en", Status.ASSIGNED, NOON),
            ("ar", Status.IN_PROGRESS, NOON),
            ("en", Status.IN_PROGRESS, windows[-1][1] - timedelta(minutes=20)),
        )
    ]
    assert said == [("3 working days", None), ("3 أيام عمل", None), ("20 working minutes", None)]
    for status in (Status.AWAITING_CITIZEN, Status.ANSWERED, Status.CLOSED, Status.WITHDRAWN):
        assert drawn("en", a_submission(status, **running)).left is None
    assert drawn("en", a_submission(Status.ASSIGNED, **running), late).is_late
    assert not drawn("en", a_submission(Status.AWAITING_CITIZEN, **running), late).is_late


def test_its_author_sees_which_entities_take_part_and_not_what_officials_write_one_another() -> None:
    about: dict[str, Any] = {"submission_id": ID, "from_state": "assigned", "to_state": "assigned", "sub_case": "1"}
    said = {"entity": "ewa", "official": "officer.works", "text": "Ask him whether he paid."}
    facts: list[tuple[SubmissionEvent, list[str]]] = [
        (SubCaseOpened(**about, **said), ["ewa"]),
        (SubCaseClosed(**about, **said), ["ewa"]),
        (SubCaseOpened(**about | {"sub_case": "2"}, **said), ["ewa"]),
        (SubCaseMoved(**about, **said | {"entity": "police", "from_entity": "ewa"}), ["ewa", "police"]),
        (SubCaseClosed(**about, **said | {"entity": "police"}, outcome="taken_back"), ["ewa"]),
        (SubCaseMoved(**about | {"sub_case": "2"}, **said | {"entity": "health", "from_entity": "ewa"}), ["health"]),
    ]
    state = a_submission(Status.ASSIGNED)
    for data, taking_part in facts:
        decision = apply_event(state, seal(OutgoingEvent(data), ID, 1, "/tawasul/router", NOON, Cause("test")), LIMITS)
        assert decision is not None
        state = decision.state
        assert (state.status, state.taking_part) == (Status.ASSIGNED, taking_part)
    outcomes = [entry.details.get("outcome") for entry in state.timeline[-6:]]
    assert outcomes == [None, "answered", None, None, "taken_back", None]
    assert "paid" not in state.model_dump_json()
