"""What is not told at once, and what is: urgent things, and what somebody who is awake waits for."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from notifier.domain.digests import DigestTimes
from notifier.domain.holding import HoldingRules, held
from notifier.domain.preferences import NOTHING_CHOSEN, Preferences, Wishes
from notifier.domain.quiet_hours import NEVER, QuietHours

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
