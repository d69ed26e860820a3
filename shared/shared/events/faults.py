"""Describes what pydantic refused by names of fields and classes: never by a value or a key that somebody chose."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

ANYTHING = "*"
"""Stands for a position in a list, a key of a dictionary, a member of a union."""

CLASSES = {
    "string": "str",
    "bytes": "bytes",
    "int": "int",
    "float": "float",
    "decimal": "Decimal",
    "bool": "bool",
    "none": "None",
    "dict": "dict",
    "mapping": "dict",
    "list": "list",
    "tuple": "tuple",
    "set": "set",
    "frozen_set": "frozenset",
    "datetime": "datetime",
    "date": "date",
    "time": "time",
    "time_delta": "timedelta",
    "uuid": "UUID",
    "model": "an object",
    "model_attributes": "an object",
}
"""By how pydantic's types of errors begin that tell of another class than was expected."""

WRONG_CLASS = re.compile(r"(\w+?)_(?:type|parsing|required|from_\w+)")


@dataclass(frozen=True)
class Fault:
    """One field that was refused. `given` is the value itself, to find where it came from: for no text."""

    path: str
    type: str
    value_class: str
    given: Any

    def __str__(self) -> str:
        if self.type == "missing":
            return f"{self.path}: missing"
        return f"{self.path}: {self.refusal}"

    @property
    def refusal(self) -> str:
        found = WRONG_CLASS.fullmatch(self.type)
        if found and found.group(1) in CLASSES:
            return f"{self.value_class} where {CLASSES[found.group(1)]} expected"
        return f"{self.value_class} refused as {self.type}"


def faults_of(error: ValidationError) -> list[Fault]:
    """In the order of the fields, each once."""
    known = _names_of_fields()
    faults: dict[tuple[str, str], Fault] = {}
    for each in error.errors(include_url=False, include_context=False):
        path = ".".join(part if part in known else ANYTHING for part in map(str, each["loc"]))
        fault = Fault(path or ANYTHING, each["type"], type(each["input"]).__name__, each["input"])
        faults.setdefault((path, str(fault)), fault)
    return list(faults.values())


def _names_of_fields() -> frozenset[str]:
    """Field names of all models; any other part of a path was chosen by the writer of the value."""
    return frozenset(name for model in _models() for name in model.model_fields)


def _models() -> Iterator[type[BaseModel]]:
    waiting: list[type[BaseModel]] = [BaseModel]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        if model is not BaseModel:
            yield model
