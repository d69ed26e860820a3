"""Values of event models, made from their fields: each limit of each field by itself, and any of them together.

`limits_of` gives a few values for sure; `events` gives hypothesis the whole room. Both take a field's constraints from
the model, so a new event type or field needs nothing here.
"""

import enum
import types
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import AfterValidator, AwareDatetime, BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from shared.events.model import EventData

LARGEST_INT, SMALLEST_INT = 2**70, -(2**70)
"""Where a model names no limit."""
LIMITS = (Ge, Gt, Le, Lt, MinLen, MaxLen, AfterValidator)
LONG = 4_000
"""Characters, where a model names no limit."""
MANY = 40
"""Members, where a model names no limit."""

RIGHT_TO_LEFT = "\u200f\u202b"
WORDS = (
    "a",
    "ar",
    "en",
    "7",
    "12345",
    "works",
    "ewa",
    "central-office",
    "officer.works",
    "roads.pothole",
    "size",
    "west",
    "q1",
    "A-9_z",
    "+973 1700 0000",
    "0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "2026",
    "",
    " ",
    "حفرة في الطريق أمام المدرسة",
    f"{RIGHT_TO_LEFT}الشارع ٤٥\u200e block 312",
    "👩‍👩‍👧‍👦🇧🇭",
    "e\u0301\u0000",
    "$where.a.b",
    "<b>\"'{{x}}</b>\r\n",
    "null",
)
"""Ids of the small country that the consumers know, what is shortest, every script, and what a store or page might
take for its own."""

FILLINGS = ("a", "9", "ش", "👷", "a-")
"""The letters of long texts."""

MOMENTS = (
    datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1900, 1, 1, tzinfo=timezone(timedelta(hours=14))),
    datetime(2899, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2999, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone(-timedelta(hours=12))),
    datetime(1950, 6, 1, 0, 0, 0, 999_999, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=14))),
    datetime(2040, 1, 1, tzinfo=timezone(-timedelta(hours=11, minutes=30))),
)
WITHOUT_A_ZONE = datetime(2026, 11, 24, 9, 0)  # noqa: DTZ001
"""Which a reader of a plain `datetime` takes as well."""


E = TypeVar("E", bound=EventData)


def limits_of(model: type[E], common: dict[str, Any], texts: int = 1) -> Iterator[tuple[str, E]]:
    """What is there and the event: nothing optional, everything, each field's limits one at a time, all at their
    longest. `common` are fields that place it (`submission_id`). Of what a text may be, each field has every `texts`th
    and the longest, so that all are met in some field."""
    fields = {name: field for name, field in model.model_fields.items() if name not in (*common, "type")}
    plain = {name: _plain(field) for name, field in fields.items() if field.is_required()}
    yield "nothing optional", model.model_validate(common | plain)
    full = {name: _plain(field) for name, field in fields.items()}
    yield "every field", model.model_validate(common | full)
    for place, (name, field) in enumerate(fields.items()):
        for value in _thinned(values_of(field.annotation, tuple(field.metadata)), texts, place):
            if value is not None or not field.is_required():
                yield f"{name} = {brief(value)}", model.model_validate(common | plain | {name: value})
    longest = {name: values_of(field.annotation, tuple(field.metadata))[-1] for name, field in fields.items()}
    yield "every field at its longest", model.model_validate(common | longest)


def _thinned(values: tuple[Any, ...], texts: int, place: int) -> Iterator[Any]:
    for number, value in enumerate(values):
        is_one_of_many = type(value) is str and value != values[-1]
        if not is_one_of_many or (number + place) % texts == 0:
            yield value


@cache
def events(model: type[EventData], *common: tuple[str, Any]) -> SearchStrategy[EventData]:
    """Any value of the model: each optional field there or not."""
    placed = dict(common)
    fields = {name: field for name, field in model.model_fields.items() if name not in (*placed, "type")}
    required = {name: _drawn(field) for name, field in fields.items() if field.is_required()}
    optional = {name: _drawn(field) for name, field in fields.items() if not field.is_required()}
    return st.fixed_dictionaries(required, optional=optional).map(lambda values: model.model_validate(placed | values))


def brief(value: Any) -> str:
    """Short enough for a test's message."""
    text = repr(value)
    return text if len(text) < 50 else f"{text[:30]}… ({len(value) if hasattr(value, '__len__') else len(text)})"


def _plain(field: FieldInfo) -> Any:
    """Something ordinary, and not absent."""
    return next(value for value in values_of(field.annotation, tuple(field.metadata)) if value is not None)


def _drawn(field: FieldInfo) -> SearchStrategy[Any]:
    return strategy_of(field.annotation, tuple(field.metadata))


@cache
def _values_of(kind: Any, limits: tuple[Any, ...]) -> tuple[Any, ...]:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        inner, *more = arguments
        return _values_of(inner, (*_flat(more), *limits))
    if origin in (Union, types.UnionType):
        return tuple(
            value for each in arguments for value in _values_of(each, limits if each is not type(None) else ())
        )
    if origin is Literal:
        return tuple(arguments)
    if kind is type(None):
        return (None,)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return tuple(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return tuple(_parts_of(kind))
    if origin is tuple:
        return _tuples_of(arguments, limits)
    if origin is dict:
        return _dictionaries_of(*arguments)
    return _plain_values_of(kind, limits)


def values_of(kind: Any, limits: tuple[Any, ...] = ()) -> tuple[Any, ...]:
    """Ordinary ones first, the longest last."""
    return _values_of(kind, _flat(limits))


def _plain_values_of(kind: Any, limits: tuple[Any, ...]) -> tuple[Any, ...]:
    if kind is bool:
        return (True, False)
    if kind is str:
        longest = _bound(limits, MaxLen, "max_length", LONG)
        shortest = _bound(limits, MinLen, "min_length", 0)
        long = [(filling * longest)[:longest] for filling in FILLINGS]
        return _allowed(kind, limits, (*WORDS, "أ" * shortest, *long))
    if kind is int:
        low, high = _range(limits, SMALLEST_INT, LARGEST_INT, 1)
        return _allowed(kind, limits, (min(max(3, low), high), low, min(low + 1, high), 0, high - 1, high))
    if kind is float:
        low, high = _range(limits, -1e300, 1e300, 1e-9)
        return _allowed(kind, limits, ((low + high) / 2 if low > -1e300 else 50.5, low, high, 0.0, 1e-9))
    if kind is AwareDatetime:
        return _allowed(kind, limits, MOMENTS)
    if kind is datetime:
        return (*MOMENTS, WITHOUT_A_ZONE)
    if kind is date:
        return (date(2026, 11, 24), date(1970, 1, 1), date(2099, 12, 31))
    raise NotImplementedError(f"no values of {kind!r}: teach tests/support/events/generated.py")


def _parts_of(model: type[BaseModel]) -> Iterator[BaseModel]:
    fields = model.model_fields
    plain = {name: _plain(field) for name, field in fields.items()}
    required = {name: plain[name] for name, field in fields.items() if field.is_required()}
    yield model.model_validate(plain)
    yield model.model_validate(required)
    for name, field in fields.items():
        for value in values_of(field.annotation, tuple(field.metadata)):
            yield model.model_validate(required | {name: value})
    longest = {name: values_of(field.annotation, tuple(field.metadata))[-1] for name, field in fields.items()}
    yield model.model_validate(longest)


def _tuples_of(arguments: tuple[Any, ...], limits: tuple[Any, ...]) -> tuple[Any, ...]:
    if arguments[-1] is not Ellipsis:
        each_place = [_values_of(each, ()) for each in arguments]
        return (tuple(each[0] for each in each_place), tuple(each[-1] for each in each_place))
    members = _values_of(arguments[0], ())
    shortest, longest = _bound(limits, MinLen, "min_length", 0), _bound(limits, MaxLen, "max_length", MANY)
    every = (members * (longest // len(members) + 1))[:longest]
    found = ((members[0],), (), members[: min(len(members), longest)], (members[-1],), every)
    return tuple(each for each in found if shortest <= len(each) <= longest)


def _dictionaries_of(key: Any, value: Any) -> tuple[Any, ...]:
    keys, values = _values_of(key, ()), _values_of(value, ())
    longest = {f"key-{number}": values[number % len(values)] for number in range(MANY)}
    return ({keys[0]: values[0]}, {}, dict.fromkeys(keys, values[0]), {keys[-1]: values[-1]}, longest)


def strategy_of(kind: Any, limits: tuple[Any, ...] = ()) -> SearchStrategy[Any]:
    """Any value; often one of the known ones, which lead further into the code than random ones."""
    return _strategy_of(kind, _flat(limits))


@cache
def _strategy_of(kind: Any, limits: tuple[Any, ...]) -> SearchStrategy[Any]:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        inner, *more = arguments
        return _strategy_of(inner, (*_flat(more), *limits))
    if origin in (Union, types.UnionType):
        return st.one_of([_strategy_of(each, limits if each is not type(None) else ()) for each in arguments])
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {name: _drawn(field) for name, field in kind.model_fields.items() if field.is_required()}
        more_fields = {name: _drawn(field) for name, field in kind.model_fields.items() if not field.is_required()}
        return st.fixed_dictionaries(fields, optional=more_fields).map(kind.model_validate)
    if origin is tuple and arguments[-1] is not Ellipsis:
        return st.tuples(*(_strategy_of(each, ()) for each in arguments))
    if origin is tuple:
        shortest, longest = _bound(limits, MinLen, "min_length", 0), _bound(limits, MaxLen, "max_length", MANY)
        return st.lists(_strategy_of(arguments[0], ()), min_size=shortest, max_size=min(longest, 5)).map(tuple)
    if origin is dict:
        return st.dictionaries(_strategy_of(arguments[0], ()), _strategy_of(arguments[1], ()), max_size=5)
    known = st.sampled_from(_values_of(kind, limits))
    return st.one_of(known, _any_of(kind, limits)) if kind in (str, int, float, datetime, AwareDatetime) else known


def _any_of(kind: Any, limits: tuple[Any, ...]) -> SearchStrategy[Any]:
    if kind is str:
        if _pattern(limits) is not None:
            return st.sampled_from(_values_of(kind, limits))  # from_regex takes more time than the consumers do
        shortest, longest = _bound(limits, MinLen, "min_length", 0), _bound(limits, MaxLen, "max_length", LONG)
        return st.text(st.characters(codec="utf-8"), min_size=shortest, max_size=min(longest, 60))
    if kind is int:
        low, high = _range(limits, SMALLEST_INT, LARGEST_INT, 1)
        return st.integers(low, high)
    if kind is float:
        low, high = _range(limits, -1e300, 1e300, 1e-9)
        return st.floats(low, high, allow_nan=False, allow_infinity=False)
    zones = st.sampled_from([UTC, timezone(timedelta(hours=3)), timezone(-timedelta(hours=9, minutes=30))])
    return st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1), timezones=zones)  # noqa: DTZ001


def _allowed(kind: Any, limits: tuple[Any, ...], candidates: Sequence[Any]) -> tuple[Any, ...]:
    adapter = _adapter(kind, limits)
    found = tuple(dict.fromkeys(each for each in candidates if _fits(adapter, each)))
    if not found:
        raise NotImplementedError(f"nothing of {candidates} fits {limits}: teach tests/support/events/generated.py")
    return found


@cache
def _adapter(kind: Any, limits: tuple[Any, ...]) -> TypeAdapter[Any]:
    return TypeAdapter(Annotated[(kind, *limits)]) if limits else TypeAdapter(kind)


def _fits(adapter: TypeAdapter[Any], value: Any) -> bool:
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True


def _flat(limits: Sequence[Any]) -> tuple[Any, ...]:
    """A `Field` inside of a type holds its limits in `metadata`; what says nothing of values is left out."""
    found: list[Any] = []
    for each in limits:
        found += each.metadata if isinstance(each, FieldInfo) else [each]
    return tuple(each for each in found if isinstance(each, LIMITS) or _pattern((each,)))


def _pattern(limits: Sequence[Any]) -> str | None:
    return next((pattern for each in limits if (pattern := getattr(each, "pattern", None)) is not None), None)


def _bound(limits: Sequence[Any], kind: type, name: str, otherwise: int) -> int:
    return next((int(getattr(each, name)) for each in limits if isinstance(each, kind)), otherwise)


def _range(limits: Sequence[Any], low: Any, high: Any, step: Any) -> tuple[Any, Any]:
    for each in limits:
        match each:
            case Ge():
                low = each.ge
            case Gt():
                low = each.gt + step
            case Le():
                high = each.le
            case Lt():
                high = each.lt - step
    return low, high
