"""Whether and how the public sees a submission: its author agrees, a moderator decides, and every decision stays."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from shared.events.model import Location
from shared.phrases import readings
from shared.spelling import normalised

MOST_WORDS = 1_000
LONGEST_WORD = 40
PLACES = 3
"""Decimals of a degree that the public sees of a point: about a hundred metres, a street and no door."""


class Shown(StrEnum):
    """How far a submission is on its way to the public."""

    AWAITING = "awaiting"
    """Its author agreed; a moderator has not decided yet."""
    PUBLISHED = "published"
    HIDDEN = "hidden"
    REVOKED = "revoked"
    """Its author does not agree any more."""


Steps = dict[Shown | None, Shown]

STEPS: dict[str, Steps] = {
    "publish": {Shown.AWAITING: Shown.PUBLISHED, Shown.HIDDEN: Shown.PUBLISHED},
    "edit": {Shown.PUBLISHED: Shown.PUBLISHED},
    "hide": {Shown.AWAITING: Shown.HIDDEN, Shown.PUBLISHED: Shown.HIDDEN},
    "agree": {None: Shown.AWAITING, Shown.REVOKED: Shown.AWAITING},
    "revoke": dict.fromkeys((Shown.AWAITING, Shown.PUBLISHED, Shown.HIDDEN), Shown.REVOKED),
}
"""What a moderator (the first three) and the author may do, and where it leads. Without the author's word nothing is
published; None: never asked."""


class Kept(BaseModel):
    model_config = ConfigDict(extra="ignore", use_enum_values=True)


class Moderation(Kept):
    """One decision. `by` is the moderator's subject; it is absent where the author decided."""

    at: datetime
    action: str
    by: str | None = None
    reason: str | None = None
    text: str | None = None


class PublicPoint(Kept):
    lat: float
    lon: float


class Publication(Kept):
    """`text` is what the public reads, as the moderator edited it; the submission keeps the original.

    `words` is how it is found, `area` and `point` are where it is to the public.
    """

    state: Shown = Shown.AWAITING
    text: str | None = None
    shows_place: bool = True
    published_at: datetime | None = None
    area: str | None = None
    point: PublicPoint | None = None
    words: list[str] = []
    history: list[Moderation] = []


def searchable(text: str) -> list[str]:
    """Its words in one spelling, each also without the particles that Arabic writes onto it."""
    found = {reading for word in normalised(text).split(" ") for reading in readings(word)}
    return sorted(word[:LONGEST_WORD] for word in found if word)[:MOST_WORDS]


def public_point(location: Location | None) -> PublicPoint | None:
    if location is None or location.lat is None or location.lon is None:
        return None
    return PublicPoint(lat=round(location.lat, PLACES), lon=round(location.lon, PLACES))
