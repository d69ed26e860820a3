"""Models a run: one custodian's share of a clock, with its own target, from getting the case until handing it on."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from sla_monitor.calendars.model import CalendarVersion
from sla_monitor.calendars.policies import PolicyVersion, Target, TargetName, parse_duration
from sla_monitor.calendars.working_time import RoundTheClock, Timetable, Window

MOST_WINDOWS = 100
MILLISECOND = timedelta(milliseconds=1)


class State(StrEnum):
    """`armed`: the central office's time runs, and nothing is published yet. Merged is published as stopped."""

    ARMED = "armed"
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    STOPPED = "stopped"
    MERGED = "merged"
    UNKNOWN = "unknown"  # of what is told alone: no clock that could be read stands so


COUNTING = (State.ARMED, State.RUNNING)
OPEN = (State.ARMED, State.RUNNING, State.PAUSED)


@dataclass
class Interval:
    """`because` is the type of the fact that began it, or `limit` where the waiting limit passed; `fact` is the fact's
    id in a pause."""

    state: State
    start: datetime
    because: str
    end: datetime | None = None
    fact: str | None = None


Stretch = tuple[datetime, datetime | None]
"""An interval of time that counts; without an end while it lasts."""


class Mark(StrEnum):
    """Marks of a run that the record counts, beside its time."""

    ACKNOWLEDGED = "acknowledged"  # the custodian showed that it has it
    ACCEPTED = "accepted"  # a suggestion, that is to be done now
    IMPLEMENTED = "implemented"
    BEGAN_ANEW = "began anew"  # by a reopening or an upheld appeal: it was received before
    ANSWERED = "answered"
    PASSED_ON = "passed on"
    REOPENED = "reopened"
    APPEAL_UPHELD = "appeal upheld"
    APPEAL = "appeal"  # it is the central office's, to decide one


@dataclass
class Run:
    """`id` is the id of the fact that began it: the same however late other facts arrive.

    `own_calendar` is the custodian's; the policy may name another one. `rating` is the last one of this part's answer.
    `spent_before` is there after a reopening: what the same custodian had used of its target by then. `words` are when
    the citizen heard from it, each with its fact; `official` is who worked on it last, `in_charge` who was given it by
    name. `given_due` is the due time that
    a history from elsewhere brings.
    """

    id: str
    target: TargetName
    entity: str
    policy: PolicyVersion
    calendar: CalendarVersion
    own_calendar: str | None
    intervals: list[Interval] = field(default_factory=list)
    ended: datetime | None = None
    marks: dict[Mark, datetime] = field(default_factory=dict)
    rating: tuple[datetime, int] | None = None
    spent_before: timedelta | None = None
    was_transferred: bool = False
    is_extended: bool = False
    words: list[tuple[datetime, str]] = field(default_factory=list)
    official: str | None = None
    in_charge: str | None = None
    given_due: datetime | None = None

    @property
    def began(self) -> datetime:
        return self.intervals[0].start

    @property
    def was_told(self) -> bool:
        """Return whether the deadline was published: the time from receipt to the first decision runs silently."""
        return any(interval.state is not State.ARMED for interval in self.intervals)

    @property
    def terms(self) -> Target:
        policy = self.policy.definition
        if self.spent_before is not None and isinstance(policy.after_reopening, Target):
            return policy.after_reopening
        return policy.targets[self.target]

    @property
    def span(self) -> timedelta:
        """Return the whole time of the target."""
        policy = self.policy.definition
        span = self.terms.span
        if self.was_transferred:
            span = span * policy.after_transfer // MILLISECOND * MILLISECOND
        if self.spent_before is not None and policy.after_reopening == "continue":
            span -= self.spent_before
        if self.is_extended and policy.interim_extension is not None:
            span += parse_duration(policy.interim_extension)
        return max(span, timedelta())

    @property
    def timetable(self) -> Timetable:
        return self.timetable_of(self.terms)

    def timetable_of(self, terms: Target) -> Timetable:
        return self.calendar.timetable if terms.working is not None else _ALWAYS

    @property
    def stretches(self) -> list[Stretch]:
        return [(each.start, each.end) for each in self.intervals if each.state in COUNTING]

    def enter(self, state: State, at: datetime, because: str, fact: str | None = None) -> None:
        self.leave(at)
        self.ended = None
        self.intervals.append(Interval(state, at, because, fact=fact))

    def leave(self, at: datetime) -> None:
        if self.intervals and self.intervals[-1].end is None:
            self.intervals[-1].end = at

    def end(self, at: datetime) -> None:
        """End the run. A fact after the end, as a reopening, does not end it again."""
        self.leave(at)
        self.ended = self.ended or at

    def consumed(self, now: datetime) -> timedelta:
        """Return the time that counted so far."""
        return consumed(self.timetable, self.stretches, now)

    def paused(self, now: datetime) -> timedelta:
        """Return the working time spent waiting for the citizen."""
        waited = [(each.start, each.end) for each in self.intervals if each.state is State.PAUSED]
        return consumed(self.timetable, waited, now)

    def passes(self, span: timedelta) -> datetime | None:
        """Return when `span` of counted time is reached; None if the last interval ends before."""
        return passes(self.timetable, self.stretches, span)

    @cached_property
    def reached(self) -> datetime | None:
        """Return when the target is used up; None if it was not. Valid after all facts were applied."""
        return self.given_due or self.passes(self.span)

    def due_at(self, runs_from: datetime | None) -> datetime | None:
        """Return when the target is used up, if a stopped clock ran again from `runs_from` on."""
        passed = self.reached
        if passed is not None or runs_from is None:
            return passed
        return self.timetable.add(runs_from, self.span - self.consumed(runs_from))

    def waiting_ends(self, asked: datetime) -> datetime | None:
        limit = self.policy.definition.waiting_limit
        return self.calendar.timetable.add(asked, parse_duration(limit)) if limit is not None else None

    def reminds(self, asked: datetime) -> datetime | None:
        after = self.policy.definition.remind_after
        return self.calendar.timetable.add(asked, parse_duration(after)) if after is not None else None

    def windows(self, start: datetime, due_at: datetime) -> tuple[Window, ...]:
        return self.timetable.windows(start, due_at, MOST_WINDOWS)


def consumed(timetable: Timetable, stretches: Iterable[Stretch], now: datetime) -> timedelta:
    """Return how much of the intervals has passed by now."""
    return sum((timetable.between(start, min(end or now, now)) for start, end in stretches), timedelta())


def passes(timetable: Timetable, stretches: Iterable[Stretch], span: timedelta) -> datetime | None:
    """Return when this much of the intervals has passed; None where they end before."""
    left = span
    for start, end in stretches:
        if end is None:
            return timetable.add(start, left)
        worked = timetable.between(start, end)
        if worked >= left:
            return timetable.add(start, left)
        left -= worked
    return None


_ALWAYS = RoundTheClock()
