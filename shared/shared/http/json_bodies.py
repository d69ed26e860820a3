"""JSON bodies with strict types: `"yes"` is no boolean and `"50.5"` no number, as JSON has both.

Forms and query parameters are made of texts, so the same models read those leniently, where they are validated without
this.
"""

import json
from functools import cached_property
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    GetCoreSchemaHandler,
    TypeAdapter,
    ValidatorFunctionWrapHandler,
)
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


def from_json(model: type[M], value: Any) -> M:
    """Validates parsed JSON. Raises ValidationError or ValueError (a number that JSON has not, as NaN)."""
    # pydantic has no strict mode for parsed JSON, in which texts may still become dates and members.
    return model.model_validate_json(json.dumps(value, allow_nan=False), strict=True)


class _Strict:
    """Validates as from JSON, where a date is a text and an enumeration's member its value, and nothing is coerced."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        reader = _Reader(source)
        return core_schema.no_info_wrap_validator_function(reader.read, handler(source))


class _Reader:
    def __init__(self, type_: Any) -> None:
        self._type = type_

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self._type)

    def read(self, value: Any, read_python: ValidatorFunctionWrapHandler) -> Any:
        if isinstance(value, bytes):  # so the framework hands over what does not say that it is JSON
            return read_python(value)
        return self._adapter.validate_json(json.dumps(value, allow_nan=False), strict=True)


JsonBody = Annotated[T, _Strict()]
"""Declared by an endpoint: `sent: JsonBody[WithdrawalSent]`. tests/contract/test_json_bodies.py fails without it."""
