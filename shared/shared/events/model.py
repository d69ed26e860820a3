"""The words that events of several topics share."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

LARGEST_NUMBER = 2**53 - 1
"""What every reader of JSON holds exactly, and every store in eight bytes."""

Identifier = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
SubmissionId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Language = Annotated[str, Field(pattern=r"^(ar|en)$")]
Text = Annotated[str, Field(min_length=1, max_length=4_000)]
Number = Annotated[int, Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
Count = Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]
AtLeastOne = Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]
PART_NUMBER = r"^[1-9][0-9]{0,8}$"
PartNumber = Annotated[str, Field(pattern=PART_NUMBER)]
"""Of a sub-case, as the router counts them; stores take it for a name."""


class Kind(StrEnum):
    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    OBSERVATION = "observation"
    ENQUIRY = "enquiry"


class Channel(StrEnum):
    WEB = "web"
    APP = "app"
    PORTAL = "portal"
    COUNTER = "counter"
    PHONE = "phone"
    API = "api"
    OPEN311 = "open311"
    IMPORT = "import"


class Priority(StrEnum):
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Role(StrEnum):
    CITIZEN = "citizen"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    HEAD = "head"
    CENTRAL = "central"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Value(BaseModel):
    """A part of an event. Unknown fields are ignored, so that an older reader follows a newer writer."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class EventData(Value):
    """The JSON value of one event; `type` tells the members of a topic apart."""

    type: str


class SubmissionEvent(EventData):
    """An event of one submission, with the state it left and the state it reached in its owner's life.

    Both are the same where the fact changed nothing; `from_state` is absent at the beginning of a life.
    """

    submission_id: SubmissionId
    from_state: str | None = None
    to_state: str


class Name(Value):
    """A name in both languages of the country."""

    ar: str = Field(min_length=1, max_length=300)
    en: str = Field(min_length=1, max_length=300)


class Location(Value):
    """Where it is: WGS 84 degrees, a block number, an address, a place of the directory, or any of them together."""

    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    block: str | None = Field(default=None, pattern=r"^[0-9]{1,5}$")
    address: str | None = Field(default=None, min_length=1, max_length=500)
    place: Identifier | None = None


FIRST_YEAR, LAST_YEAR = 1900, 2999
"""Between them every zone, calendar and store can count on and back."""


def _within_reach(moment: datetime) -> datetime:
    is_within = FIRST_YEAR <= moment.year <= LAST_YEAR and FIRST_YEAR <= moment.astimezone(UTC).year <= LAST_YEAR
    if not is_within:  # a store gives it back in UTC, in which it is read again
        raise ValueError(f"a moment lies in the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def _with_a_century_ahead(moment: datetime) -> datetime:
    if moment.year > LAST_YEAR - 100:
        raise ValueError(f"what begins leaves a century until {LAST_YEAR}")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_within_reach)]
Beginning = Annotated[Moment, AfterValidator(_with_a_century_ahead)]
"""From which others are counted, which are to be moments as well."""


def _read_moment(sent: object) -> object:
    if isinstance(sent, datetime):
        return sent
    if not isinstance(sent, str) or not _YEAR.match(sent.strip()):
        raise ValueError("a moment is written out, as 2026-11-24T09:12:33Z")
    return _MOMENT.validate_python(sent)  # here, as what a validator gives back is not read as JSON any more


_MOMENT = TypeAdapter(AwareDatetime)
_YEAR = re.compile(r"[0-9]{4}-")

WRITTEN_OUT = BeforeValidator(_read_moment)
"""Of a moment with limits of its own, after them."""

WrittenMoment = Annotated[AwareDatetime, WRITTEN_OUT]
"""A moment with its zone; pydantic alone would also take the seconds since 1970, as a number or in a text."""

Window = tuple[datetime, datetime]
