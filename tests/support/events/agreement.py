"""Compares what the services have of one submission after a step of its life: by their own reconcilers, and by what
each of them shows of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import intake.reconciliation.effects as of_intake
import notifier.reconciliation.effects as of_notifier
import router.reconciliation.effects as of_router
import sla_monitor.reconciliation.effects as of_sla_monitor
from notifier.planning.table import FOLLOWER
from shared.events.model import Channel
from shared.events.notifications import NotificationSent
from shared.events.statements import PublishedEvent, StatedSubmission
from shared.reconciliation.differences import COLLECTION as DIFFERENCES
from shared.reconciliation.differences import Rule
from shared.reconciliation.statements import Stating
from shared.storage.aggregates import Document

from tests.faults.checks.agreement import of_one_mind
from tests.support.events.lives import Life

APPEALED = ("appealed", "closed", "withdrawn")
"""Where the clock may be of the appeal rather than of the custodian's part."""

STATINGS: Mapping[str, Stating] = {
    "intake": of_intake.STATING,
    "router": of_router.STATING,
    "sla-monitor": of_sla_monitor.STATING,
}
RULES: Mapping[str, Sequence[Rule]] = {
    "intake": of_intake.RULES,
    "router": of_router.RULES,
    "sla-monitor": of_sla_monitor.RULES,
    "notifier": of_notifier.rules(cast(Any, None)),
}


def document_of(life: Life, service: str, collection: str) -> Document | None:
    return life.services[service].database[collection].get(life.id)


def published_on(life: Life, topic: str) -> list[Document]:
    return [entry for entry in life.published if entry["topic"] == topic and entry["key"] == life.id]


def stated_by(life: Life, service: str) -> StatedSubmission:
    """The statement that its owner would make, with all of its events as sent lately."""
    stating = STATINGS[service]
    document = document_of(life, service, stating.collection)
    assert document is not None
    sent = [
        PublishedEvent(id=entry["id"], type=entry["type"], sequence=entry["sequence"])
        for entry in published_on(life, stating.facts.name)
    ]
    return stating.entry_of(document, sent)


def differences(life: Life) -> list[str]:
    """Differences that a reconciler finds, that an owner states, and that two services show."""
    return [*_stated_otherwise(life), *missing(life), *_shown_differently(life), *_told_otherwise(life)]


def missing(life: Life) -> list[str]:
    """By the reconcilers: what a service has noted as jumped over, or lacks of what an owner states."""
    return [*_jumped_over(life), *_lacking(life)]


def _jumped_over(life: Life) -> Iterator[str]:
    for service in RULES:
        for gap in life.services[service].database[DIFFERENCES].documents:
            yield f"{service} lacks {gap['kind']} {gap['sequence']} of {gap['topic']}"


def _stated_otherwise(life: Life) -> Iterator[str]:
    for service, stating in STATINGS.items():
        sequences = [entry["sequence"] for entry in published_on(life, stating.facts.name)]
        if sequences != list(range(1, len(sequences) + 1)):
            yield f"{service} publishes {sequences}"
        if stated_by(life, service).sequence != len(sequences):
            yield f"{service} states {stated_by(life, service).sequence} of {len(sequences)} events"


def _lacking(life: Life) -> Iterator[str]:
    for owner, stating in STATINGS.items():
        stated = stated_by(life, owner)
        for service, rules in RULES.items():
            for rule in rules:
                if rule.facts is stating.facts:
                    document = document_of(life, service, rule.collection)
                    told = {"is_told": True} if service == "notifier" and life.planned and document else {}
                    lacks = rule.lacks(document | told if document else None, stated, life.now)
                    yield from (f"{service} lacks {lack.kind} {lack.sequence} of {rule.facts.name}" for lack in lacks)


def _shown_differently(life: Life) -> Iterator[str]:
    submission, assignment, clock, case = (_state_of(life, *place) for place in PLACES)
    yield from (str(each) for each in of_one_mind(life.id, assignment, submission, clock))
    is_running = clock["standing"]["state"] == "running"  # otherwise nobody is told of the time left
    due = (assignment.get("due") or {}).get("at") if is_running else case.get("due_at")
    pairs = {
        "the custodian": (assignment.get("entity"), case.get("entity")),
        "the custodian by the clock": (_with_its_clock(assignment, clock), clock["standing"]["entity"]),
        "the due time": (due, case.get("due_at")),
        "who is in charge": ((assignment.get("charge") or {}).get("official"), case.get("in_charge")),
        "the category": (assignment.get("category") or case.get("category"), case.get("category")),
        "the language": (submission["language"], case["language"]),
        "the language at the desk": (submission["language"], assignment["submission"]["language"]),
        "who alone reads it": (assignment.get("named") or [], submission.get("confided") or []),
        "whom messages go to of those": (assignment.get("named") or [], case.get("confided") or []),
        "the files": (len(submission["attachments"]), len(assignment["files"])),
    }
    yield from (f"{what}: {one!r} and {other!r}" for what, (one, other) in pairs.items() if one != other)


PLACES = (
    ("intake", of_intake.STATING.collection),
    ("router", of_router.STATING.collection),
    ("sla-monitor", of_sla_monitor.STATING.collection),
    ("notifier", "cases"),
)


def _with_its_clock(assignment: Document, clock: Document) -> str:
    """An appeal is the central office's to decide, while who answered keeps the case."""
    entity: str = clock["standing"]["entity"] if assignment["state"] in APPEALED else assignment["entity"]
    return entity


def _state_of(life: Life, service: str, collection: str) -> Document:
    document = document_of(life, service, collection)
    assert document is not None, f"{service} has nothing of it"
    state: Document = document["state"]
    return state


def _told_otherwise(life: Life) -> Iterator[str]:
    """Its author reads of each message about it, and of none to those who follow it; of what was imported nobody is
    told."""
    submission = _state_of(life, *PLACES[0])
    if submission["channel"] == Channel.IMPORT and life.planned:
        yield f"{life.planned} messages about what was imported"
    timeline = submission["timeline"]
    read = Counter(
        (entry["details"].get("audience"), entry["details"].get("channel"))
        for entry in timeline
        if entry["type"] == NotificationSent.__name__
    )
    to_others = {place: count for place, count in life.sent.items() if place[0] != FOLLOWER}
    if read != to_others:
        yield f"messages in the timeline: {dict(read)}, sent: {to_others}"
