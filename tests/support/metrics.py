"""The metrics as the code declares them, and what the values of each label may be."""

import ast
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from intake.attachments.model import Unusable
from notifier.notifications.model import State as Telling
from router.cases.life import Move
from router.cases.life import State as Assigned
from shared.events.model import Role
from shared.events.topics import BY_EVENT, BY_NAME
from shared.operations.observability import METHODS
from shared.serving.service import Service
from sla_monitor.calendars.policies import OFFICES
from sla_monitor.deadlines.rungs import UNROUTED
from sla_monitor.timekeeping.custody import State as Running

from tests.contract.services import PACKAGES, sources

KINDS = {"Counter": "counter", "Gauge": "gauge", "Histogram": "histogram", "Summary": "summary", "Info": "info"}


@dataclass(frozen=True)
class Metric:
    name: str
    kind: str
    help: str
    labels: tuple[str, ...]


def declared(file: Path) -> Iterator[Metric]:
    """Metrics that a module declares, each with a name that can be searched for in it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS and node.args:
            first = node.args[0]
            if not isinstance(first, ast.Constant) or not str(first.value).startswith("tawasul_"):
                assert not _is_metric(node), f"{file}:{node.lineno} declares a metric without a plain name"
                continue
            named = {keyword.arg: keyword.value for keyword in node.keywords}
            help_ = ast.literal_eval(node.args[1] if len(node.args) > 1 else named["documentation"])
            labels = node.args[2] if len(node.args) > 2 else named.get("labelnames", ast.Tuple([], ast.Load()))
            yield Metric(str(first.value), KINDS[node.func.id], help_, tuple(ast.literal_eval(labels)))


def _is_metric(node: ast.Call) -> bool:
    """`collections.Counter` has the same name, and takes one thing at most."""
    return len(node.args) > 1


def routes(app: FastAPI) -> Iterator[str]:
    yield from (route.path for route in iter_route_contexts(app.routes) if route.path)


def bounds(app: FastAPI, entities: Container[str]) -> dict[str, Callable[[str], bool]]:
    """Allowed values of each label of a service. A label that is missing here has no bound that we know of."""
    service: Service = app.state.service
    workers = {*service.workers, "measure", "measure consumers", "ordinal", "list", "sending", "stating"}
    patterns = {*routes(app), "unmatched"}
    states = {*Assigned, *Running, *Telling, *("active", "failing", "paused", "dead")}
    outcomes = {
        *("applied", "no_change", "duplicate", "ignored", "unknown"),
        *("in_time", "late", "refused", "not_stored"),
        *("signed_in", "failed", "renewed", "ended", "signed_out"),
        *("stored", "confirmed", "erased", "invalid"),
        *("taken", "scanner-away", *Unusable),
        *("decided", "suggested", "first", "second", "third", "none"),
        *("set_aside", "not_read"),
        *("delivered", "failed"),
        *("registered", "forgotten", "gone"),
    }
    return {
        "action": _is_word,
        "alphabet": {"gsm-7", "ucs-2"}.__contains__,
        "channel": {"mail", "sms", "push", "inbox"}.__contains__,
        "collection": set(service.relay.collections).__contains__,
        "decided_by": {"rule", "classifier", "triage", "person"}.__contains__,
        "entity": entities.__contains__,
        "gateway": {"mail", *getattr(app.state, "receipt_endpoints", ())}.__contains__,
        "kind": {"permanent", "retryable", "unavailable"}.__contains__,
        "lane": {"urgent", "normal", "bulk"}.__contains__,
        "limit": {"requests", "filings", "contacts", "guesses", "webhook-tests"}.__contains__,
        "method": {*METHODS, "other"}.__contains__,
        "missing": {"event", "assignment", "clock", "deadline", "notification", "timeline"}.__contains__,
        "move": {*Move}.__contains__,
        "outcome": outcomes.__contains__,
        "provider": {"", *getattr(app.state, "receipt_endpoints", ())}.__contains__,
        "reason": _is_word,
        "route": patterns.__contains__,
        "rung": {UNROUTED, *OFFICES}.__contains__,
        "says": {"dead", "bounced", "delayed", "complained", "unsubscribed", "unknown"}.__contains__,
        "state": states.__contains__,
        "status": lambda value: value.isdigit() and 100 <= int(value) < 600,
        "to_role": {*Role, *OFFICES}.__contains__,
        "topic": _is_topic,
        "type": {"", *(event.__name__ for event in BY_EVENT)}.__contains__,
        "way": {"hand", "load", "skill", "turn"}.__contains__,
        "what": {"resend", "cancel"}.__contains__,
        "worker": workers.__contains__,
    }


def _is_topic(value: str) -> bool:
    """One of ours, or where a service publishes what it could not take of one."""
    return value in BY_NAME or (value.endswith(".dlq") and any(value.startswith(f"{name}.") for name in BY_NAME))


def _is_word(value: str) -> bool:
    """One that stands in the code, or the class of an error: nothing that a person, a case or an address could be."""
    return value in _words() or value in _errors(BaseException)


@cache
def _words() -> frozenset[str]:
    trees = (ast.parse(file.read_text()) for name in (*PACKAGES.values(), "shared") for _, file in sources(name))
    constants = (node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return frozenset(word for word in constants if isinstance(word, str))


def _errors(base: type[BaseException]) -> set[str]:
    """All loaded metrics."""
    return {base.__name__}.union(*(_errors(each) for each in base.__subclasses__()))


def unbounded(metrics: dict[str, Any], bounds: dict[str, Callable[[str], bool]]) -> list[str]:
    """Values that a label must not have, of families as `text_string_to_metric_families` gives them."""
    found = set()
    for family in metrics.values():
        for sample in family.samples if family.name.startswith("tawasul_") else ():
            for label, value in sample.labels.items():
                if label != "le" and (label not in bounds or not bounds[label](value)):
                    found.add(f"{family.name} {label}={value!r}")
    return sorted(found)
