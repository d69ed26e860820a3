"""The publication of a submission: the author agrees, a moderator decides, and every decision is kept."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from shared.events.model import Location
from shared.reference.phrases import readings
from shared.reference.spelling import normalised

MOST_WORDS = 1_000
LONGEST_WORD = 40
PLACES = 3
"""Decimals of public coordinates: about a hundred metres, enough for a street and too coarse for a house."""


class PublicationState(StrEnum):
    """The state of a publication."""

    AWAITING = "awaiting"
    """The author agreed; a moderator has not decided yet."""
    PUBLISHED = "published"
    HIDDEN = "hidden"
    REVOKED = "revoked"
    """The author took the agreement back."""


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
"""The transitions by command: the first five are the moderator's, the last two the author's. Nothing is published
without the author's agreement; None stands for authors who were never asked. Photos may be chosen before or after
the text is published, and are shown with it."""


class StoredModel(BaseModel):
    model_config = ConfigDict(extra="ignore", use_enum_values=True)


class Rectangle(StoredModel):
    """A part of a photo, in percent of its width and height, from the upper left corner of the upright picture."""

    left: float
    top: float
    width: float
    height: float


class PublicPhoto(StoredModel):
    """A published photo: `id` is the copy, redacted in `rectangles`; `of` is the attachment, which stays unchanged and
    private."""

    id: str
    of: str
    width: int
    height: int
    rectangles: list[Rectangle] = []


class Moderation(StoredModel):
    """One decision. `by` is the moderator's subject, and None for the author's own decision. `photo` is the attachment
    concerned, redacted in `rectangles`."""

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
    """`text` is the moderated text; the submission keeps the original.

    `words` are the search terms, `like` the keys for similar submissions; `area` and `point` are the public place.
    `covers_photos` says that the author agreed to a text that mentions photos; an earlier agreement does not cover
    them.
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
    """Normalised words of a text, each also without attached Arabic particles."""
    found = {reading for word in normalised(text).split(" ") for reading in readings(word)}
    return sorted(word[:LONGEST_WORD] for word in found if word)[:MOST_WORDS]


def public_point(location: Location | None) -> PublicPoint | None:
    if location is None or location.lat is None or location.lon is None:
        return None
    return PublicPoint(lat=round(location.lat, PLACES), lon=round(location.lon, PLACES))


def public_location(location: Location | None) -> Location | None:
    """The public part of a location: a rounded point, the block and the named place, never the address."""
    if location is None:
        return None
    point = public_point(location)
    lat, lon = (point.lat, point.lon) if point else (None, None)
    return Location(lat=lat, lon=lon, block=location.block, place=location.place)
