"""Calendars and policies as YAML: what holds comes back as it is, and what is made to do harm is refused at once."""

from typing import Any

import pytest
from sla_monitor.calendar_files.yaml_files import read_yaml, write_yaml
from sla_monitor.calendars.checks import RulebookRefused
from sla_monitor.calendars.model import Calendar
from sla_monitor.calendars.policies import Policy

from tests.support.sla_monitor import a_calendar, a_policy

LONG = "x" * 2_000


def test_what_is_written_is_read_again_as_json_has_it() -> None:
    closed = {"name": {"ar": "مغلق", "en": "Closed"}, "first": "2026-05-03", "last": "2026-05-04"}
    calendar, policy = a_calendar(special=[closed]), a_policy(valid_from="2026-05-03T00:00Z")
    read = read_yaml(write_yaml({"calendars": [calendar], "policies": [policy]}))
    assert [Calendar.model_validate(each) for each in read["calendars"]] == [calendar]
    assert [Policy.model_validate(each) for each in read["policies"]] == [policy]
    assert read_yaml("day: 2026-05-03\nhours: 07:00-14:15\nshare: 0.8\ndays: 14") == {
        "day": "2026-05-03",
        "hours": "07:00-14:15",
        "share": 0.8,
        "days": 14,
    }


def ten_of_each(levels: int) -> str:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]" for number in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(ten_of_each(12), "size", id="anchors that stand for a billion values"),
        pytest.param(f"a: &a {LONG}\nb: [{'*a, ' * 50_000}]", "size", id="a long text many times"),
        pytest.param(f"a: &a {LONG}\nb: [{'{? *a : 1}, ' * 20_000}]", "size", id="a long key many times"),
        pytest.param("a: &a [*a]", "size", id="what holds itself"),
        pytest.param("[" * 100_000, "yaml", id="deeper than anything"),
        pytest.param("- " * 100_000, "yaml", id="deeper than anything, in blocks"),
        pytest.param("[" * 30 + "]" * 30, "size", id="deeper than calendars are"),
        pytest.param("a: " + ":".join(["1"] * 500_000), "yaml", id="a number to the base of 60"),
        pytest.param("a: " + ":".join(["1"] * 400) + ".5", "yaml", id="a fraction beyond every number"),
        pytest.param("a: " + "1" * 500_000, "yaml", id="a number of half a million digits"),
        pytest.param("a: 9999-99-99", "yaml", id="a day that no month has"),
        pytest.param("a: !!python/object/apply:os.getcwd []", "yaml", id="a command"),
        pytest.param("a: \x00", "yaml", id="what is no text"),
        pytest.param(b"\xff\xfe\xff", "yaml", id="what is in no encoding"),
    ],
)
def test_what_is_made_to_do_harm_is_refused(content: Any, code: str) -> None:
    with pytest.raises(RulebookRefused) as refused:
        read_yaml(content)
    assert [fault.code for fault in refused.value.faults] == [code]
