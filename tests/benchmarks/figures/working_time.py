"""Measures one question to a calendar: add working time, working time between, next opening."""

import random
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sla_monitor.calendars.public_holidays import holidays_of
from sla_monitor.calendars.working_time import to_micros

from tests.benchmarks.bench import Bench, Group, middle
from tests.benchmarks.report import Figure, at_most
from tests.support.sla_monitor import a_calendar, published

QUESTIONS = 20_000
ROUNDS = 7
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
Question = tuple[datetime, timedelta]
Ask = Callable[[datetime, timedelta], object]


async def measure(bench: Bench) -> list[Figure]:
    """Questions over two years, on a calendar with two shifts a day and its country's holidays."""
    bench.step("working time: asking")
    calendar = a_calendar(hours=("07:00-12:00", "13:00-16:15"), zone="Europe/Berlin")
    timetable = published(calendar, list(holidays_of("BH", [2026, 2027, 2028]))).timetable
    chance = random.Random(11)
    questions = [
        (FIRST + timedelta(seconds=chance.randrange(2 * 365 * 86_400)), timedelta(seconds=chance.randrange(400_000)))
        for _ in range(bench.size(QUESTIONS, least=500))
    ]
    asked: dict[str, Ask] = {
        "add": timetable.add,
        "between": lambda start, span: timetable.between(start, start + span),
        "next opening": lambda start, _: timetable.next_opening(start),
    }
    openings = [to_micros(start) for start, _ in sorted(questions)]
    floor = _micros_each(questions, lambda start, _: bisect_right(openings, to_micros(start)))
    took = {name: _micros_each(questions, ask) for name, ask in asked.items()}
    slowest = max(took, key=lambda name: took[name])
    return [
        Figure(
            name="one computation of working time",
            value=took[slowest],
            unit="µs",
            baseline=floor,
            against="one bisection over as many moments",
            target=at_most(20),
            note=f"the slowest, {slowest}; " + ", ".join(f"{name} {micros:.1f} µs" for name, micros in took.items()),
        )
    ]


def _micros_each(questions: Sequence[Question], ask: Ask) -> float:
    """The middle of several rounds; the first unfolds the years and is not counted."""
    rounds = []
    for _ in range(ROUNDS + 1):
        began = time.process_time()
        for start, span in questions:
            ask(start, span)
        rounds.append((time.process_time() - began) / len(questions) * 1e6)
    return middle(rounds[1:])


GROUP = Group(measure, steps=1)
