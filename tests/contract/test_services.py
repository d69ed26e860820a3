"""The services' descriptions of themselves: OpenAPI, AsyncAPI, and events that some service publishes."""

import ast
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from openapi_spec_validator import validate
from shared.events.asyncapi import asyncapi
from shared.events.topics import BY_EVENT, BY_NAME, TOPICS
from shared.http.session_cookie import cookie_name
from shared.messaging.consumer import Consumer
from shared.serving.service import Service

from tests.contract.services import PACKAGES, create_app, sources

NOT_PUBLISHED_YET: set[str] = set()
"""Declared for features that come later; whoever brings one takes its events out of here."""

FOR_EVERYBODY = {
    *("GET /api/router/v1/entities", "GET /api/router/v1/categories"),
    *("POST /api/router/v1/suggest", "POST /api/intake/v1/published/similar"),
    *("GET /api/intake/v1/published", "GET /api/intake/v1/published/{reference}"),
    "GET /api/intake/v1/published/{reference}/evidence/{id}",
    "GET /api/intake/v1/published/{reference}/evidence/{id}/thumbnail",
    "GET /api/intake/v1/published/{reference}/photos/{id}",
    "GET /api/intake/v1/published/{reference}/photos/{id}/thumbnail",
    *("GET /api/sla-monitor/v1/calendars", "GET /api/sla-monitor/v1/policies"),
    *("GET /api/sla-monitor/v1/performance", "GET /api/sla-monitor/v1/awards/{period}"),
    "POST /api/intake/v1/published/{reference}/follow-by-mail",
}
"""Nobody is asked who he is."""

INTAKE_FOR_OFFICIALS = ("/api/intake/v1/moderation",)
"""Below these one has to be signed in, and an update takes a version."""

DRAFTED = "/api/notifier/v1/wording/draft"
"""Resources that administrators edit together: a command on one takes the version that its author saw."""

GOOD_TWICE = {
    *("POST /api/router/v1/models/{version}/use", "PUT /api/router/v1/models/{version}/thresholds"),
    "POST /api/router/v1/models/training",
    "POST /api/sla-monitor/v1/calendars-and-policies/preview",
    *("POST /api/router/v1/suggest", "POST /api/intake/v1/published/similar"),
    "POST /api/intake/v1/published/{reference}/follow-by-mail",
}
"""Sent once more they do nothing more: no key is needed to know them again."""

TAKES_A_VERSION = {"PUT /api/notifier/v1/webhooks/{id}", "PUT /api/notifier/v1/preferences"}
"""Services whose other commands overwrite nothing that somebody else has changed."""

FOR_SIGNED_IN = {
    *("GET /api/intake/v1/submissions", "POST /api/intake/v1/erasures"),
    "GET /api/intake/v1/published/followed",
    "POST /api/intake/v1/submissions/{reference}/official-files",
    *("POST /api/intake/v1/published/{reference}/follow", "POST /api/intake/v1/published/{reference}/unfollow"),
}
"""Citizens need no account for anything else."""

Service_ = tuple[str, FastAPI]


@pytest.fixture(scope="module", params=PACKAGES)
def service(request: pytest.FixtureRequest) -> Service_:
    """Name and application."""
    name: str = request.param
    return name, create_app(PACKAGES[name])


def _operations(app: FastAPI) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_openapi_document_is_valid(service: Service_) -> None:
    _, app = service
    validate(json.loads(json.dumps(app.openapi())))
    assert _dangling(app.openapi()) == []


def test_every_operation_is_under_the_services_own_path(service: Service_) -> None:
    name, app = service
    assert [path for path in app.openapi()["paths"] if not path.startswith(f"/api/{name}/v1/")] == []


def test_every_operation_says_what_it_does(service: Service_) -> None:
    _, app = service
    silent = [at for at, operation in _operations(app) if not operation.get("summary")]
    assert silent == []


def test_every_body_has_an_example(service: Service_) -> None:
    _, app = service
    document = app.openapi()
    without = []
    for at, operation in _operations(app):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            described = content | _resolve(document, content["schema"])
            if not described.get("example") and not described.get("examples"):
                without.append(at)
    assert without == []


def test_every_refusal_is_described_as_a_problem(service: Service_) -> None:
    _, app = service
    assert "ValidationError" not in json.dumps(app.openapi())
    others = [
        (at, status)
        for at, operation in _operations(app)
        for status, response in operation["responses"].items()
        if status >= "4" and response.get("content", {}).keys() != {"application/problem+json"}
    ]
    assert others == []
    assert [at for at, operation in _operations(app) if "503" not in operation["responses"]] == []


def test_every_operation_that_asks_who_is_there_says_how_to_sign_in(service: Service_) -> None:
    name, app = service
    for at, operation in _operations(app):
        ways = operation.get("security", [])
        if at in FOR_EVERYBODY:
            assert (ways, "401" in operation["responses"]) == ([], False), at
            continue
        assert [way for way in ways if way] == [{"bearer": []}, {"session": []}], at
        open_to_all = name == "intake" and at not in FOR_SIGNED_IN and not _is_for_officials(at)
        assert ({} in ways) == open_to_all, at
        assert "401" in operation["responses"], at
    schemes = app.openapi()["components"]["securitySchemes"]
    assert (schemes["bearer"]["scheme"], schemes["bearer"]["bearerFormat"]) == ("bearer", "JWT")
    assert (schemes["session"]["in"], schemes["session"]["name"]) == ("cookie", cookie_name(is_secure=True))


def test_every_command_takes_an_idempotency_key_and_an_officials_update_a_version(service: Service_) -> None:
    name, app = service
    for at, operation in _operations(app):
        headers = {p["name"].lower() for p in operation.get("parameters", []) if p["in"] == "header"}
        is_command = not at.startswith("GET ") and at not in GOOD_TWICE
        takes_a_version = _is_for_officials(at) or at in TAKES_A_VERSION or DRAFTED in at
        is_update = is_command and (name in ("router", "sla-monitor") or takes_a_version)
        assert ("idempotency-key" in headers) == is_command, at
        assert ("if-match" in headers) == ("412" in operation["responses"]) == is_update, at


def test_the_asyncapi_document_holds_together(service: Service_) -> None:
    name, app = service
    document = asyncapi(name, _consumed(app))
    assert document["asyncapi"] == "3.0.0"
    assert _dangling(document) == []
    for channel in document["channels"].values():
        topic = BY_NAME[channel["address"]]
        assert channel["messages"].keys() == topic.events.keys()
    sent = {channel for channel, action in _channels(document) if action == "send"}
    assert sent == {topic.stream for topic in TOPICS if topic.owner == name}


def test_what_is_consumed_is_subscribed_and_has_an_owner(service: Service_) -> None:
    name, app = service
    assert {topic.owner for topic in _consumed(app)} <= PACKAGES.keys()
    assert name not in {topic.owner for topic in _consumed(app)}
    handled = {BY_EVENT[event].name for consumer in _consumers(app) for event in consumer.handlers}
    assert handled <= {topic.name for topic in _consumed(app)}


def test_every_event_of_a_consumed_topic_is_handled_or_declared_as_ignored(service: Service_) -> None:
    """The consumer says so itself when it is made; here, that each service declared it."""
    _, app = service
    [consumer] = _consumers(app)
    assert consumer.ignored is not None
    come = {event for topic in consumer.topics for event in topic.events.values()}
    assert come == consumer.handlers.keys() | consumer.ignored
    assert not consumer.handlers.keys() & consumer.ignored


def test_every_event_is_published_by_its_owner_or_listed_as_to_come() -> None:
    named = {owner: _names(package) for owner, package in PACKAGES.items()}
    unpublished = {event.__name__ for event, topic in BY_EVENT.items() if event.__name__ not in named[topic.owner]}
    assert unpublished == NOT_PUBLISHED_YET


def _is_for_officials(at: str) -> bool:
    """Paths for staff at intake, which otherwise serves citizens."""
    return at.split(" ")[1].startswith(INTAKE_FOR_OFFICIALS)


def _consumed(app: FastAPI) -> list[Any]:
    service: Service = app.state.service
    return [topic for subscription in service.subscriptions for topic in subscription.topics]


def _consumers(app: FastAPI) -> Iterator[Consumer[Any]]:
    """Consumers whose `take` was subscribed, also inside a wrapper of the service."""
    service: Service = app.state.service
    for subscription in service.subscriptions:
        yield from _behind(subscription._take)


def _behind(take: Any) -> Iterator[Consumer[Any]]:
    owner = getattr(take, "__self__", None)
    if isinstance(owner, Consumer):
        yield owner
    for cell in getattr(take, "__closure__", None) or ():
        if callable(cell.cell_contents):
            yield from _behind(cell.cell_contents)


def _channels(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for operation in document["operations"].values():
        yield operation["channel"]["$ref"].removeprefix("#/channels/"), operation["action"]


def _names(package: str) -> set[str]:
    """Names in the package's code. An owner uses an event of its own only to publish it."""
    return {
        node.id if isinstance(node, ast.Name) else node.attr
        for _, file in sources(package)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Name | ast.Attribute)
    }


def _resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    return _at(document, reference) if reference else schema


def _at(document: Any, reference: str) -> Any:
    for step in reference.removeprefix("#/").split("/"):
        document = document[step]
    return document


def _dangling(document: dict[str, Any]) -> list[str]:
    """References that lead nowhere in the document."""

    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for inner in node.values():
                yield from references(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from references(inner)

    missing = []
    for reference in set(references(document)):
        try:
            _at(document, reference)
        except KeyError:
            missing.append(reference)
    return sorted(missing)
