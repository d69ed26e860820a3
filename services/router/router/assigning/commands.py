"""A submission finds its custodian: by the rules, by its text, at the central office, or again where it was."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from shared.events.assignments import SubmissionAssigned, TriageRequested
from shared.events.envelope import OutgoingEvent
from shared.events.submissions import SubmissionReceived
from shared.storage.aggregates import Decision

from router.assigning.reasons import entity_gone, reopened
from router.assigning.rules import Route
from router.cases.life import Move, State
from router.cases.model import ROUTER, Assignment, Decided, Submission
from router.directory.snapshot import Directory
from router.metrics import ASSIGNMENTS

CITIZEN = "citizen"
REOPENED = "reopened"
"""The rule by which a reopened submission goes back to the entity that answered it."""


def author_key(subject: str) -> str:
    """Finds what one author sent. From it nobody learns the subject of a sign-in, which is no word of a language."""
    return hashlib.sha256(f"tawasul author {subject}".encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Routed:
    """A submission, and where it goes."""

    submission: Submission
    route: Route


def submission_of(data: SubmissionReceived) -> Submission:
    return Submission.model_validate(data.model_dump(include=set(Submission.model_fields)))


def by_rules(data: SubmissionReceived, directory: Directory, clues: frozenset[str] = frozenset()) -> Routed:
    """`clues` are rules that do not decide."""
    submission = submission_of(data)
    return Routed(submission, directory.route(submission, data.category, clues))


def receive(
    before: Assignment, data: SubmissionReceived, directory: Directory, routed: Routed | None, now: datetime
) -> Decision[Assignment]:
    """Fill the shell or begin anew, and follow the route, unless it was withdrawn before it came. Where it was not
    routed yet the rules are asked."""
    chosen = directory.routing.leaf(data.category)
    routed = routed or by_rules(data, directory)
    submission, route = routed.submission, routed.route
    filled = before.changed(
        submission=submission,
        category=chosen.id if chosen else None,
        understood=route.where.understood,
        area=route.where.area or "",
        author_key=author_key(data.author) if data.author else None,
        found_by=directory.findable_by(submission, route.where),
        list_at=before.list_at or submission.received_at,
    )
    if filled.state is not State.EXPECTED:
        return Decision(filled.noted("SubmissionReceived", CITIZEN, now))
    return assign(data.submission_id, filled, route, directory.version, now)


def assign(id: str, before: Assignment, route: Route, version: int, now: datetime) -> Decision[Assignment]:
    """Follow a route: to the entity it names, or into triage."""
    if route.triage:
        return send_to_triage(id, before, route, version, now)
    after = (
        before.moved(Move.ASSIGN, "SubmissionAssigned", ROUTER, now, route.reason, route.entity)
        .given_to(route.entity, now)
        .changed(
            category=route.category or before.category,
            priority=route.priority,
            decided=Decided(
                by=route.decided_by,
                reason=route.reason,
                rule=route.rule,
                words=route.words,
                probability=route.probability,
                directory_version=version,
                model_version=route.model_version,
            ),
            suggested=route.suggested or before.suggested,
        )
    )
    ASSIGNMENTS.labels(route.decided_by).inc()
    event = assigned(id, before.state, after, now)
    return Decision(after, [event])


def send_to_triage(id: str, before: Assignment, route: Route, version: int, now: datetime) -> Decision[Assignment]:
    after = (
        before.moved(Move.SEND_TO_TRIAGE, "TriageRequested", ROUTER, now, route.reason, route.entity)
        .given_to(route.entity, now)
        .changed(
            priority=route.priority,
            decided=Decided(
                by=route.decided_by,
                reason=route.reason,
                rule=route.rule,
                words=route.words,
                directory_version=version,
            ),
            suggested=route.suggested or before.suggested,
        )
    )
    ASSIGNMENTS.labels("triage").inc()
    event = TriageRequested(
        submission_id=id,
        from_state=beginning(before.state),
        to_state=after.state,
        entity=route.entity,
        reason=route.reason,
    )
    return Decision(after, [OutgoingEvent(event)])


def assign_again(id: str, reopened_one: Assignment, directory: Directory, now: datetime) -> Decision[Assignment]:
    """Give a reopened submission back to the entity that answered, or to triage where that is gone."""
    entity, language = reopened_one.entity, reopened_one.language
    if entity is None or not directory.routing.serves(entity):
        reason, priority = entity_gone(language), reopened_one.priority
        route = Route(directory.routing.central, reason, REOPENED, triage=True, priority=priority)
    else:
        route = Route(
            entity, reopened(language), REOPENED, category=reopened_one.category, priority=reopened_one.priority
        )
    return assign(id, reopened_one, route, directory.version, now)


def assigned(
    id: str, from_state: State, after: Assignment, now: datetime, official: str | None = None
) -> OutgoingEvent:
    """The event that says who has it now and what decided."""
    assert after.entity is not None
    assert after.decided is not None
    decided = after.decided
    return OutgoingEvent(
        SubmissionAssigned.model_validate(
            {
                "submission_id": id,
                "from_state": beginning(from_state),
                "to_state": after.state,
                "entity": after.entity,
                "category": after.category,
                "priority": after.priority,
                "decided_by": decided.by,
                "reason": decided.reason,
                "rule": decided.rule,
                "words": decided.words,
                "probability": decided.probability,
                "official": official,
                "directory_version": decided.directory_version,
                "model_version": decided.model_version,
                "area": after.area or None,
            }
        )
    )


def beginning(state: State) -> State | None:
    """`from_state` is absent at the beginning of a life."""
    return None if state is State.EXPECTED else state
