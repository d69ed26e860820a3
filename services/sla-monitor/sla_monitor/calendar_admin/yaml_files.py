"""Calendars and policies as YAML files, as in `deploy/country`: what people keep, compare and send to one another."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import yaml
from pydantic import BaseModel

from sla_monitor.calendars.checks import Fault, Refused

MOST_VALUES = 200_000
"""A few lines of anchors can stand for more than a memory holds, be it many values or a long text many times."""
CHARACTERS_OF_A_VALUE = 20
DEEPEST = 20
LONGEST_NUMBER = 40


def write_yaml(document: Mapping[str, Sequence[BaseModel]]) -> str:
    """Without what is as it is by itself."""
    plain = {
        name: [each.model_dump(mode="json", exclude_defaults=True) for each in items]
        for name, items in document.items()
    }
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=120)


class _Loader(yaml.CSafeLoader):
    """In C, as a file in Python's own reader would take its time from everybody else."""

    def number(self, node: yaml.ScalarNode) -> Any:
        """In YAML 1.1, `1:1:1` is a number to the base of 60: of a long one the time grows with the square."""
        if len(node.value) > LONGEST_NUMBER:
            raise yaml.constructor.ConstructorError(None, None, "a long number", node.start_mark)
        is_whole = node.tag == WHOLE_NUMBER
        return self.construct_yaml_int(node) if is_whole else self.construct_yaml_float(node)


WHOLE_NUMBER, FRACTION = (f"tag:yaml.org,2002:{kind}" for kind in ("int", "float"))
for tag in (WHOLE_NUMBER, FRACTION):
    _Loader.add_constructor(tag, _Loader.number)


def read_yaml(content: bytes | str) -> Any:
    """As JSON has it: dates are texts. Raises Refused, with the line where that is known."""
    try:
        return _Plain().of(yaml.load(content, Loader=_Loader), 0)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Refused([Fault(f"line {line}", "yaml", "This is no YAML.", "هذا ليس YAML صحيحًا.")]) from error
    except (yaml.YAMLError, ValueError, ArithmeticError, RecursionError) as error:
        raise Refused([Fault("file", "yaml", "This is no YAML.", "هذا ليس YAML صحيحًا.")]) from error


class _Plain:
    def __init__(self) -> None:
        self._left = MOST_VALUES

    def of(self, value: Any, depth: int) -> Any:
        self._left -= 1 + (len(value) // CHARACTERS_OF_A_VALUE if isinstance(value, str) else 0)
        if self._left < 0 or depth > DEEPEST:
            raise Refused([Fault("file", "size", "This is more than can be taken.", "هذا أكثر مما يمكن قبوله.")])
        if isinstance(value, dict):
            return {self.of(str(key), depth + 1): self.of(each, depth + 1) for key, each in value.items()}
        if isinstance(value, list):
            return [self.of(each, depth + 1) for each in value]
        return value.isoformat() if isinstance(value, date) else value
