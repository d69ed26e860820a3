"""The public record of a submission: no unmoderated words, no exact place."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from intake.publication.model import PLACES
from intake.submissions.life import Status

CLOSED = frozenset(
    {
        Status.ANSWERED,
        Status.CLOSED,
        Status.WITHDRAWN,
        Status.DECLINED,
        Status.MERGED,
        Status.REJECTED,
        Status.IMPLEMENTED,
    }
)
"""Statuses that Open311 calls closed. An answer closes, as only the citizen can reopen it."""

OPEN = frozenset(Status) - CLOSED

ABOUT_A_KILOMETRE = 2
"""Decimals of coordinates before publication, too coarse to identify a house."""


class Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, use_enum_values=True)


class Move(Read):
    """A change of the status."""

    at: datetime
    from_status: Status
    to_status: Status


class Record(Read):
    """The fields that the public may read. `text` exists only if a moderator published it, `photo` is the first
    published one; `lat` and `lon` are exact (`place` gives the public point). `moves` are in the order in which
    intake learned of them."""

    reference: str
    kind: str
    channel: str
    status: Status
    received_at: datetime
    category: str | None = None
    entity: str | None = None
    due_at: datetime | None = None
    text: str | None = None
    photo: str | None = None
    block: str | None = None
    lat: float | None = None
    lon: float | None = None
    is_published: bool = False
    moves: Sequence[Move] = ()

    def withheld(self) -> "Record":
        """Removes text, photo and place, for a category that is never public; category and entity stay."""
        return self.model_copy(update={"text": None, "photo": None, "block": None, "lat": None, "lon": None})

    @property
    def is_open(self) -> bool:
        return self.status not in CLOSED

    @property
    def closed_at(self) -> datetime | None:
        """The time of the last closing; None where it was reopened since."""
        at = None
        for move in self.moves:
            if move.to_status not in CLOSED:
                at = None
            elif at is None:
                at = move.at
        return at if not self.is_open else None

    @property
    def updated_at(self) -> datetime:
        """Open311's update time: the closing of a closed submission, otherwise the last change of status."""
        newest = max((move.at for move in self.moves), default=self.received_at)
        return self.closed_at or newest

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude with the precision that the public may see."""
        if self.lat is None or self.lon is None:
            return None
        decimals = PLACES if self.is_published else ABOUT_A_KILOMETRE
        return round(self.lat, decimals), round(self.lon, decimals)


class Update(Read):
    """An update of a submission that the public may read."""

    id: str
    reference: str
    type: str
    at: datetime
    to_status: Status
    entity: str | None = None
