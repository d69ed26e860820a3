"""Computes the award for excellence in communication: one index per entity, from what the record counted.

Pure: the same sums always give the same standings. A changed formula gets a new number, and frozen awards keep theirs.
Each component lies between 0 and 1 and has a half width: how far chance alone may have moved it (95 %). Entities are
compared with those that give about as many answers.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from math import sqrt
from typing import Literal
from zoneinfo import ZoneInfo

from sla_monitor.clocks.case_results import SEPARATOR, USED_STEP_PERCENT, USED_STEPS
from sla_monitor.performance.figures import Figures, figures_of, quantile

FORMULA = 1
WEIGHTS: Mapping[str, float] = {
    "in_time": 0.40,
    "speed": 0.20,
    "rating": 0.20,
    "reopening": 0.10,
    "transfers": 0.05,
    "appeals": 0.05,
}
Z = 1.96
LEAST_RATINGS = 5
LEAST_ANSWERS = {"month": 10, "year": 50}
BANDS: tuple[tuple[Literal["small", "medium", "large"], int], ...] = (("small", 30), ("medium", 300), ("large", 10**9))
"""Bands by answers per month; each limit is exclusive."""
ORDER: list[str] = [name for name, _ in BANDS]
OVERDUE = "overdue"
"""Counted beside the record's own numbers: cases due before the period ends and not answered yet."""


@dataclass(frozen=True)
class Period:
    """A month or a year, `2026-04` or `2026`."""

    name: str

    @property
    def kind(self) -> Literal["month", "year"]:
        return "month" if "-" in self.name else "year"

    @property
    def months(self) -> tuple[str, ...]:
        return (self.name,) if self.kind == "month" else tuple(f"{self.name}-{month:02}" for month in range(1, 13))

    def ends(self, zone: ZoneInfo) -> datetime:
        """Return the first moment after the period."""
        year, month = (int(part) for part in self.months[-1].split("-"))
        following = date(year + month // 12, month % 12 + 1, 1)
        return datetime(following.year, following.month, 1, tzinfo=zone)


@dataclass(frozen=True)
class Component:
    """`value` and `half_width` lie between 0 and 1; `weight` is the component's share of this entity's index."""

    value: float
    half_width: float
    weight: float


@dataclass(frozen=True)
class Standing:
    """`rank` is within the band, None where there are too few answers. `is_level`: the distance to the first of its
    band may be chance alone."""

    entity: str
    band: str
    answers: int
    index: float | None
    low: float | None
    high: float | None
    reaches_target: bool
    parts: Mapping[str, Component]
    rank: int | None = None
    is_level: bool = False


def counts_in(period: Period, counted: Iterable[tuple[str, int]]) -> dict[str, Counter[str]]:
    """Return what a case adds to each entity in the period."""
    found: dict[str, Counter[str]] = {}
    for key, number in counted:
        entity, month, *_, what = key.split(SEPARATOR)
        if month in period.months:
            found.setdefault(entity, Counter())[what] += number
    return found


def standings(period: Period, sums: Mapping[str, Mapping[str, int]], target_share: float) -> list[Standing]:
    """Return the standings by band and rank, entities with too few answers last."""
    every = [_standing(entity, counts, period, target_share) for entity, counts in sorted(sums.items())]
    return sorted(
        (placed for band, _ in BANDS for placed in _ranked([each for each in every if each.band == band])),
        key=lambda each: (each.rank is None, ORDER.index(each.band), each.rank or 0, each.entity),
    )


def _standing(entity: str, counts: Mapping[str, int], period: Period, target_share: float) -> Standing:
    figures = figures_of([counts], overdue=counts.get(OVERDUE, 0))
    judged = figures.answered + figures.overdue
    a_month = judged / len(period.months)
    band = next(name for name, below in BANDS if a_month < below)
    if judged < LEAST_ANSWERS[period.kind]:
        return Standing(entity, band, judged, None, None, None, False, {})
    parts = _parts(figures)
    index = sum(part.value * part.weight for part in parts.values())
    half = sqrt(sum((part.half_width * part.weight) ** 2 for part in parts.values()))
    share = figures.share_in_time
    return Standing(
        entity,
        band,
        judged,
        round(100 * index, 2),
        round(100 * max(index - half, 0), 2),
        round(100 * min(index + half, 1), 2),
        share is not None and share >= target_share,
        parts,
    )


def _parts(figures: Figures) -> dict[str, Component]:
    """Leave the rating out where there are too few; its weight goes to the other components in proportion."""
    judged = figures.answered + figures.overdue
    values = {
        "in_time": _proportion(figures.in_time, judged),
        "speed": _speed(figures),
        "reopening": _without(figures.reopened, figures.answered),
        "transfers": _without(figures.transferred_out, figures.received),
        "appeals": _without(figures.appeals_upheld, figures.answered),
    }
    if figures.ratings >= LEAST_RATINGS:
        values["rating"] = _rating(figures)
    whole = sum(WEIGHTS[name] for name in values)
    return {
        name: Component(round(values[name][0], 6), round(values[name][1], 6), round(WEIGHTS[name] / whole, 6))
        for name in WEIGHTS
        if name in values
    }


def _proportion(number: int, of: int) -> tuple[float, float]:
    """Return the share, and half the width of Wilson's interval."""
    if of <= 0:
        return 1.0, 0.0
    share = min(max(number / of, 0.0), 1.0)
    return share, Z * sqrt(share * (1 - share) / of + Z**2 / (4 * of**2)) / (1 + Z**2 / of)


def _without(number: int, of: int) -> tuple[float, float]:
    share, half = _proportion(number, of)
    return (1 - share, half) if of > 0 else (1.0, 0.0)


def _speed(figures: Figures) -> tuple[float, float]:
    """Return the share of the target that the median answer left, with the ranks between which the true median lies."""
    number = sum(figures.used.values())
    if number == 0:
        return 0.0, 0.0
    spread = 100 * Z * sqrt(0.25 / number)
    low, middle, high = (
        _left(quantile(figures.used, round(min(max(percent, 1), 100)))) for percent in (50 + spread, 50, 50 - spread)
    )
    return middle, (high - low) / 2


def _left(step: int | None) -> float:
    return max(1 - ((USED_STEPS if step is None else step) + 0.5) * USED_STEP_PERCENT / 100, 0.0)


def _rating(figures: Figures) -> tuple[float, float]:
    mean = figures.points / figures.ratings
    variance = max(figures.squares / figures.ratings - mean**2, 0.0)
    return (mean - 1) / 4, min(Z * sqrt(variance / figures.ratings) / 4, 0.5)


def _ranked(band: Sequence[Standing]) -> list[Standing]:
    """Equal indices share a rank."""
    placed = sorted((each for each in band if each.index is not None), key=lambda each: -(each.index or 0))
    best = placed[0].low if placed else None
    ranked = []
    for each in placed:
        rank = 1 + sum((other.index or 0) > (each.index or 0) for other in placed)
        is_level = best is not None and each.high is not None and each.high >= best
        ranked.append(replace(each, rank=rank, is_level=is_level))
    return [*ranked, *(each for each in band if each.index is None)]


def digest_of_cases(lines: Iterable[tuple[str, str, Sequence[tuple[str, int]], bool]]) -> str:
    """Hash the cases behind a snapshot, in any order: entity, submission, counts, and whether the case was left out."""
    digest = hashlib.sha256()
    for entity, submission, counts, is_left_out in sorted(lines):
        digest.update(_canonical([entity, submission, sorted(counts), is_left_out]) + b"\n")
    return digest.hexdigest()


def digest_of(
    period: Period, formula: int, target_share: float, cases: str, sums: Mapping[str, Mapping[str, int]]
) -> str:
    """Hash a whole snapshot."""
    said = [asdict(each) for each in standings(period, sums, target_share)]
    kept = {entity: dict(sorted(counts.items())) for entity, counts in sorted(sums.items())}
    whole = {
        "period": period.name,
        "formula": formula,
        "target": target_share,
        "cases": cases,
        "sums": kept,
        "said": said,
    }
    return hashlib.sha256(_canonical(whole)).hexdigest()


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
