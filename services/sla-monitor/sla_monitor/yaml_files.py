"""Calendars and policies as YAML files, as in `deploy/country`: what people keep, compare and send to one another."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import yaml
from pydantic import BaseModel

from sla_monitor.domain.check import Fault, Refused

MOST_VALUES = 200_000
"""A few lines of anchors can stand for more than a memory holds."""
DEEPEST = 20


def write_yaml(document: Mapping[str, Sequence[BaseModel]]) -> str:
    """Without what is as it is by itself."""
    plain = {
        name: [each.model_dump(mode="json", exclude_defaults=True) for each in items]
        for name, items in document.items()
    }
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=120)


def read_yaml(content: bytes | str) -> Any:
    """As JSON has it: dates are texts. Raises Refused, with the line where that is known."""
    try:
        return _Plain().of(yaml.safe_load(content), 0)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Refused([Fault(f"line {line}", "yaml", "This is no YAML.", "هذا ليس YAML صحيحًا.")]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Refused([Fault("file", "yaml", "This is no YAML.", "هذا ليس YAML صحيحًا.")]) from error


class _Plain:
    def __init__(self) -> None:
        self._left = MOST_VALUES

    def of(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > DEEPEST:
            raise Refused([Fault("file", "size", "This is more than can be taken.", "هذا أكثر مما يمكن قبوله.")])
        if isinstance(value, dict):
            return {str(key): self.of(each, depth + 1) for key, each in value.items()}
        if isinstance(value, list):
            return [self.of(each, depth + 1) for each in value]
        return value.isoformat() if isinstance(value, date) else value
