"""Who is told of what: the table is complete, and every row of it can be written in both languages."""

from typing import Any

import pytest
import yaml
from notifier.cases.model import Case, Follower
from notifier.message_templates.model import LANGUAGES
from notifier.planning.commands import EVENT_TYPES, tell
from notifier.planning.table import SUBSCRIBER, Row, Table
from notifier.settings import TABLE

from tests.support.notifier import NOW, a_directory, a_fact, an_event, received, the_messages, the_table

ROWS = [row for row in the_table().rows if row.event != "DeadlinesMoved" and row.audience != SUBSCRIBER]
"""Of submissions; what entities are told is in test_telling_entities.py, what is announced in test_announcing.py."""


def test_every_event_type_has_rows_or_stands_under_nobody() -> None:
    assert the_table().forgotten(list(EVENT_TYPES)) == []
    assert the_table().unknown(list(EVENT_TYPES)) == []


def test_an_event_type_that_is_told_to_somebody_and_to_nobody_is_refused() -> None:
    table = yaml.safe_load(TABLE.read_text("utf-8"))
    table["nobody"].append("SubmissionReceived")
    with pytest.raises(ValueError, match="SubmissionReceived"):
        Table.model_validate(table)


def test_a_row_fits_by_the_states_left_and_reached() -> None:
    row = Row.model_validate(
        {"event": "SubmissionAssigned", "from": "in_triage", "to": "assigned", "audience": "author", "template": "t"}
    )
    assert row.fits(a_fact("SubmissionAssigned", from_state="in_triage", to_state="assigned"))
    assert not row.fits(a_fact("SubmissionAssigned", from_state="received", to_state="assigned"))
    assert not row.fits(a_fact("SubmissionAssigned", from_state="in_triage", to_state="closed"))


def test_a_row_of_some_deadlines_fits_no_other() -> None:
    row = Row.model_validate({"event": "DeadlineBreached", "target": ["update"], "audience": "team", "template": "t"})
    assert row.fits(a_fact("DeadlineBreached", target="update"))
    assert not row.fits(a_fact("DeadlineBreached", target="answer"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.event}-{row.audience}-{row.template}")
def test_every_row_reaches_its_audience_in_words_that_are_whole(row: Row, language: str) -> None:
    case = told_case(language)
    states = {name: state for name in ("from_state", "to_state") if (state := getattr(row, name))}
    target = {"target": row.target[0]} if row.target else {}
    fact = a_fact(row.event, language=language, **states, **target)
    decision = tell(case, an_event(fact), a_directory(), the_table(), NOW)
    planned = [document for _, document in decision.records if document["template"] == row.template]
    assert {document["channel"] for document in planned} == set(row.channels)

    messages = the_messages()
    for document in planned:
        rendered = messages.render(row.template, language, document["params"], "Maryam", "https://x.example/1")
        brief = messages.brief(row.template, language, document["params"])
        for written in (rendered.subject, rendered.text, rendered.html, brief.title, brief.text):
            assert written.strip()
            assert "None" not in written
            assert "{{" not in written
        assert "7K3MX-QPA42" in rendered.subject
        assert "https://x.example/1" in rendered.text
        assert 'href="https://x.example/1"' in rendered.html


def told_case(language: str) -> Case:
    decision = tell(None, an_event(received(language=language)), a_directory(), the_table(), NOW)
    state: Any = decision.state
    followers = (
        Follower(subject="citizen.yusuf", language=language),
        Follower(subject="follower-1", language=language, contact="s/follower-1"),
    )
    return Case.model_validate(state.model_copy(update={"entity": "works", "followers": followers}).model_dump())
