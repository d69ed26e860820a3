"""The directory document as an administrator writes it: entities, officials, areas, places, catalogue and rules."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from shared.events.directory import AnswerType, Code, Publicity
from shared.events.model import Channel, Identifier, Kind, Language, Name, Priority, Role
from shared.reference.spelling import DIGIT, ascii_digits

Position = Annotated[list[float], Field(min_length=2, max_length=3)]
"""Longitude, latitude (WGS 84), as in GeoJSON."""

Ring = Annotated[list[Position], Field(min_length=4, max_length=20_000)]
Word = Annotated[str, Field(min_length=1, max_length=100)]
Block = Annotated[int, Field(ge=-(10**9), le=10**9)]
"""Anything that is a number; which numbers are blocks is said by the check, in words."""

PhoneNumber = Annotated[str, Field(pattern=rf"^\+?[{DIGIT}][{DIGIT} ]{{1,19}}$"), AfterValidator(ascii_digits)]
Website = Annotated[str, Field(max_length=500, pattern=r'^https?://[^\s<>"]+$')]
EMail = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]


class Written(BaseModel):
    """A field that we do not know is a slip of the pen: it is refused, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Interim(Written):
    """How often an author may be put off, and by how many days from then at most."""

    most: int = Field(default=2, ge=0, le=20)
    days: int = Field(default=30, ge=1, le=365)


class Entity(Written):
    """`areas` are the areas served; none means the whole country. The one of kind `central` does the triage. `head` is
    the official who answers for it; without one, its officials with that role do. `phone`, `website` and `address` are
    for everybody, `email` is where it is written to.

    `assigning`: how its officials come to what it is given; by hand, who has the fewest, who is versed in it, in turn.
    `answers_need_approval`: what an officer writes to an author goes out when a supervisor has approved it.
    """

    id: Identifier
    name: Name
    kind: Literal["ministry", "authority", "municipality", "centre", "central"]
    email: EMail | None = None
    calendar: Identifier
    parent: Identifier | None = None
    areas: tuple[Identifier, ...] = Field(default=(), max_length=1_000)
    head: Identifier | None = None
    phone: PhoneNumber | None = None
    website: Website | None = None
    address: Name | None = None
    answers_need_approval: bool = False
    interim: Interim = Interim()
    assigning: Literal["hand", "load", "skill", "turn"] = "hand"


class Absence(Written):
    """Both days included, in the country's zone."""

    first_day: date
    last_day: date


class Official(Written):
    """`id` is the subject of the person's sign-in. `deputies` act while the person is absent, the first of them who is
    not absent too. `skills` are categories, with all below them, that the person is versed in; `areas` where the person
    works, and beyond which they see nothing (none: wherever the entity does)."""

    id: Identifier
    name: Name
    entity: Identifier
    role: Role
    other_roles: tuple[Role, ...] = Field(default=(), max_length=10)
    email: EMail | None = None
    language: Language
    deputies: tuple[Identifier, ...] = Field(default=(), max_length=20)
    absences: tuple[Absence, ...] = Field(default=(), max_length=100)
    skills: tuple[Identifier, ...] = Field(default=(), max_length=1_000)
    areas: tuple[Identifier, ...] = Field(default=(), max_length=1_000)


class Area(Written):
    """`polygon` is the coordinates of a GeoJSON Polygon, or `polygons` those of a MultiPolygon; `blocks` are ranges,
    both ends included."""

    id: Identifier
    name: Name
    polygon: list[Ring] = Field(default=[], max_length=100)
    polygons: list[Annotated[list[Ring], Field(min_length=1, max_length=100)]] = Field(default=[], max_length=1_000)
    blocks: tuple[tuple[Block, Block], ...] = Field(default=(), max_length=1_000)

    @model_validator(mode="after")
    def _has_one_shape(self) -> "Area":
        if bool(self.polygon) == bool(self.polygons):
            raise ValueError("exactly one of polygon and polygons")
        return self

    @property
    def parts(self) -> list[list[Ring]]:
        """One for each piece of land."""
        return self.polygons or [self.polygon]


class Names(Written):
    ar: tuple[Word, ...] = Field(default=(), max_length=50)
    en: tuple[Word, ...] = Field(default=(), max_length=50)


class Place(Written):
    """What people call by a name, with a point in its middle; `other_names` are what they call it as well."""

    id: Identifier
    name: Name
    other_names: Names = Names()
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    blocks: tuple[tuple[Block, Block], ...] = Field(default=(), max_length=1_000)


class CategoryWords(Written):
    ar: tuple[Word, ...] = Field(default=(), max_length=200)
    en: tuple[Word, ...] = Field(default=(), max_length=200)


class Option(Written):
    key: Code
    name: Name


class Question(Written):
    """Asked of who chose the category, or only told (`answer` absent). A list has `options`."""

    code: Code
    name: Name
    hint: Name | None = None
    answer: AnswerType | None = None
    required: bool = False
    options: tuple[Option, ...] = Field(default=(), max_length=100)


class Elsewhere(Written):
    """The category is not for this system: what to do instead, and the number to call."""

    name: Name
    phone: PhoneNumber | None = None


class Category(Written):
    """A group (nothing but a heading), or a leaf: one entity answers, one per area, or it belongs `elsewhere`.

    `needs_evidence`: an answer comes with a photo or document that shows what was done.
    """

    id: Identifier
    name: Name
    parent: Identifier | None = None
    entity: Identifier | None = None
    entity_by_area: dict[Identifier, Identifier] = Field(default={}, max_length=1_000)
    priority: Priority = Priority.NORMAL
    kinds: tuple[Kind, ...] = ()
    words: CategoryWords = CategoryWords()
    description: Name | None = None
    questions: tuple[Question, ...] = Field(default=(), max_length=20)
    elsewhere: Elsewhere | None = None
    publication: Publicity = Publicity.ASKED
    needs_evidence: bool = False


class When(Written):
    """All that is given must hold; of each list one is enough. `times` of the week at which it was received, in the
    country's zone (`domain.weekly`)."""

    kinds: tuple[Kind, ...] = ()
    categories: tuple[Identifier, ...] = Field(default=(), max_length=1_000)
    areas: tuple[Identifier, ...] = Field(default=(), max_length=1_000)
    channels: tuple[Channel, ...] = ()
    times: tuple[Word, ...] = Field(default=(), max_length=50)
    words: tuple[Word, ...] = Field(default=(), max_length=500)


class Then(Written):
    """Exactly one of: the catalogue's entity for the chosen category, a category, an entity, or triage."""

    catalogue: Literal[True] | None = None
    category: Identifier | None = None
    entity: Identifier | None = None
    triage: Literal[True] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Then":
        if sum(value is not None for value in (self.catalogue, self.category, self.entity, self.triage)) != 1:
            raise ValueError("exactly one of catalogue, category, entity and triage")
        return self


class Rule(Written):
    id: Identifier
    name: Name
    when: When = When()
    then: Then


class AnswerText(Written):
    ar: str = Field(min_length=1, max_length=4_000)
    en: str = Field(min_length=1, max_length=4_000)


class AnswerTemplate(Written):
    """What an answer may begin with, `category` and all below it, or every one. `{reference}`, `{category}` and
    `{entity}` are filled in (`domain.templates`)."""

    id: Identifier
    name: Name
    category: Identifier | None = None
    text: AnswerText


class Country(Written):
    """The whole directory, published as one."""

    entities: tuple[Entity, ...] = Field(min_length=1, max_length=2_000)
    officials: tuple[Official, ...] = Field(max_length=20_000)
    categories: tuple[Category, ...] = Field(max_length=5_000)
    areas: tuple[Area, ...] = Field(max_length=1_000)
    rules: tuple[Rule, ...] = Field(min_length=1, max_length=2_000)
    templates: tuple[AnswerTemplate, ...] = Field(default=(), max_length=2_000)
    places: tuple[Place, ...] = Field(default=(), max_length=5_000)


Item = Entity | Official | Category | Area | Place | Rule | AnswerTemplate
MODELS: dict[str, type[Item]] = {
    "entities": Entity,
    "officials": Official,
    "categories": Category,
    "areas": Area,
    "places": Place,
    "rules": Rule,
    "templates": AnswerTemplate,
}
"""By the name of its list: what each of them is."""


def items_in(country: Country, of: str) -> tuple[Item, ...]:
    """The list with this name, one of MODELS."""
    found: tuple[Item, ...] = getattr(country, of)
    return found


def groups(country: Country) -> set[str]:
    """Ids of the categories that are headings: others name them as parent, or nobody answers for them at the top."""
    return {category.parent for category in country.categories if category.parent is not None}
