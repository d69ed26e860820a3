"""Whether and how the public sees a submission: its author agrees, a moderator decides, and every decision stays."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from shared.events.model import Location
from shared.reference.phrases import readings
from shared.reference.spelling import normalised

MOST_WORDS = 1_000
LONGEST_WORD = 40
PLACES = 3
"""Decimals of a degree that the public sees of a point: about a hundred metres, a street and no door."""


class PublicationState(StrEnum):
    """How far a submission is on its way to the public."""

    AWAITING = "awaiting"
    """Its author agreed; a moderator has not decided yet."""
    PUBLISHED = "published"
    HIDDEN = "hidden"
    REVOKED = "revoked"
    """Its author does not agree any more."""


Steps = dict[PublicationState | None, PublicationState]

BEFORE_A_MODERATOR = (PublicationState.AWAITING, PublicationState.PUBLISHED, PublicationState.HIDDEN)

STEPS: dict[str, Steps] = {
    "publish": {
        PublicationState.AWAITING: PublicationState.PUBLISHED,
        PublicationState.HIDDEN: PublicationState.PUBLISHED,
    },
    "edit": {PublicationState.PUBLISHED: PublicationState.PUBLISHED},
    "hide": {PublicationState.AWAITING: PublicationState.HIDDEN, PublicationState.PUBLISHED: PublicationState.HIDDEN},
    "publish_photo": {shown: shown for shown in BEFORE_A_MODERATOR},
    "hide_photo": {shown: shown for shown in BEFORE_A_MODERATOR},
    "agree": {None: PublicationState.AWAITING, PublicationState.REVOKED: PublicationState.AWAITING},
    "revoke": dict.fromkeys(
        (PublicationState.AWAITING, PublicationState.PUBLISHED, PublicationState.HIDDEN), PublicationState.REVOKED
    ),
}
"""What a moderator (the first five) and the author (the last two) may do, and where it leads. Without the author's word
nothing is published; None: never asked. A photo is chosen before or after the text is published; it is seen with it."""


class StoredModel(BaseModel):
    model_config = ConfigDict(extra="ignore", use_enum_values=True)


class Rectangle(StoredModel):
    """A part of a photo, in hundredths of its width and height, from the upper left corner of what people see."""

    left: float
    top: float
    width: float
    height: float


class PublicPhoto(StoredModel):
    """A photo that the public may see: `id` is that of the copy, painted over in `rectangles`, and `of` that of the
    attachment, which stays as it is and which only those see who may read the submission."""

    id: str
    of: str
    width: int
    height: int
    rectangles: list[Rectangle] = []


class Moderation(StoredModel):
    """One decision. `by` is the moderator's subject; it is absent where the author decided. `photo` is the attachment
    that it was about, and `rectangles` what was painted over."""

    at: datetime
    action: str
    by: str | None = None
    reason: str | None = None
    text: str | None = None
    photo: str | None = None
    rectangles: list[Rectangle] | None = None


class PublicPoint(StoredModel):
    lat: float
    lon: float


class Publication(StoredModel):
    """`text` is what the public reads, as the moderator edited it; the submission keeps the original.

    `words` is how it is found, and `like` how what is alike is; `area` and `point` are where it is to the public.
    `covers_photos`: its author agreed when the agreement said so of photos; an older word does not count for them.
    """

    state: PublicationState = PublicationState.AWAITING
    text: str | None = None
    shows_place: bool = True
    published_at: datetime | None = None
    area: str | None = None
    point: PublicPoint | None = None
    words: list[str] = []
    like: list[str] = []
    covers_photos: bool = False
    photos: list[PublicPhoto] = []
    history: list[Moderation] = []


def searchable(text: str) -> list[str]:
    """Its words in one spelling, each also without the particles that Arabic writes onto it."""
    found = {reading for word in normalised(text).split(" ") for reading in readings(word)}
    return sorted(word[:LONGEST_WORD] for word in found if word)[:MOST_WORDS]


def public_point(location: Location | None) -> PublicPoint | None:
    if location is None or location.lat is None or location.lon is None:
        return None
    return PublicPoint(lat=round(location.lat, PLACES), lon=round(location.lon, PLACES))


def public_location(location: Location | None) -> Location | None:
    """Where it is to the public: a point, the block, the named place, and never the address."""
    if location is None:
        return None
    point = public_point(location)
    lat, lon = (point.lat, point.lon) if point else (None, None)
    return Location(lat=lat, lon=lon, block=location.block, place=location.place)
