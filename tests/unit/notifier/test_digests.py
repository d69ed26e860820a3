"""When a digest comes: by the clock on the wall of its reader, outside of quiet hours; and what it says."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from notifier.cases.model import Case
from notifier.channels import Message
from notifier.contacts.recipient_facts import RecipientFacts
from notifier.deferral.digests import DIGEST, DigestTimes, Rhythm
from notifier.deferral.message_grouping import combined, final_group_key
from notifier.deferral.quiet_hours import NEVER, QuietHours
from notifier.message_templates.model import LANGUAGES
from notifier.preferences.choices import Chosen
from notifier.preferences.model import Preferences, Way, Wishes
from pydantic import ValidationError

from tests.support.notifier import NOW, a_notification, the_writer

TIMES = DigestTimes(time(7, 30), "sunday")
BAHRAIN, BERLIN, KOLKATA = ZoneInfo("Asia/Bahrain"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
NIGHT = QuietHours(start=time(21), end=time(7))


def next_one(rhythm: Rhythm, now: datetime, zone: ZoneInfo = BAHRAIN, quiet: QuietHours = NEVER) -> datetime:
    return TIMES.next(rhythm, now, quiet, zone)


def at(day: int, hour: int, minute: int = 0, month: int = 11, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rhythm", "expected"), [("hourly", at(24, 10)), ("daily", at(25, 4, 30)), ("weekly", at(29, 4, 30))]
)
def test_it_comes_at_the_next_full_hour_day_or_week(rhythm: Rhythm, expected: datetime) -> None:
    assert next_one(rhythm, NOW) == expected
    assert next_one(rhythm, expected - timedelta(seconds=1)) == expected
    assert next_one(rhythm, expected) > expected


def test_hours_are_full_where_the_clocks_are_half_an_hour_off() -> None:
    assert next_one("hourly", at(24, 9, 10), KOLKATA) == at(24, 9, 30)


def test_at_night_it_waits_for_the_end_of_the_quiet_hours() -> None:
    assert next_one("hourly", at(24, 18, 30), quiet=NIGHT) == at(25, 4)
    assert next_one("hourly", at(24, 17, 30), quiet=NIGHT) == at(25, 4), "21:00 is quiet already"
    late_riser = QuietHours(start=time(23), end=time(10))
    assert next_one("daily", NOW, quiet=late_riser) == at(25, 7)


def test_where_clocks_are_moved_it_comes_once_a_day_at_the_same_time_on_the_wall() -> None:
    early = DigestTimes(time(2, 30), "sunday")
    spring = at(27, 12, month=3, year=2027)
    assert early.next("daily", spring, NEVER, BERLIN) == at(28, 1, month=3, year=2027), "02:30 is left out that night"
    assert early.next("weekly", spring, NEVER, BERLIN) == at(28, 1, month=3, year=2027)
    autumn = early.next("daily", at(24, 12, month=10), NEVER, BERLIN)
    assert autumn == at(25, 0, 30, month=10), "the first of two"
    assert early.next("daily", autumn, NEVER, BERLIN) == at(26, 1, 30, month=10)
    assert next_one("daily", at(24, 12, month=10), BERLIN) - next_one("daily", at(23, 12, month=10), BERLIN) == (
        timedelta(hours=25)
    )


@pytest.mark.parametrize(("mine", "of_address", "holds"), [("now", "daily", "daily"), ("weekly", "hourly", "weekly")])
def test_of_two_rhythms_the_rarer_one_holds(mine: Way, of_address: Way, holds: Way) -> None:
    both = tuple(Preferences(choices={"assignment": {"mail": way}}) for way in (mine, of_address))
    assert Wishes(both).way("assignment", "SubmissionAssigned", "mail") == holds
    assert (
        Wishes((*both, Preferences(choices={"assignment": {"mail": "off"}}))).way(
            "assignment", "SubmissionAssigned", "mail"
        )
        == "off"
    )


def test_only_what_officials_are_told_can_be_gathered() -> None:
    assert Chosen.model_validate({"choices": {"assignment": {"mail": "hourly"}}})
    with pytest.raises(ValidationError, match="not gathered"):
        Chosen.model_validate({"choices": {"decision": {"mail": "hourly"}}})


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_lists_the_cases_what_is_due_first_first(language: str) -> None:
    officer = {"recipient_kind": "official", "recipient": "officer.one", "language": language, "held_for": DIGEST}
    seen = {"later": NOW + timedelta(days=3), "sooner": NOW + timedelta(days=1), "never": None}
    members = [
        a_notification(
            id=f"{name}-{template}",
            submission_id=name,
            template=template,
            params={"reference": f"REF-{name}", "kind": "complaint", "entity": "x", "from_entity": "y"},
            **officer,
        )
        for name in seen
        for template in ("assigned-to-you", "transferred-to-you")
    ]
    assert len({final_group_key(each) for each in members}) == 1
    digest = combined(members, NOW)
    assert (digest.submission_id, digest.template, digest.lane) == ("", DIGEST, "bulk")
    cases = {name: Case(due_at=due) for name, due in seen.items()}
    sending = digest.model_copy(update={"state": "sending"})
    message = the_writer().write(sending, RecipientFacts(members={digest.id: members}, cases=cases), NOW)
    assert isinstance(message, Message)
    assert (message.thread, message.unsubscribe, "(3)" in message.subject) == (digest.id, None, True)
    for written in (message.text, message.html):
        places = [written.index(f"https://tawasul.example/desk/REF-{name}") for name in ("sooner", "later", "never")]
        assert places == sorted(places)
        assert "12:00" in written
        assert "https://tawasul.example/desk" in written
    many = [each.model_copy(update={"id": str(n), "submission_id": str(n)}) for n, each in enumerate(members * 20)]
    crowded = the_writer().write(sending, RecipientFacts(members={digest.id: many}), NOW)
    assert isinstance(crowded, Message)
    assert (": 20" in crowded.text, crowded.text.count("REF-")) == (True, 200)
