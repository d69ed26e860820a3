"""What anyone may know of a submission: no words of a person before a moderator published them, no exact place."""

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
"""Open311 knows open and closed alone. An answer closes: only the citizen can open it again."""

OPEN = frozenset(Status) - CLOSED

ABOUT_A_KILOMETRE = 2
"""Decimals of a coordinate before publication: it must point at no house."""


class Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, use_enum_values=True)


class Move(Read):
    """The status changed."""

    at: datetime
    from_status: Status
    to_status: Status


class Record(Read):
    """Read for the public. `text` is there only where a moderator published it, and `photo` is the first that they left
    for the public; `lat` and `lon` are as they were filed (`place` says what may be told). `moves` are in the order in
    which intake learned of them."""

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
        """Of a category that is never public: that there is one, what it is about and who has it, and not where."""
        return self.model_copy(update={"text": None, "photo": None, "block": None, "lat": None, "lon": None})

    @property
    def is_open(self) -> bool:
        return self.status not in CLOSED

    @property
    def closed_at(self) -> datetime | None:
        """When it was closed and not opened again since."""
        at = None
        for move in self.moves:
            if move.to_status not in CLOSED:
                at = None
            elif at is None:
                at = move.at
        return at if not self.is_open else None

    @property
    def updated_at(self) -> datetime:
        """As Open311 wants it: of what is closed, when it was closed; else when its status last changed."""
        newest = max((move.at for move in self.moves), default=self.received_at)
        return self.closed_at or newest

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude, as exact as may be: as the public list shows it, or roughly."""
        if self.lat is None or self.lon is None:
            return None
        decimals = PLACES if self.is_published else ABOUT_A_KILOMETRE
        return round(self.lat, decimals), round(self.lon, decimals)


class Update(Read):
    """Something happened to a submission that the public may know of."""

    id: str
    reference: str
    type: str
    at: datetime
    to_status: Status
    entity: str | None = None
