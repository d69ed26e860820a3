"""Why a record was set aside, so that dead letters of one bug are seen and settled together.

A cause names fields, classes and code. It never holds a value, as that may be personal.
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, FrameType, TracebackType
from typing import Any

from pydantic import BaseModel, ValidationError

from shared.events.envelope import InvalidEvent
from shared.events.faults import Fault, faults_of

READING = "shared.events.envelope.read_event"
DIGITS_OF_AN_ID = 12


@dataclass(frozen=True)
class FailureCause:
    """`location` is the function, not the line: that moves with every release, and the bug does not."""

    event_type: str
    error: str
    reason: str
    field: str = ""
    value_class: str = ""
    location: str = ""

    def id(self, group: str) -> str:
        """The same for every letter that `group` set aside for this."""
        parts = (group, self.event_type, self.error, self.field, self.value_class, self.location)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:DIGITS_OF_AN_ID]


def of_unreadable(error: InvalidEvent, event_type: str | None) -> FailureCause:
    """Nothing of `event_type` counts unless a schema was found by it: it may be any text."""
    known = (event_type or "") if error.has_known_type else ""
    return FailureCause(known, type(error).__name__, str(error), error.field, error.value_class, READING)


def of_failure(error: BaseException, event_type: str, data: Any, packages: Collection[str]) -> FailureCause:
    """A bug met with an event. `packages` hold our code; `data` is None for an event that nobody handles."""
    frame = _ours(error.__traceback__, packages)
    location = _name(frame)
    if isinstance(error, ValidationError) and (faults := faults_of(error)):
        return _refused(error.title, faults[0], event_type, data, location)
    kind = type(error).__name__
    what, field, value_class = kind, "", ""
    if isinstance(error, AttributeError) and frame and error.name in _names_in(frame.f_code):
        field, value_class = str(error.name), type(error.obj).__name__
        what = f"{kind}, {value_class} has no {field},"
    return FailureCause(event_type, kind, f"{event_type}: {what} in {location}", field, value_class, location)


def _refused(model: str, fault: Fault, event_type: str, data: Any, location: str) -> FailureCause:
    target = f"{model}.{fault.path}"
    source = _source(data, fault.given)
    field = f"{event_type}.{source} > {target}" if source else target
    if fault.type == "missing":
        reason = f"{event_type}: {target} missing"
    else:
        begins = f"{event_type}.{source}" if source else event_type
        reason = f"{begins}: {fault.refusal} in {target}"
    return FailureCause(event_type, ValidationError.__name__, reason, field, fault.value_class, location)


def _source(data: Any, given: object) -> str | None:
    """The field of the event that the refused value was taken from; None unless it can be one alone."""
    if given is None or isinstance(given, bool | int) or not isinstance(data, BaseModel):
        return None  # such values are one and the same object everywhere
    found = [name for name in type(data).model_fields if vars(data).get(name) is given]
    return found[0] if len(found) == 1 else None


def _ours(traceback: TracebackType | None, packages: Collection[str]) -> FrameType | None:
    """The innermost frame of our own code; where there is none, the innermost of all."""
    frames = list(_frames(traceback))
    ours = [frame for frame in frames if _module(frame).partition(".")[0] in packages]
    found = ours or frames
    return found[-1] if found else None


def _frames(traceback: TracebackType | None) -> Iterator[FrameType]:
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _name(frame: FrameType | None) -> str:
    return f"{_module(frame)}.{frame.f_code.co_qualname}" if frame else ""


def _names_in(code: CodeType) -> Collection[str]:
    """Names that the code itself spells: nobody's data."""
    return code.co_names


VALUE_OF_A_HEADER = re.compile(r"(no CloudEvents envelope: \w+).*", re.DOTALL)
OF_A_HANDLER = re.compile(r"(\w+) in a handler")
OF_A_SCHEMA = re.compile(r"\w+ does not fit its schema.*", re.DOTALL)


def of_old_letter(letter: Mapping[str, Any]) -> FailureCause:
    """From before causes were kept: all that is known is the event's type and the class of the error in the reason."""
    reason = VALUE_OF_A_HEADER.sub(r"\1", str(letter.get("reason") or ""))
    handler = OF_A_HANDLER.fullmatch(reason)
    known = (letter.get("event_type") or "") if handler or OF_A_SCHEMA.fullmatch(reason) else ""
    error = handler.group(1) if handler else InvalidEvent.__name__
    return FailureCause(str(known), error, reason, field="" if handler else reason)
