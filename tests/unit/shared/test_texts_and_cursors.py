"""Texts of people, and cursors of lists."""

import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pydantic import TypeAdapter, ValidationError
from shared.http.cursors import read_cursor
from shared.http.problems import Problem
from shared.reference.texts import free_text
from shared.storage.cursors import PATTERN, write_cursor

TEXT: TypeAdapter[str] = TypeAdapter(free_text(20))


def test_control_characters_are_taken_out_and_lines_stay() -> None:
    assert TEXT.validate_python(" a\x00b\x1b\nc\t ") == "ab\nc"


@pytest.mark.parametrize("text", ["", "  ", "\x00\x01", "a" * 21])
def test_nothing_and_too_much_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TEXT.validate_python(text)


def test_a_cursor_is_read_as_it_was_written() -> None:
    place = datetime(2026, 11, 24, 9, 12, 33, 123_000, UTC), str(uuid4())
    assert read_cursor(write_cursor(place)) == place
    assert read_cursor(None) is None
    assert re.fullmatch(PATTERN, write_cursor(place))


def test_a_link_of_before_cursors_had_a_pattern_still_leads_on() -> None:
    at, id = datetime(2026, 11, 24, 9, 12, 33, 123_000, UTC), str(uuid4())
    older = urlsafe_b64encode(f"{round(at.timestamp() * 1_000)} {id}".encode()).decode().rstrip("=")
    assert read_cursor(older) == (at, id)


@pytest.mark.parametrize("cursor", ["", "x", "%%%", "é", "MSB4"])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Problem) as refused:
        read_cursor(cursor)
    assert refused.value.status == 422
