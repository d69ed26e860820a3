"""Describes a case whose due time is unknown: its event, and the rung "nobody took it" that is declared all the same.

Either an event that affects the clock could not be read and was set aside, or computing the clock fails. A due time
that left the event out might be wrong either way, so none is published, and nobody is blamed.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import uuid5

from pydantic import BaseModel, ConfigDict
from shared.events.deadlines import DeadlineEscalated, DeadlineUnknown, Target
from shared.events.model import Role

from sla_monitor.deadlines.rungs import NAMESPACE, UNROUTED
from sla_monitor.timekeeping.custody import State
from sla_monitor.timekeeping.facts import RECEIPTS, Fact
from sla_monitor.timekeeping.model import UNROUTED_AFTER
from sla_monitor.timekeeping.transitions import TRANSITIONS, Step, step

WITH_SOMEBODY = frozenset({"TriageRequested", "SubmissionAssigned", "SubmissionTransferred"})
OVER = frozenset(
    {"SubmissionWithdrawn", "SubmissionClosed", "SubmissionMerged", "SubmissionAnswered", "SubmissionDeclined"}
)


class UnreadEvent(BaseModel):
    """An event that was set aside: only its envelope, which holds no personal data."""

    model_config = ConfigDict(frozen=True)

    id: str
    time: datetime
    type: str


class Unknown(BaseModel):
    """Since when the clock is unknown, and the custodian and readers as far as they are known."""

    model_config = ConfigDict(frozen=True)

    since: datetime
    target: Target
    entity: str
    confided: tuple[str, ...] | None = None

    def told(self, submission: str, from_state: State) -> DeadlineUnknown:
        return DeadlineUnknown(
            submission_id=submission,
            from_state=from_state,
            to_state=State.UNKNOWN,
            target=self.target,
            entity=self.entity,
            since=self.since,
        )


def turns_on(state: State | None, event_type: str) -> bool:
    """Return whether such an event may change a clock in this state; None where the state is unknown."""
    if state is None:
        return event_type in RECEIPTS or bool(TRANSITIONS.get(event_type))
    return step(state, event_type) is not Step.NOTE


def unknown_of(facts: tuple[Fact, ...], since: datetime, central: str) -> Unknown:
    target: Target = "triage"
    entity, confided = central, None
    for fact in _in_order(facts):
        if fact.type == "AppealFiled":
            target, entity = "answer", central
        if fact.type in WITH_SOMEBODY or fact.type == "SubCaseReceived":
            target = "triage" if fact.type == "TriageRequested" else "answer"
            entity = fact.entity or entity
        if fact.type == "ConfidentialityChanged":
            confided = None if fact.officials == () else fact.officials or ()
    return Unknown(since=since, target=target, entity=entity, confided=confided)


def unrouted_at(facts: tuple[Fact, ...], unread: tuple[UnreadEvent, ...]) -> datetime | None:
    """Return when "nobody took it" is declared; None where an entity has it, or the case is over."""
    known = [*((fact.type, fact.time) for fact in facts), *((event.type, event.time) for event in unread)]
    if any(type in WITH_SOMEBODY | OVER for type, _ in known):
        return None
    receipts = [time for type, time in known if type in RECEIPTS]
    came_in = min(receipts or [time for _, time in known], default=None)
    return came_in + UNROUTED_AFTER if came_in is not None else None


def unrouted(submission: str, unknown: Unknown) -> DeadlineEscalated:
    return DeadlineEscalated(
        submission_id=submission,
        from_state=State.UNKNOWN,
        to_state=State.UNKNOWN,
        target="triage",
        entity=unknown.entity,
        rung=UNROUTED,
        to_role=Role.CENTRAL,
    )


def unrouted_id(submission: str) -> str:
    return str(uuid5(NAMESPACE, f"{submission}/triage/{UNROUTED}/{State.UNKNOWN}"))


def _in_order(facts: tuple[Fact, ...]) -> Iterator[Fact]:
    yield from sorted(facts, key=lambda fact: (fact.time, fact.source, fact.sequence))
