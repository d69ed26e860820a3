"""Facts of the router's directory (`tawasul.directory.v1`, compacted).

Keys: `entity:ID`, `official:ID`, `category:ID`, `area:ID`, `place:ID`.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from shared.events.model import EventData, Identifier, Kind, Language, Name, Number, Priority, Role, Value

Code = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
"""Of a question, or of one of its options, as Open311 wants its ids."""


class AnswerType(StrEnum):
    """What an answer is; the datatypes of Open311 GeoReport v2."""

    STRING = "string"
    NUMBER = "number"
    DATETIME = "datetime"
    TEXT = "text"
    SINGLE = "singlevaluelist"
    MULTIPLE = "multivaluelist"


class Publicity(StrEnum):
    """Whether everybody may read a category's submissions: their author is asked, or they are never published."""

    ASKED = "asked"
    NEVER = "never"


class Absence(Value):
    """Both days included, in the country's zone."""

    first_day: date
    last_day: date


class Option(Value):
    key: Code
    name: Name


class CategoryQuestion(Value):
    """What is asked of who chose the category. Without an `answer` it is something to read and takes none."""

    code: Code
    name: Name
    hint: Name | None = None
    answer: AnswerType | None = None
    required: bool = False
    options: tuple[Option, ...] = ()


class Words(Value):
    ar: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


class Elsewhere(Value):
    """A category that is not for this system: what to do instead, and the number to call."""

    name: Name
    phone: str | None = Field(default=None, pattern=r"^\+?[0-9][0-9 ]{1,19}$")


class EntityChanged(EventData):
    """`head` is the official who answers for it; without one, its officials with that role do. `areas` are those it
    serves; none: the whole country. `phone`, `website` and `address` are for everybody. `assigning`: how its officials
    come to its cases; unless by hand, somebody is put in charge without anybody's doing."""

    type: Literal["EntityChanged"] = "EntityChanged"
    entity: Identifier
    name: Name
    kind: str
    email: str | None = None
    calendar: Identifier
    parent: Identifier | None = None
    active: bool = True
    areas: tuple[Identifier, ...] = ()
    head: Identifier | None = None
    phone: str | None = None
    website: str | None = None
    address: Name | None = None
    assigning: Literal["hand", "load", "skill", "turn"] = "hand"


class OfficialChanged(EventData):
    """An official's work address travels here; it is no citizen's personal data. `deputies` act while the official is
    absent, the first of them who is not absent too; `skills` are categories, with all below them."""

    type: Literal["OfficialChanged"] = "OfficialChanged"
    official: Identifier
    name: Name
    entity: Identifier
    role: Role
    email: str | None = None
    language: Language
    active: bool = True
    other_roles: tuple[Role, ...] = ()
    deputies: tuple[Identifier, ...] = ()
    absences: tuple[Absence, ...] = ()
    skills: tuple[Identifier, ...] = ()
    areas: tuple[Identifier, ...] = ()


class CategoryChanged(EventData):
    """`questions` are in the order in which they are asked; `keywords` are other words for the category."""

    type: Literal["CategoryChanged"] = "CategoryChanged"
    category: Identifier
    name: Name
    parent: Identifier | None = None
    priority: Priority = Priority.NORMAL
    kinds: tuple[Kind, ...] = ()
    active: bool = True
    description: Name | None = None
    keywords: Words = Words()
    questions: tuple[CategoryQuestion, ...] = ()
    elsewhere: Elsewhere | None = None
    publication: Publicity = Publicity.ASKED


Rings = tuple[tuple[tuple[float, float], ...], ...]
"""The coordinates of a GeoJSON Polygon: rings of [longitude, latitude]."""


class AreaChanged(EventData):
    """`polygon` is its largest piece of land, and where there are several `polygons` are all of them. `blocks` are
    ranges of block numbers, both ends included."""

    type: Literal["AreaChanged"] = "AreaChanged"
    area: Identifier
    name: Name
    polygon: Rings
    blocks: tuple[tuple[Number, Number], ...] = ()
    active: bool = True
    polygons: tuple[Rings, ...] = ()

    @property
    def parts(self) -> tuple[Rings, ...]:
        """One for each piece of land."""
        return self.polygons or (self.polygon,)


class PlaceChanged(EventData):
    """What people call by a name (a town, a village, a quarter), with a point somewhere in its middle. `blocks` are the
    ranges of block numbers that belong to it, both ends included, as far as they are known."""

    type: Literal["PlaceChanged"] = "PlaceChanged"
    place: Identifier
    name: Name
    other_names: Words = Words()
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    blocks: tuple[tuple[Number, Number], ...] = ()
    active: bool = True


DirectoryEvent = Annotated[
    EntityChanged | OfficialChanged | CategoryChanged | AreaChanged | PlaceChanged, Field(discriminator="type")
]
