"""Divides the fields of events into personal ones and those kept for statistics when the person is erased.

Every field of an event that is kept somewhere is one or the other; a test asks for each.
"""

from typing import Any, Literal, get_origin

from pydantic import ValidationError

from shared.events.model import EventData, Location
from shared.events.submissions import SubmissionReceived

PERSONAL = frozenset({"text", "comment", "reason", "words", "answers", "author", "location", "follower", "sealed"})
"""Names of fields, in whatever event. A `reason` that is one of a few fixed words says nothing about anyone."""

NAMES = {("InformationAdded", "answers")}
"""The id of a question, though a field of that name holds answers elsewhere."""

ERASED = "–"
"""In the place of a text that an event must have."""


def personal_fields(model: type[EventData]) -> frozenset[str]:
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if name in PERSONAL and (model.__name__, name) not in NAMES and get_origin(field.annotation) is not Literal
    )


def place_kept(location: Location | None) -> Location | None:
    """Block and named place stay: hundreds live there. Where exactly it was may be where somebody lives."""
    if location is None or not (location.block or location.place):
        return None
    return Location(block=location.block, place=location.place)


def without_person(model: type[EventData], value: bytes) -> bytes | None:
    """The JSON of an event, its person taken out and still an event; None where it is none that could be read."""
    try:
        data = model.model_validate_json(value)
    except ValidationError:
        return None
    left: dict[str, Any] = {}
    for name in personal_fields(model):
        field = model.model_fields[name]
        left[name] = ERASED if field.is_required() else field.get_default()
        if name == "location":
            left[name] = place_kept(data.location) if isinstance(data, SubmissionReceived) else None
    return data.model_copy(update=left).model_dump_json(exclude_none=True).encode()
