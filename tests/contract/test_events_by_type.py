"""Events are read by type: a field's name does not say what it means in another event, and mypy cannot follow it."""

import ast
from collections.abc import Iterator
from types import UnionType
from typing import get_args

import pytest
from shared.events import (
    assignments,
    contacts,
    deadlines,
    directory,
    fields,
    model,
    notifications,
    statements,
    submissions,
)
from shared.events.model import EventData
from shared.events.topics import ASSIGNMENTS, DEADLINES, NOTIFICATIONS, SUBMISSIONS, TOPICS

from tests.contract.services import PACKAGES, sources

OF_EVENTS = {
    name
    for module in (assignments, contacts, deadlines, directory, notifications, statements, submissions, model)
    for name, each in vars(module).items()
    if isinstance(each, type) and issubclass(each, EventData)
}
FIELDS = {name for topic in TOPICS for event in topic.events.values() for name in event.model_fields}
BY_NAME = ("getattr", "attrgetter", "vars", "hasattr", "methodcaller", "asdict")
"""Functions that read a field whose name mypy does not see."""
NO_EVENTS = {
    ("router.cases.search_terms", "other_names"),
    ("router.directory_admin.item_pages", "parent"),
    ("router.assigning.triage_pages", "reference"),
}
"""Fields of other things, which happen to be called as one of an event's."""
DIAGNOSIS = "shared.messaging.failure_causes"
"""Names, of an event that failed, the field that holds the refused value: it compares all of them and reads none."""


def _is_event_type(annotation: ast.expr | None) -> bool:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    named = {
        each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "")
        for each in ast.walk(annotation or ast.Constant(None))
    }
    return bool(named & OF_EVENTS)


def _names(target: ast.expr) -> set[str]:
    return {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}


def _bindings(tree: ast.Module) -> Iterator[tuple[set[str], ast.expr]]:
    """Names that get a value, and the value."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign():
                for target in node.targets:
                    yield _names(target), node.value
            case ast.AnnAssign(value=ast.expr() as value) | ast.NamedExpr(value=value):
                yield _names(node.target), value
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                yield _names(node.target), node.iter


def _event_names(tree: ast.Module) -> set[str]:
    """Names that hold the data of an event: called so, annotated so, matched so, or bound to one that does."""
    names = {"data"}
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name, annotation=kind) if _is_event_type(kind):
                names.add(name)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind) if _is_event_type(kind):
                names.add(name)
            case ast.MatchAs(pattern=ast.MatchClass(cls=kind), name=str(name)) if _is_event_type(kind):
                names.add(name)
            case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=name), kind]) if _is_event_type(kind):
                names.add(name)
    bindings = list(_bindings(tree))
    known = 0
    while known != len(names):
        known = len(names)
        for bound, value in bindings:
            if _is_event(value, names):
                names |= bound
    return names


def _is_event(value: ast.expr, names: set[str]) -> bool:
    match value:
        case ast.Name():
            return value.id in names
        case ast.Attribute():
            return value.attr == "data"
        case ast.IfExp():
            return _is_event(value.body, names) or _is_event(value.orelse, names)
        case ast.BoolOp(values=several) | ast.Tuple(elts=several) | ast.List(elts=several):
            return any(_is_event(each, names) for each in several)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            return _is_event(value.elt, names)
    return False


def read_by_name(module: str, source: str) -> list[str]:
    """Places at which a module asks an event for a field by its name."""
    tree = ast.parse(source)
    names = _event_names(tree)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "__dict__" and _is_event(node.value, names):
            found.append(f"{module}:{node.lineno}")
        if not isinstance(node, ast.Call):
            continue
        function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if function not in BY_NAME:
            continue
        asked = {each.value for each in node.args if isinstance(each, ast.Constant)} & FIELDS
        asked = {name for name in asked if (module, name) not in NO_EVENTS}
        if asked or any(_is_event(each, names) for each in node.args):
            found.append(f"{module}:{node.lineno}")
    return found


def test_no_field_of_an_event_is_read_by_its_name() -> None:
    read = [(name, file) for package in (*PACKAGES.values(), "shared") for name, file in sources(package)]
    assert len(read) > 300
    places = [place for name, file in read if name != DIAGNOSIS for place in read_by_name(name, file.read_text())]
    assert places == []


@pytest.mark.parametrize(
    "code",
    [
        "def f(data): return getattr(data, 'answers', None)",
        "def f(event): return getattr(event.data, field)",
        "def f(fact): return [getattr(fact.data, name) for name in NAMES]",
        "def f(what: SubmissionEvent): return getattr(what, name, None)",
        "def f(what: 'submissions.InformationAdded | None'): return getattr(what, name)",
        "def f(event):\n    what = event.data\n    again = what or None\n    return getattr(again, name)",
        "def f(what):\n    if isinstance(what, assignments.SubmissionAssigned):\n        return getattr(what, name)",
        "def f(x):\n    match x:\n        case SubmissionReceived() as it:\n            return getattr(it, name)",
        "def f(each): return getattr(each, 'question_id', None)",
        "def f(each): return attrgetter('entity')(each)",
        "def f(event): return vars(event.data)['entity']",
        "def f(event): return event.data.__dict__['entity']",
        "def f(events): return [getattr(what, n) for what in [event.data for event in events] for n in NAMES]",
    ],
)
def test_reading_by_name_is_found_whatever_it_is_called(code: str) -> None:
    assert read_by_name("a.module", code)


@pytest.mark.parametrize(
    "code",
    [
        "def f(category, lang): return getattr(category.name, lang)",
        "def f(event): return event.data.entity",
        "def f(app): return getattr(app.state, 'route_patterns', None)",
    ],
)
def test_what_is_no_event_may_be_asked_by_name(code: str) -> None:
    assert read_by_name("a.module", code) == []


@pytest.mark.parametrize(
    ("union", "field"),
    [
        (fields.WithEntity, "entity"),
        (fields.WithFromEntity, "from_entity"),
        (fields.WithText, "text"),
        (fields.WithDueTime, "due_at"),
        (fields.WithOfficials, "officials"),
    ],
)
def test_no_event_with_the_field_is_left_out_of_those_that_are_read(union: UnionType, field: str) -> None:
    having = {
        event
        for topic in (SUBMISSIONS, ASSIGNMENTS, DEADLINES, NOTIFICATIONS)
        for event in topic.events.values()
        if field in event.model_fields
    }
    assert having
    assert {event.__name__ for event in having if not issubclass(event, get_args(union))} == set()
