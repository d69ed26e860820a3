"""Models SLA policies: how long an answer may take, for which cases, and when warnings and escalations are declared."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Identifier, Kind, Name, Priority, WrittenMoment

from sla_monitor.calendars.model import Definition

TargetName = Literal["answer", "triage", "acknowledge", "update", "resolve"]
BESIDE: tuple[TargetName, ...] = ("acknowledge", "update", "resolve")
"""Targets beside the answer; `deadlines/goals.py` defines when each of them begins and ends."""
Duration = Annotated[
    str,
    Field(
        pattern=r"^(\d{1,4}h(\d{1,4}m)?(\d{1,6}s)?|\d{1,4}m(\d{1,6}s)?|\d{1,6}s)$",
        description="working time",
        examples=["36h15m"],
    ),
]


class Target(Definition):
    """A span of working time, or of calendar days of 24 hours: one of the two."""

    working: Duration | None = None
    days: int | None = Field(default=None, ge=0, le=366, description="calendar days")
    warn_at: tuple[float, ...] = Field(default=(0.8,), max_length=5, description="shares of the target")

    @property
    def span(self) -> timedelta:
        return parse_duration(self.working) if self.working is not None else timedelta(days=self.days or 0)


Office = Literal["officer", "supervisor", "head", "central", "minister"]
OFFICES: tuple[Office, ...] = get_args(Office)
"""From the lowest to the highest."""


class Step(Definition):
    """A step of the escalation ladder: the role that is told, and how long after the due time."""

    to: Office
    after: Duration = Field(default="0s", description="of the target's own kind of time")


class Policy(Definition):
    """Applies to cases that meet all its conditions; among several policies the most specific one applies."""

    id: Identifier
    name: Name
    entity: Identifier | None = None
    category: Identifier | None = None
    priority: Priority | None = None
    kind: Kind | None = None
    calendar: Identifier | None = Field(default=None, description="instead of the custodian's own")
    targets: dict[TargetName, Target] = Field(min_length=1)
    ladder: tuple[Step, ...] | None = Field(
        default=None,
        max_length=len(OFFICES),
        description="who is told that it is late, each higher than the one before and not sooner; without it the head "
        "of the entity at once, for triage the central office",
    )
    after_reopening: Literal["restart", "continue"] | Target = Field(
        default="restart", description="the whole target anew, what was left of it, or a target of its own"
    )
    after_transfer: float = Field(default=1, gt=0, le=1, description="share of the target for whom it is handed to")
    interim_extension: Duration | None = Field(
        default=None, description="what the first interim reply before the due time adds to the target, once"
    )
    waiting_limit: Duration | None = Field(default=None, description="how long an answer of the citizen is waited for")
    remind_after: Duration | None = Field(
        default=None, description="when who was asked is reminded of the question, before the waiting ends"
    )
    valid_from: WrittenMoment | None = Field(
        default=None, description="for what begins from then on; what began before keeps the version before, if any"
    )
    valid_until: WrittenMoment | None = None

    @property
    def conditions(self) -> tuple[str | None, ...]:
        """Return the conditions, the most specific first."""
        return (self.entity, self.category, self.priority, self.kind)

    @property
    def specificity(self) -> tuple[bool, ...]:
        return tuple(condition is not None for condition in self.conditions)

    def fits(self, facts: tuple[str | None, ...], at: datetime) -> bool:
        """Return whether a case meets the conditions. `facts` are in the order of `conditions`."""
        return self.is_valid(at) and all(
            condition in (None, fact) for condition, fact in zip(self.conditions, facts, strict=True)
        )

    def is_valid(self, at: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )


class PolicyVersion(BaseModel):
    """A published policy. `earlier` are its versions before `definition.valid_from`, in order."""

    model_config = ConfigDict(frozen=True)

    version: int
    definition: Policy
    earlier: tuple["EarlierPolicy", ...] = ()

    @property
    def id(self) -> str:
        return self.definition.id

    def held_at(self, moment: datetime) -> "PolicyVersion":
        return next((before.policy for before in self.earlier if moment < before.until), self)


class EarlierPolicy(BaseModel):
    """An earlier version of a policy: it applies to cases begun before `until` and after the versions before it."""

    model_config = ConfigDict(frozen=True)

    until: datetime
    version: int
    definition: Policy

    @cached_property
    def policy(self) -> PolicyVersion:
        return PolicyVersion(version=self.version, definition=self.definition)


def most_specific(
    policies: Iterable[PolicyVersion], target: TargetName, facts: tuple[str | None, ...], at: datetime
) -> PolicyVersion | None:
    held = (policy.held_at(at) for policy in policies)
    fitting = [policy for policy in held if target in policy.definition.targets and policy.definition.fits(facts, at)]
    return max(fitting, key=lambda policy: policy.definition.specificity, default=None)


@lru_cache(maxsize=1_024)
def parse_duration(text: str) -> timedelta:
    hours, minutes, seconds = (
        int(found.group(1)) if (found := re.search(rf"(\d+){unit}", text)) else 0 for unit in "hms"
    )
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
