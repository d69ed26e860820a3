"""Submissions and their updates as GeoReport v2 records."""

from datetime import UTC, datetime
from typing import Any

from shared.reference.directory import Directory

from intake.open311.catalogue import code_of, entity_name, name_of
from intake.open311.status_notes import status_note, update_note
from intake.public_register.model import CLOSED, Record, Update

BLOCK = {"en": "Block {}", "ar": "مجمع {}"}


def moment(at: datetime | None) -> str | None:
    """A W3C date-time without fractions of a second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def address(record: Record, lang: str) -> str | None:
    """The block of some hundred houses, never an address that a person wrote."""
    return BLOCK[lang].format(record.block) if record.block else None


def public_record(record: Record, directory: Directory) -> Record:
    """Withholds details of a category that is never public, whatever was published before."""
    return record if directory.is_for_the_public(record.category) else record.withheld()


def media_url(record: Record, public_url: str) -> str | None:
    """The first published photo, whose address works while the submission is public."""
    return f"{public_url}/api/intake/v1/published/{record.reference}/photos/{record.photo}" if record.photo else None


def request(record: Record, directory: Directory, lang: str, public_url: str) -> dict[str, Any]:
    """`description` contains the citizen's words only if they were published, otherwise the category."""
    record = public_record(record, directory)
    name = name_of(directory, record.category, lang)
    lat, long = record.place or (None, None)
    return {
        "service_request_id": record.reference,
        "status": "open" if record.is_open else "closed",
        "status_notes": status_note(record.status, lang),
        "service_name": name,
        "service_code": code_of(record.category),
        "description": record.text or name,
        "agency_responsible": entity_name(directory, record.entity, lang),
        "service_notice": None,
        "requested_datetime": moment(record.received_at),
        "updated_datetime": moment(record.updated_at),
        "expected_datetime": moment(record.due_at),
        "address": address(record, lang),
        "address_id": record.block,
        "zipcode": None,
        "lat": lat,
        "long": long,
        "media_url": media_url(record, public_url),
    }


def update(entry: Update, directory: Directory, lang: str) -> dict[str, Any]:
    entity = entity_name(directory, entry.entity, lang)
    note = update_note(entry.type, lang)
    return {
        "update_id": entry.id,
        "service_request_id": entry.reference,
        "status": "closed" if entry.to_status in CLOSED else "open",
        "updated_datetime": moment(entry.at),
        "description": f"{note} · {entity}" if entity else note,
        "media_url": None,
    }
