"""`If-Match`: one version, a list of which any will do, or whatever is there (RFC 9110, 13.1.1)."""

import re

import pytest
from shared.http.commands import IF_MATCH, SeenVersions, differs, if_match
from shared.http.problems import Problem
from starlette.requests import Request


def read(*lines: str) -> SeenVersions:
    headers = [(b"if-match", line.encode("latin-1")) for line in lines]
    return if_match(Request({"type": "http", "headers": headers}), lines[0] if lines else None)


@pytest.mark.parametrize(
    ("sent", "current", "others"),
    [
        ('"7"', {7}, {6, 8}),
        ("7", {7}, {6, 8}),
        ('W/"7"', {7}, {6, 8}),
        ('"7", "8"', {7, 8}, {6}),
        ('"7",W/"8" , "9"', {7, 8, 9}, {6}),
        (' , "7",, "8"', {7, 8}, {6}),
        ('"another", "7"', {7}, {6}),
        ('"another"', set(), {0, 7}),
        ('""', set(), {0, 7}),
        ("*", {0, 7}, set()),
    ],
)
def test_any_version_of_the_list_will_do(sent: str, current: set[int], others: set[int]) -> None:
    assert re.fullmatch(IF_MATCH, sent)
    seen = read(sent)
    assert [version for version in current if differs(seen, version)] == []
    assert [version for version in others if not differs(seen, version)] == []


def test_a_list_may_come_in_several_lines() -> None:
    assert read('"7"', '"8"') == frozenset({7, 8})


def test_who_does_not_say_what_they_have_seen_is_not_asked() -> None:
    assert read() is None
    assert not differs(None, 7)


@pytest.mark.parametrize("sent", ["", " ", "seven", '"7', '7"', '"7" "8"', "7 8", "-1", '*, "7"', ",", "9" * 19])
def test_what_is_no_list_of_tags_is_refused(sent: str) -> None:
    assert not re.fullmatch(IF_MATCH, sent)
    with pytest.raises(Problem) as refused:
        read(sent)
    assert refused.value.status == 422
