"""The outcome of an attempt to send, and when to try again. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from notifier.notifications.model import TRANSITIONS, Channel, Notification, State


@dataclass(frozen=True)
class Handover:
    """The facts about a handover: the provider if there are several, and for SMS the parts, alphabet and cost."""

    provider: str | None = None
    parts: int | None = None
    alphabet: str | None = None
    cost: float | None = None


@dataclass(frozen=True)
class Outcome:
    """`next_at` stands where it will be tried again; `tried` where the attempt counts.

    `held_until` stands where it waits for a time. `channel` is the one it goes on with, where that is another one.
    `at`: when it was handed over.
    """

    notification: Notification
    state: State
    reason: str | None = None
    next_at: datetime | None = None
    tried: bool = False
    waiting_for: str | None = None
    channel: Channel | None = None
    handed: Handover | None = None
    held_until: datetime | None = None
    at: datetime | None = None

    def __post_init__(self) -> None:
        if self.state not in TRANSITIONS[State(self.notification.state)]:
            raise ValueError(f"{self.notification.state} does not become {self.state}")

    @property
    def is_final(self) -> bool:
        return self.next_at is None and self.held_until is None

    @property
    def is_published(self) -> bool:
        """A push repeats what the inbox has: that a browser took it, or is gone, is nothing about the submission."""
        told = self.state in (State.SENT, State.PERMANENT_FAILURE, State.TECHNICAL_FAILURE)
        return told and self.notification.concerns_a_submission and self.notification.channel != "push"


def by_another_channel(
    notification: Notification, now: datetime, reason: str | None = None, tried: bool = False
) -> Outcome:
    """The planned one has failed or does not reach the recipient: it goes on with the other one that its row allows."""
    return Outcome(notification, State.CREATED, reason, next_at=now, tried=tried, channel=notification.otherwise)


@dataclass(frozen=True)
class RetryPolicy:
    """Doubling from `first` up to `longest`; chance cuts up to a quarter off, so that none march in step.

    `before_another`: after so many attempts another channel takes over, where there is one; None: after the last.
    """

    first: timedelta
    longest: timedelta
    attempts: int
    before_another: int | None = None

    def impatient(self, longest: timedelta) -> "RetryPolicy":
        """Tries for as long as this one, with no pause longer than `longest`. Another channel takes over after as many
        attempts as are this one's, which is sooner."""
        lasts = sum((self.pause(made, 0) for made in range(1, self.attempts)), timedelta())
        hurried = replace(self, longest=min(longest, self.longest), before_another=self.attempts)
        attempts, waited = 1, timedelta()
        while waited < lasts:
            waited += hurried.pause(attempts, 0)
            attempts += 1
        return replace(hurried, attempts=attempts)

    def pause(self, attempts: int, chance: float) -> timedelta:
        """After the `attempts`-th attempt; `chance` is in [0, 1)."""
        doubled: timedelta = min(self.longest, self.first * 2 ** min(attempts - 1, 30))
        return doubled * (1 - chance / 4)

    def after_failure(
        self, notification: Notification, reason: str, now: datetime, chance: float, otherwise: bool = False
    ) -> Outcome:
        """`otherwise`: another channel reaches the recipient, and takes over when the attempts have run out."""
        attempts = notification.attempts + 1
        if otherwise and attempts >= (self.before_another or self.attempts):
            return by_another_channel(notification, now, reason, tried=True)
        if attempts >= self.attempts:
            return Outcome(notification, State.TECHNICAL_FAILURE, reason, tried=True)
        next_at = now + self.pause(attempts, chance)
        return Outcome(notification, State.TEMPORARY_FAILURE, reason, next_at, tried=True)


WAITING_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300))
"""A notification whose contact has not come is woken by it; looking again by itself only mends a lost wake-up."""


def waiting_pause(waited: timedelta) -> timedelta:
    return next((pause for pause in reversed(WAITING_PAUSES) if waited > pause * 2), WAITING_PAUSES[0])
