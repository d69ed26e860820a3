"""What is not told at once, and what is: urgent things, and what somebody who is awake waits for; what is overtaken."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from notifier.cases.model import Case, Follower
from notifier.deferral.digests import DigestTimes
from notifier.deferral.model import HoldingRules, held, is_overtaken, may_be_overtaken
from notifier.deferral.quiet_hours import NEVER, QuietHours
from notifier.preferences.model import NOTHING_CHOSEN, Preferences, Wishes

from tests.support.notifier import NOW, a_notification

NIGHT = QuietHours(start=time(21), end=time(7))
RULES = HoldingRules(NIGHT, ZoneInfo("Asia/Bahrain"), DigestTimes(time(7, 30), "sunday"))
LATE = NOW.replace(hour=20)  # 23:00 in Bahrain


def until(chosen: Wishes = NOTHING_CHOSEN, now: datetime = LATE, **changed: object) -> datetime | None:
    outcome = held(a_notification(**changed), chosen, RULES, now)
    return outcome.held_until if outcome else None


def test_at_night_it_waits_for_the_morning_of_its_recipient() -> None:
    assert until() == NOW.replace(day=25, hour=4)
    assert until(now=NOW) is None
    abroad = Wishes((Preferences(zone="America/New_York"),))
    assert until(abroad) is None
    assert until(abroad, now=NOW.replace(hour=9)) == NOW.replace(hour=12)


def test_a_zone_that_is_not_known_here_is_that_of_the_country() -> None:
    assert until(Wishes((Preferences.model_construct(zone="Mars/Olympus_Mons"),))) == until()


def test_own_hours_count_and_so_does_wanting_none() -> None:
    assert until(Wishes((Preferences(quiet=NEVER),))) is None
    siesta = Wishes((Preferences(quiet=QuietHours(start=time(12), end=time(14))),))
    assert until(siesta) is None
    assert until(siesta, now=NOW) == NOW.replace(hour=11)


def test_what_is_urgent_never_waits_but_what_is_mandatory_does() -> None:
    assert until(lane="urgent") is None
    assert until(mandatory=True) is not None


def test_whoever_has_just_confirmed_an_address_is_awake() -> None:
    assert until(released_at=LATE) is None
    assert until(reason="unconfirmed") is None
    assert until(released_at=LATE, held_for="quiet hours") is not None


FOLLOWERS = (Follower(subject="citizen.yusuf"), Follower(subject="f-1", contact="x/f-1"))
HIDDEN, PUBLISHED = Case(published=False), Case(published=True, followers=FOLLOWERS)


@pytest.mark.parametrize(
    "told",
    [
        {"audience": "subscriber", "recipient_kind": "device", "channel": "push", "person": "citizen.ali"},
        {"audience": "follower", "recipient_kind": "device", "channel": "push", "person": "citizen.yusuf"},
        {"audience": "follower", "recipient": "x/f-1"},
    ],
    ids=["a subscriber's browser", "a follower's browser", "a follower's mail"],
)
def test_what_was_hidden_meanwhile_is_not_told_to_the_public_any_more(told: dict[str, str]) -> None:
    waited = a_notification(**told)
    assert may_be_overtaken(waited)
    assert [is_overtaken(waited, case) for case in (HIDDEN, PUBLISHED, None)] == [True, False, False]


def test_who_stopped_following_meanwhile_is_told_nothing_and_its_author_is_told_of_what_is_hidden() -> None:
    assert is_overtaken(a_notification(audience="follower", recipient="x/f-2"), PUBLISHED)
    assert not may_be_overtaken(a_notification())
    assert not is_overtaken(a_notification(), HIDDEN)


def test_what_says_nothing_any_more_is_overtaken_by_the_state_of_its_submission() -> None:
    question = a_notification(over_in=("in_progress",))
    assert may_be_overtaken(question)
    assert [is_overtaken(question, Case(state=state)) for state in ("in_progress", "awaiting_citizen")] == [True, False]
