"""Computes the targets that a custodian has beside its answer, with the time that counts for each.

- acknowledge: from when it got the case until it showed so: took it, asked, replied or answered.
- update: the next message to the citizen, from when it got the case or gave the last one until the next or the answer.
- resolve: the case itself. Reopening continues it, and an accepted suggestion is resolved when it is implemented.

A pause of the answer pauses these too, and a custodian that hands the case on owes them no longer. A policy that names
none of them has none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sla_monitor.calendars.policies import Target, TargetName
from sla_monitor.calendars.working_time import Timetable
from sla_monitor.timekeeping.custody import Mark, Run, Stretch, consumed, passes
from sla_monitor.timekeeping.model import Clock


@dataclass(frozen=True)
class Goal:
    """`id` is that of the fact that began it; `ended` is when it was met, or stopped being this custodian's."""

    name: TargetName
    id: str
    run: Run
    stretches: Sequence[Stretch]
    ended: datetime | None
    is_met: bool

    @property
    def terms(self) -> Target:
        return self.run.policy.definition.targets[self.name]

    @property
    def timetable(self) -> Timetable:
        return self.run.timetable_of(self.terms)

    @property
    def due_at(self) -> datetime | None:
        """None where the goal ended before, and while time stands still."""
        return self.passes(self.terms.span)

    @property
    def is_running(self) -> bool:
        return self.ended is None and bool(self.stretches) and self.stretches[-1][1] is None

    def passes(self, span: timedelta) -> datetime | None:
        return passes(self.timetable, self.stretches, span)

    def consumed(self, now: datetime) -> timedelta:
        return consumed(self.timetable, self.stretches, now)


def goals(clock: Clock) -> Iterator[Goal]:
    """Yield the goals in the order of the custodians' runs."""
    chain: list[Run] = []
    for number, run in enumerate(clock.runs):
        if run.target != "answer":
            continue
        chain = [*chain, run] if chain and _goes_on(chain[-1], run) else [run]
        named = run.policy.definition.targets
        if "acknowledge" in named:
            yield _acknowledge(run)
        if "update" in named:
            yield from _updates(run)
        following = clock.runs[number + 1] if number + 1 < len(clock.runs) else None
        if "resolve" in named and not (following and _goes_on(run, following)):
            yield _resolve(chain)


def _goes_on(before: Run, run: Run) -> bool:
    return Mark.BEGAN_ANEW in run.marks and (before.entity, before.target) == (run.entity, run.target)


def _acknowledge(run: Run) -> Goal:
    shown = [run.marks[mark] for mark in (Mark.ACKNOWLEDGED, Mark.ANSWERED) if mark in run.marks]
    ended = min([*shown, *([run.ended] if run.ended else [])], default=None)
    return Goal("acknowledge", run.id, run, _within(run.stretches, run.began, ended), ended, bool(shown))


def _updates(run: Run) -> Iterator[Goal]:
    began = [(run.began, run.id), *run.words]
    ends = [at for at, _ in run.words]
    for (start, fact), end in zip(began, [*ends, None], strict=True):
        ended = end or run.ended
        is_met = end is not None or Mark.ANSWERED in run.marks
        yield Goal("update", fact, run, _within(run.stretches, start, ended), ended, is_met)


def _resolve(chain: Sequence[Run]) -> Goal:
    last = chain[-1]
    stretches = [stretch for run in chain for stretch in run.stretches]
    accepted, implemented = last.marks.get(Mark.ACCEPTED), last.marks.get(Mark.IMPLEMENTED)
    if accepted is None:
        return Goal("resolve", chain[0].id, last, stretches, last.ended, Mark.ANSWERED in last.marks)
    return Goal(
        "resolve", chain[0].id, last, [*stretches, (accepted, implemented)], implemented, implemented is not None
    )


def _within(stretches: Sequence[Stretch], begins: datetime, ends: datetime | None) -> list[Stretch]:
    cut = [
        (max(start, begins), min((each for each in (end, ends) if each is not None), default=None))
        for start, end in stretches
    ]
    return [(start, end) for start, end in cut if end is None or start < end]
