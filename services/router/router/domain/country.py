"""The directory document as an administrator writes it: entities, officials, areas, places, catalogue and rules."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from shared.events.directory import AnswerType, Code
from shared.events.model import Channel, Identifier, Kind, Language, Name, Priority, Role

Position = Annotated[list[float], Field(min_length=2, max_length=3)]
"""Longitude, latitude (WGS 84), as in GeoJSON."""

Ring = Annotated[list[Position], Field(min_length=4, max_length=20_000)]
Word = Annotated[str, Field(min_length=1, max_length=100)]
Block = Annotated[int, Field(ge=-(10**9), le=10**9)]
"""Anything that is a number; which numbers are blocks is said by the check, in words."""

EMail = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]


class Written(BaseModel):
    """A field that we do not know is a slip of the pen: it is refused, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Entity(Written):
    """`areas` are the areas served; none means the whole country. The one of kind `central` does the triage."""

    id: Identifier
    name: Name
    kind: Literal["ministry", "authority", "municipality", "centre", "central"]
    email: EMail | None = None
    calendar: Identifier
    parent: Identifier | None = None
    areas: tuple[Identifier, ...] = Field(default=(), max_length=1_000)


class Official(Written):
    """`id` is the subject of the person's sign-in."""

    id: Identifier
    name: Name
    entity: Identifier
    role: Role
    email: EMail | None = None
    language: Language


class Area(Written):
    """`polygon` is the coordinates of a GeoJSON Polygon; `blocks` are ranges, both ends included."""

    id: Identifier
    name: Name
    polygon: list[Ring] = Field(min_length=1, max_length=100)
    blocks: tuple[tuple[Block, Block], ...] = Field(default=(), max_length=1_000)


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
    phone: str | None = Field(default=None, pattern=r"^\+?[0-9][0-9 ]{1,19}$")


class Category(Written):
    """A group (nothing but a heading), or a leaf: one entity answers, one per area, or it belongs `elsewhere`."""

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


class When(Written):
    """All that is given must hold; of each list one is enough."""

    kinds: tuple[Kind, ...] = ()
    categories: tuple[Identifier, ...] = Field(default=(), max_length=1_000)
    areas: tuple[Identifier, ...] = Field(default=(), max_length=1_000)
    channels: tuple[Channel, ...] = ()
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


def example() -> dict[str, Any]:
    """A country small enough to read."""
    return {
        "entities": [
            {
                "id": "central-office",
                "name": {"ar": "المكتب المركزي", "en": "Central Office"},
                "kind": "central",
                "email": "tawasul@central-office.example",
                "calendar": "government",
            },
            {
                "id": "works",
                "name": {"ar": "وزارة الأشغال", "en": "Ministry of Works"},
                "kind": "ministry",
                "email": "tawasul@works.example",
                "calendar": "government",
            },
        ],
        "officials": [
            {
                "id": "officer.works",
                "name": {"ar": "فاطمة الحداد", "en": "Fatima Al-Haddad"},
                "entity": "works",
                "role": "officer",
                "email": "officer@works.example",
                "language": "ar",
            }
        ],
        "categories": [
            {"id": "roads", "name": {"ar": "الطرق", "en": "Roads"}},
            {
                "id": "roads.pothole",
                "name": {"ar": "حفر الشوارع", "en": "Potholes"},
                "parent": "roads",
                "entity": "works",
                "priority": "high",
                "questions": [
                    {
                        "code": "lane",
                        "name": {"ar": "في أي مسار؟", "en": "In which lane?"},
                        "answer": "singlevaluelist",
                        "required": True,
                        "options": [
                            {"key": "left", "name": {"ar": "الأيسر", "en": "Left"}},
                            {"key": "right", "name": {"ar": "الأيمن", "en": "Right"}},
                        ],
                    }
                ],
            },
        ],
        "areas": [
            {
                "id": "capital",
                "name": {"ar": "محافظة العاصمة", "en": "Capital Governorate"},
                "polygon": [[[50.5, 26.1], [50.7, 26.1], [50.7, 26.3], [50.5, 26.3], [50.5, 26.1]]],
                "blocks": [[300, 399]],
            }
        ],
        "places": [
            {
                "id": "manama",
                "name": {"ar": "المنامة", "en": "Manama"},
                "other_names": {"en": ["Al Manamah"]},
                "lat": 26.228,
                "lon": 50.582,
                "blocks": [[301, 316]],
            }
        ],
        "rules": [
            {
                "id": "chosen-category",
                "name": {"ar": "الفئة المختارة", "en": "Chosen category"},
                "then": {"catalogue": True},
            },
            {
                "id": "potholes",
                "name": {"ar": "حفر الشوارع", "en": "Potholes"},
                "when": {"words": ["حفرة", "pothole"]},
                "then": {"category": "roads.pothole"},
            },
            {
                "id": "triage",
                "name": {"ar": "الفرز في المكتب المركزي", "en": "Triage at the central office"},
                "then": {"triage": True},
            },
        ],
    }
