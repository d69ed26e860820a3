"""The abuse list, whose entries hold matching submissions for a moderator's decision. It never drops one."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from shared.reference.phrases import Phrases
from shared.reference.spelling import ascii_digits, normalised

MOST_ENTRIES = 1_000
PHONE_DIGITS = 8
"""Phone numbers are compared by their last digits, so that a country code makes no difference."""


class Sign(StrEnum):
    MAIL = "mail"
    DOMAIN = "domain"
    PHONE = "phone"
    PHRASE = "phrase"


class StoredModel(BaseModel):
    model_config = ConfigDict(extra="ignore", use_enum_values=True)


class Entry(StoredModel):
    """`value` is stored in the normalised spelling that comparisons use."""

    id: str
    sign: Sign
    value: str
    reason: str
    by: str
    at: datetime


class AbuseList(StoredModel):
    entries: list[Entry] = []


def spelled(sign: Sign, value: str) -> str | None:
    """Normalise `value` for comparison; None where it is not a value of this kind."""
    match sign:
        case Sign.MAIL:
            mail = value.strip().casefold()
            return mail if 0 < mail.find("@") < len(mail) - 1 else None
        case Sign.DOMAIN:
            domain = value.strip().casefold().lstrip("@.")
            return domain if "." in domain and "@" not in domain and " " not in domain else None
        case Sign.PHONE:
            digits = _digits(value)
            return digits if len(digits) >= PHONE_DIGITS - 1 else None
    return normalised(value) or None


def _digits(phone: str) -> str:
    return "".join(filter(str.isdecimal, ascii_digits(phone)))[-PHONE_DIGITS:]


class Watch:
    """An index of the abuse list for fast comparison with new submissions."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self.is_empty = not entries
        self._exact = {(entry.sign, entry.value): entry.id for entry in entries if entry.sign != Sign.PHRASE}
        phrases = [entry for entry in entries if entry.sign == Sign.PHRASE]
        self._ids = [entry.id for entry in phrases]
        self._phrases = Phrases((entry.value, number) for number, entry in enumerate(phrases))

    def matches(self, text: str, email: str | None, phone: str | None) -> list[str]:
        """Ids of the entries that match this submission."""
        asked: list[tuple[str, str]] = []
        if email:
            mail = email.casefold()
            parts = mail.rpartition("@")[2].split(".")
            asked = [(Sign.MAIL, mail), *((Sign.DOMAIN, ".".join(parts[n:])) for n in range(len(parts) - 1))]
        if phone:
            asked.append((Sign.PHONE, _digits(phone)))
        found = [self._exact[each] for each in asked if each in self._exact]
        return [*found, *(self._ids[number] for number in sorted(self._phrases.found_in(normalised(text))))]
