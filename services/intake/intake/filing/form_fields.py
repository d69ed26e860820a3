"""Converts form fields to API models."""

from collections import defaultdict

from shared.events.directory import PlaceChanged
from shared.reference.directory import Directory
from shared.reference.gazetteer import Gazetteer
from shared.reference.spelling import ascii_digits

from intake.filing.place_fields import location_from
from intake.http.models import SubmissionSent

FIELDS = {"location.block": "block", "location.address": "address", "location.place": "place", "location": "address"}
FIELDS |= {"location.lat": "block", "location.lon": "block", "contact": "email"}
"""A point comes from the map and has no field of its own that a person sees."""


NUMBERS = ("block", "phone")


def with_ascii_digits(form: dict[str, str]) -> dict[str, str]:
    """The fields with block and phone number in ASCII digits, in which they are stored and shown."""
    return form | {name: ascii_digits(form[name]) for name in NUMBERS if name in form}


def form_fields(field: str) -> str:
    """The form's name for a field of `SubmissionSent`."""
    return FIELDS.get(field, field.rpartition(".")[2])


def sent_from(form: dict[str, str], language: str, gazetteer: Gazetteer[PlaceChanged]) -> SubmissionSent:
    """Raises ValidationError. Contact fields count only if the person wants to be reached; for a signed-in person they
    are optional."""
    location = location_from(form, gazetteer)
    contact = {name: form.get(name) or None for name in ("name", "email", "phone")}
    return SubmissionSent.model_validate(
        {
            "kind": form.get("kind", ""),
            "text": form.get("text", ""),
            "language": language,
            "category": form.get("category") or None,
            "location": location or None,
            "publish": form.get("publish") == "yes",
            "contact": contact if _gives_contact(form) else None,
        }
    )


def _gives_contact(form: dict[str, str]) -> bool:
    who = form.get("who")
    return who == "contact" or (who == "account" and bool(form.get("email") or form.get("phone")))


def counter_from(form: dict[str, str]) -> SubmissionSent:
    """Reads the form that an official fills in for a citizen. Raises ValidationError."""
    contact = {name: form.get(name) or None for name in ("name", "email", "phone")}
    location = {name: form[name] for name in ("place", "block", "address") if form.get(name)}
    return SubmissionSent.model_validate(
        {
            "channel": form.get("channel", ""),
            "language": form.get("language", ""),
            "kind": form.get("kind", ""),
            "text": form.get("text", ""),
            "category": form.get("category") or None,
            "location": location or None,
            "contact": contact if any(contact.values()) else None,
        }
    )


Group = tuple[str | None, list[tuple[str, str]]]


def categories_to_choose(directory: Directory, lang: str) -> list[Group]:
    """Active categories by group name, sorted in the reader's language."""
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for category in directory.categories.values():
        parent = directory.categories.get(category.parent or "")
        if category.active and parent is not None:
            groups[getattr(parent.name, lang)].append((category.category, getattr(category.name, lang)))
    return [(name, sorted(choices, key=lambda choice: choice[1])) for name, choices in sorted(groups.items())]
