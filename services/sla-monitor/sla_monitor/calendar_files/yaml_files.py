"""Reads and writes calendars and policies as YAML files, as in `deploy/country`."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import yaml
from pydantic import BaseModel

from sla_monitor.calendars.checks import Fault, RulebookRefused

MOST_VALUES = 200_000
"""Limit on values: a few lines of anchors can expand to more than memory holds."""
CHARACTERS_OF_A_VALUE = 20
DEEPEST = 20
LONGEST_NUMBER = 40


def write_yaml(document: Mapping[str, Sequence[BaseModel]]) -> str:
    """Write definitions as YAML, without fields that have their default."""
    plain = {
        name: [each.model_dump(mode="json", exclude_defaults=True) for each in items]
        for name, items in document.items()
    }
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=120)


class _Loader(yaml.CSafeLoader):
    """Uses the parser written in C: the one in Python would block other requests."""

    def number(self, node: yaml.ScalarNode) -> Any:
        """Refuse long numbers: YAML 1.1 reads `1:1:1` to the base of 60, in quadratic time."""
        if len(node.value) > LONGEST_NUMBER:
            raise yaml.constructor.ConstructorError(None, None, "a long number", node.start_mark)
        is_whole = node.tag == WHOLE_NUMBER
        return self.construct_yaml_int(node) if is_whole else self.construct_yaml_float(node)


WHOLE_NUMBER, FRACTION = (f"tag:yaml.org,2002:{kind}" for kind in ("int", "float"))
for tag in (WHOLE_NUMBER, FRACTION):
    _Loader.add_constructor(tag, _Loader.number)


def read_yaml(content: bytes | str) -> Any:
    """Parse YAML to what JSON can hold: dates become texts. Raises Refused, with the line where it is known."""
    try:
        return _Plain().of(yaml.load(content, Loader=_Loader), 0)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RulebookRefused([Fault(f"line {line}", "yaml", "This is no YAML.", "هذا ليس YAML صحيحًا.")]) from error
    except (yaml.YAMLError, ValueError, ArithmeticError, RecursionError) as error:
        raise RulebookRefused([Fault("file", "yaml", "This is no YAML.", "هذا ليس YAML صحيحًا.")]) from error


class _Plain:
    def __init__(self) -> None:
        self._left = MOST_VALUES

    def of(self, value: Any, depth: int) -> Any:
        self._left -= 1 + (len(value) // CHARACTERS_OF_A_VALUE if isinstance(value, str) else 0)
        if self._left < 0 or depth > DEEPEST:
            raise RulebookRefused(
                [Fault("file", "size", "This is more than can be taken.", "هذا أكثر مما يمكن قبوله.")]
            )
        if isinstance(value, dict):
            return {self.of(str(key), depth + 1): self.of(each, depth + 1) for key, each in value.items()}
        if isinstance(value, list):
            return [self.of(each, depth + 1) for each in value]
        return value.isoformat() if isinstance(value, date) else value
