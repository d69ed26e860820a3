"""Decides until when and why a notification is held, and whether it is outdated. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from notifier.cases.model import Case
from notifier.deferral.digests import DigestTimes, Rhythm
from notifier.deferral.quiet_hours import QuietHours, quiet_until
from notifier.deferral.withholding import UNCONFIRMED
from notifier.notifications.model import Notification, State
from notifier.notifications.outcomes import Outcome
from notifier.planning.table import FOLLOWER, IN_CHARGE, SUBSCRIBER
from notifier.preferences.model import Wishes

QUIET = "quiet hours"
GIVING = "being given"
GIVEN_WITHIN = timedelta(seconds=30)
"""So long a team is not told of what its entity gives by itself: somebody has it by then, or it is told."""


@dataclass(frozen=True)
class HoldingRules:
    """The rules for recipients without preferences; hours are in the time zone `zone`.

    `burst`: how long after a message further events of the same submission wait to be combined. `per_day`: the most
    messages to one address per day, the rest waits for a digest; 0 is no limit.
    """

    quiet: QuietHours
    zone: ZoneInfo
    digests: DigestTimes
    burst: timedelta = timedelta(0)
    per_day: int = 0

    def zone_of(self, wishes: Wishes) -> ZoneInfo:
        try:
            return ZoneInfo(wishes.zone) if wishes.zone else self.zone
        except (ZoneInfoNotFoundError, ValueError):  # it was taken where other zones are known
            return self.zone

    def next_digest(self, rhythm: Rhythm, wishes: Wishes, now: datetime) -> datetime:
        return self.digests.next(rhythm, now, wishes.quiet or self.quiet, self.zone_of(wishes))

    def after_the_limit(self, notification: Notification, wishes: Wishes, now: datetime) -> datetime:
        """Officials are told every hour, as it is their work, and others on the next day."""
        is_work = notification.recipient_kind == "official" and not notification.members
        return self.next_digest("hourly" if is_work else "daily", wishes, now)


def held(notification: Notification, wishes: Wishes, rules: HoldingRules, now: datetime) -> Outcome | None:
    """None where it goes out now: what is urgent, and what an address was confirmed for, by somebody who is awake."""
    is_awaited = notification.released_at is not None and notification.held_for is None
    if notification.lane == "urgent" or is_awaited or notification.reason == UNCONFIRMED:
        return None  # what waits for its address to be confirmed is let go by that
    until = quiet_until(now, wishes.quiet or rules.quiet, rules.zone_of(wishes))
    return hold(notification, until, QUIET) if until else None


def hold(notification: Notification, until: datetime, why: str) -> Outcome:
    return Outcome(notification, State.HELD, why, held_until=until)


def may_be_overtaken(notification: Notification) -> bool:
    return bool(notification.over_in) or notification.audience in (FOLLOWER, SUBSCRIBER, IN_CHARGE)


def is_overtaken(notification: Notification, case: Case | None) -> bool:
    """It says nothing any more, or is about what was hidden from its reader, what they stopped following, or what
    somebody else has, meanwhile.

    What nobody knows of is told.
    """
    if case is None:
        return False
    if notification.audience == FOLLOWER:
        reader = notification.person or notification.recipient
        if reader not in {each.contact or each.subject for each in case.followers}:
            return True
    is_hidden = notification.audience == SUBSCRIBER and not case.published
    return is_hidden or _is_anothers(notification, case) or case.state in notification.over_in


def _is_anothers(notification: Notification, case: Case) -> bool:
    """Whether somebody else is in charge now.

    A member of the team who took the submission is still notified, except of notifications that waited for an
    assignment: they hear of that as the person in charge.
    """
    if notification.audience != IN_CHARGE or notification.mandatory:
        return False
    reader = None if notification.held_for == GIVING else notification.person or notification.recipient
    return case.in_charge not in (None, notification.in_charge, reader)
