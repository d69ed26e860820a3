"""Everything that a service's OpenAPI document allows, and much that it does not, asked of the running service.

Every answer has to be one that the document names: no fault of ours, a status, a media type and a shape that stand
there; and what the document forbids is to be refused. Each request is made by everybody in turn.
"""

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from unittest import SkipTest

import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import Flaky, Unsatisfiable
from hypothesis.strategies import SearchStrategy
from jsonschema import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.generation.meta import CoverageScenario
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

Case = schemathesis.Case[Any]
Headers = dict[str, str]
Who = Callable[[Mapping[str, Any]], Headers]
"""With which headers somebody sends a request, by the parameters of its path."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]

SEED = 4
STEPS = 6
"""Longest way along links: a longer one asks for what an earlier step has ended."""

READS_FIRST = ("get", "post", "put", "delete")
"""Methods that change or remove something come last."""


@dataclass
class Place:
    """A running service with something in it, and the people who come."""

    app: FastAPI
    url: str
    people: dict[str, Who]
    known: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    """Values that are there: by the end of a path (`""`: every path), those of its parameters."""
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The same of fields of bodies: `Model.field`."""
    lenient: Mapping[str, str] = field(default_factory=dict)
    """Operations that take more than their document says, and why."""
    never_done: Mapping[str, str] = field(default_factory=dict)
    """Operations that nothing generated can succeed with, and why."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Paths that are not asked, and why: whoever may look is answered without an end."""
    streams: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Paths that are answered without an end, with parameters of something that is there: they are only begun."""
    uploads: Mapping[str, tuple[Mapping[str, str], Mapping[str, Any]]] = field(default_factory=dict)
    """Paths that take nothing but a real file, with parameters and files."""

    def document(self) -> dict[str, Any]:
        """The service's own, with the known values where one can be sent."""
        document = deepcopy(self.app.openapi())
        for path in self.left_out:
            del document["paths"][path]
        for path, operation in _operations(document):
            values = self.values(path)
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path" and parameter["name"] in values:
                    parameter["schema"] = {"type": "string", "enum": list(values[parameter["name"]])}
        for place, sent in self.fields.items():
            model, _, name = place.partition(".")
            schema = document["components"]["schemas"][model]
            schema["properties"][name] = {"type": "string", "enum": list(sent)}
            if "examples" in schema:
                schema["examples"] = [example | {name: sent[0]} for example in schema["examples"]]
        return document

    def in_turn(self, number: int) -> tuple[str, Who]:
        people = list(self.people.items())
        return people[number % len(people)]

    def put_there(self, case: Case) -> Case:
        """The same of what is surely there, unless the path is what is wrong with it."""
        path = case.meta.components.get(ParameterLocation.PATH) if case.meta is not None else None
        if path is None or path.mode.is_negative:
            return case
        first = {name: values[0] for name, values in self.values(case.path).items() if name in case.path_parameters}
        case.path_parameters = case.path_parameters | first
        return case

    def values(self, path: str) -> dict[str, Sequence[str]]:
        """Known ones of its parameters, the one that is surely there first. What fits it best goes before."""
        values: dict[str, Sequence[str]] = {}
        for end, more in sorted(self.known.items(), key=lambda each: len(each[0])):
            if path.endswith(end):
                values |= more
        return values


def always(headers: Headers) -> Who:
    return lambda path: headers


@dataclass
class OpenApiReport:
    """The result of a run: every fault once, and how often each operation answered with which status."""

    faults: dict[tuple[str, str, int], str] = field(default_factory=dict)
    answers: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    operations: set[str] = field(default_factory=set)
    """All of the service's own document, asked or not."""
    wrong_methods: int = 0
    links_followed: int = 0

    @property
    def done(self) -> set[str]:
        return {at for at, statuses in self.answers.items() if any(200 <= status < 300 for status in statuses)}

    @property
    def never_done(self) -> set[str]:
        return self.operations - self.done

    def __str__(self) -> str:
        never = "; never: " + ", ".join(sorted(self.never_done)) if self.never_done else ""
        done = f"{len(self.operations) - len(self.never_done)} of {len(self.operations)} operations succeeded"
        return f"{done}, {self.wrong_methods} wrong methods, {self.links_followed} links followed{never}"


def ask_everything(place: Place, examples: int) -> OpenApiReport:
    """Blocks: to be called in a thread. `examples`: so many of what is allowed, and of what is not, per operation.

    Seeded: the same from run to run, as far as the ids of what is there are.
    """
    filled, own = _schema(place.document()), _schema(place.app.openapi())
    told = OpenApiReport(operations={each.ok().label for each in own.get_all_operations()})
    operations: list[Any] = [result.ok() for result in filled.get_all_operations() if isinstance(result, Ok)]
    assert len(operations) == sum(1 for _ in _operations(place.document()))
    with requests.Session() as session:
        for operation in sorted(operations, key=lambda each: READS_FIRST.index(each.method.lower())):
            allowed = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
            # First what leads somewhere: the document's own examples, of what is there.
            for example in (*filled.get_strategies_from_examples(operation), allowed):
                _ask(example.map(place.put_there), place, session, told, 1)
            _ask(allowed, place, session, told, examples)
            # That something is there forbids nothing else: what is forbidden stands in the service's own document.
            forbidden = own[operation.path][operation.method].as_strategy(
                generation_mode=schemathesis.GenerationMode.NEGATIVE
            )
            _ask(forbidden.map(place.put_there), place, session, told, examples)
        for operation in operations:
            _ask_by_wrong_methods(own, operation, place, session, told)
        _begin_streams(own, place, session, told)
        _upload(own, place, session, told)
        _follow_links(place, session, told, ways=examples)
    return told


def _ask_by_wrong_methods(
    own: Any, operation: Any, place: Place, session: requests.Session, told: OpenApiReport
) -> None:
    """By those that stand nowhere in the document, each by the next of those who come."""
    negative = [schemathesis.GenerationMode.NEGATIVE]
    config = own.config.generation_for(operation=operation)
    for case in own.iter_coverage_cases(
        own[operation.path][operation.method], generation_modes=negative, generation_config=config
    ):
        if case.meta.phase.data.scenario == CoverageScenario.UNSPECIFIED_HTTP_METHOD:
            case.path_parameters = _first_values(case, place)
            who, headers_of = place.in_turn(told.wrong_methods)
            headers = headers_of(case.path_parameters)
            told.wrong_methods += 1
            response = case.call(base_url=place.url, session=session, headers=headers)
            _judge(case, response, [unsupported_method], who, told)


def _first_values(case: Case, place: Place) -> dict[str, Any]:
    known = place.values(case.path)
    return {name: known.get(name, [value])[0] for name, value in case.path_parameters.items()}


def _begin_streams(own: Any, place: Place, session: requests.Session, told: OpenApiReport) -> None:
    for path, parameters in place.streams.items():
        for who, headers_of in place.people.items():
            url = place.url + path.format_map(parameters)
            with session.get(url, headers=headers_of(parameters), stream=True, timeout=10) as response:
                label = f"GET {path}"
                told.answers[label][response.status_code] += 1
                described = own[path]["get"].definition.raw["responses"]
                media_type = response.headers.get("content-type", "").partition(";")[0]
                wanted = "text/event-stream" if response.ok else "application/problem+json"
                if str(response.status_code) not in described or media_type != wanted:
                    fault = f"{label}, asked by {who}: {response.status_code} {media_type}"
                    told.faults.setdefault((label, "stream", response.status_code), fault)


def _upload(own: Any, place: Place, session: requests.Session, told: OpenApiReport) -> None:
    for path, (parameters, files) in place.uploads.items():
        for who, headers_of in place.people.items():
            url = place.url + path.format_map(parameters)
            response = session.post(url, files=files, headers=headers_of(parameters))
            operation = own[path]["post"]
            told.answers[operation.label][response.status_code] += 1
            try:
                operation.validate_response(response)
            except FailureGroup as failures:
                fault = f"{operation.label}, asked by {who}: {failures}"
                told.faults.setdefault((operation.label, "upload", response.status_code), fault)


def _follow_links(place: Place, session: requests.Session, told: OpenApiReport, ways: int) -> None:
    """Ask each operation with what an earlier one answered, as far as the documents show links; as each person in turn.

    What a service answers depends on what was done before, which Hypothesis takes for a flaw and ends a run: the next
    person begins another one. What is forbidden was asked before.
    """
    document = place.document()
    for path in place.streams:  # a link would lead into one, which was begun before and has no end
        document["paths"].pop(path, None)
    filled = _schema(document)
    filled.config.generation.update(modes=[schemathesis.GenerationMode.POSITIVE])

    class Following(filled.as_state_machine()):  # type: ignore[misc]
        who, headers_of = place.in_turn(0)

        def step(self, input: Any) -> Any:
            told.links_followed += input.is_applied and input.transition is not None
            return super().step(input)

        def call(self, case: Case, **_: Any) -> Any:
            headers = type(self).headers_of(case.path_parameters or {})
            response = case.call(base_url=place.url, session=session, headers=headers)
            told.answers[case.operation.label][response.status_code] += 1
            return response

        def validate_response(self, response: Any, case: Case, *_: Any, **__: Any) -> None:
            _judge(case, response, _checks_of(case, place), self.who, told)

    for number, (who, headers_of) in enumerate(place.people.items()):
        Following.who, Following.headers_of = who, staticmethod(headers_of)
        with contextlib.suppress(Flaky):
            seed(SEED + number)(Following).run(
                settings=settings(
                    max_examples=ways,
                    stateful_step_count=STEPS,
                    database=None,
                    deadline=None,
                    phases=(Phase.generate,),
                    suppress_health_check=list(HealthCheck),
                    verbosity=Verbosity.quiet,
                )
            )


def _schema(document: dict[str, Any]) -> Any:
    schema = schemathesis.openapi.from_dict(deepcopy(document))
    schema.config.seed = SEED
    # Who is there is said by `people`: a generated token would go before theirs.
    schema.config.generation.update(with_security_parameters=False)
    return schema


def _ask(
    strategy: SearchStrategy[Case], place: Place, session: requests.Session, told: OpenApiReport, examples: int
) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(strategy)
    def _each(case: Case) -> None:
        checks = _checks_of(case, place)
        for who, headers_of in place.people.items():
            headers = headers_of(case.path_parameters)
            if case.meta is not None and case.meta.generation.mode.is_negative:  # a wrong one is not put right
                headers = {name: value for name, value in headers.items() if name not in case.headers}
            response = case.call(base_url=place.url, session=session, headers=headers)
            told.answers[case.operation.label][response.status_code] += 1
            _judge(case, response, checks, who, told)

    # Where nothing that is not allowed can be said: it takes nothing, or anything.
    with contextlib.suppress(Unsatisfiable, SkipTest):
        _each()


def _checks_of(case: Case, place: Place) -> list[Any]:
    is_taken = case.operation.label in place.lenient or _is_allowed_when_trimmed(case, place)
    return [check for check in CHECKS if check is not negative_data_rejection or not is_taken]


def _judge(case: Case, response: Any, checks: list[Any], who: str, told: OpenApiReport) -> None:
    try:
        case.validate_response(response, checks=checks)
    except FailureGroup as failures:
        for failure in failures.exceptions:
            kind = (case.operation.label, type(failure).__name__, response.status_code)
            told.faults.setdefault(kind, f"{case.operation.label}, asked by {who}: {failures}")


def _is_allowed_when_trimmed(case: Case, place: Place) -> bool:
    """Texts are trimmed before they are measured, which JSON Schema cannot say."""
    content = case.operation.definition.raw.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None or not isinstance(case.body, dict):
        return False
    schema = content["schema"] | {"components": place.app.openapi()["components"]}
    trimmed = _trimmed(case.body)
    return bool(trimmed != case.body and Draft202012Validator(schema).is_valid(trimmed))


def _trimmed(value: Any) -> Any:
    match value:
        case str():
            return value.strip()
        case dict():
            return {name: _trimmed(part) for name, part in value.items()}
        case list():
            return [_trimmed(part) for part in value]
    return value


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation
