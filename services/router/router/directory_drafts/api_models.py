"""Models of the endpoints of the draft and of publications."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from shared.events.model import WRITTEN_OUT
from shared.reference.texts import free_text

from router.directory.differences import Difference
from router.directory.faults import Fault
from router.directory.store import Edit, PublicationSummary

ListName = Literal["entities", "officials", "categories", "areas", "places", "rules", "templates"]
Format = Literal["yaml", "csv", "geojson"]

Why = free_text(1_000)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""A later begin is a slip of the pen; the last days that a calendar knows are in another zone no days any more."""

LARGEST_FILE = 8_000_000
"""Characters."""

DIFFERENCES_SHOWN, FAULTS_SHOWN, EDITS_SHOWN = 500, 200, 100


def _body(example: JsonDict) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class ImportFile(BaseModel):
    """`list`: the file is one list and takes its place; without it, it is the whole directory (YAML alone). GeoJSON
    holds areas."""

    model_config = _body(
        {
            "format": "yaml",
            "list": "templates",
            "text": "- id: put-right\n  name: {ar: عولج, en: Put right}\n"
            "  text: {ar: عولج الأمر., en: It was put right.}\n",
        }
    )

    format: Format
    list: ListName | None = None
    text: str = Field(min_length=1, max_length=LARGEST_FILE)


class PublishDraft(BaseModel):
    """`valid_from`: when it begins to hold; at once without it."""

    model_config = _body({"why": "Potholes are the municipalities' from December on."})

    why: Why  # type: ignore[valid-type]
    valid_from: Annotated[AwareDatetime, Field(lt=LATEST), WRITTEN_OUT] | None = Field(
        default=None, description=f"before {LATEST:%Y-%m-%d}"
    )


class TakeBack(BaseModel):
    model_config = _body({"why": "The ministry asked for another week."})

    why: Why  # type: ignore[valid-type]


class FieldShown(BaseModel):
    field: str = Field(examples=["name.ar"])
    before: Any = None
    after: Any = None


class DifferenceShown(BaseModel):
    list: ListName
    id: str = Field(examples=["works"])
    what: Literal["added", "changed", "removed", "moved"]
    fields: tuple[FieldShown, ...]

    @classmethod
    def of(cls, difference: Difference) -> Self:
        return cls.model_validate(
            {
                "list": difference.list,
                "id": difference.id,
                "what": difference.what,
                "fields": [
                    {"field": each.field, "before": each.before, "after": each.after} for each in difference.fields
                ],
            }
        )


class FaultShown(BaseModel):
    """`line`: of the imported file."""

    field: str = Field(examples=["categories[3].entity"])
    message: str
    message_ar: str
    line: int | None = None


class EditShown(BaseModel):
    at: datetime
    by: str
    what: str = Field(examples=["put"], description="put, removed, imported, rebased or taken back")
    list: str | None
    id: str | None


class DraftShown(BaseModel):
    """`based_on` is older than `latest` where something was published since the draft was begun."""

    is_begun: bool
    based_on: int
    latest: int
    differences: tuple[DifferenceShown, ...] = Field(description=f"from what is published; at most {DIFFERENCES_SHOWN}")
    faults: tuple[FaultShown, ...] = Field(description=f"that keep it from being published; at most {FAULTS_SHOWN}")
    edits: tuple[EditShown, ...] = Field(description="the newest first")


class DraftDone(BaseModel):
    """The draft's version is in `ETag`."""

    is_begun: bool
    based_on: int


class Imported(DraftDone):
    faults: tuple[FaultShown, ...] = Field(description="that keep the draft from being published")


class Rebased(DraftDone):
    clashes: tuple[str, ...] = Field(
        examples=[["entities:works"]], description="changed there and in the draft: the draft's stays"
    )


class DraftPublished(BaseModel):
    version: int
    valid_from: datetime
    published: dict[str, int]


class EndShown(BaseModel):
    """`triage`: no rule was sure, and the classifier decides or a person."""

    rule: str = Field(examples=["potholes"])
    entity: str = Field(examples=["works"])
    triage: bool


class MoveShown(BaseModel):
    before: EndShown
    after: EndShown
    count: int
    nearer: int = Field(description="so many would be where they were in the end, and are not by the rules in force")
    farther: int = Field(description="so many would be away from there, and are not by the rules in force")


class TrialShown(BaseModel):
    tried: int = Field(examples=[2000])
    moved: int = Field(examples=[37])
    moves: tuple[MoveShown, ...]


class TakenBack(BaseModel):
    version: int
    at: datetime
    by: str
    why: str


class PublicationListed(BaseModel):
    """`valid_until`: when the next one began; absent where it holds still, or was taken back."""

    version: int
    at: datetime
    by: str
    why: str
    valid_from: datetime
    valid_until: datetime | None
    changed: int = Field(description="how many things differ from the one before")
    edits: tuple[EditShown, ...]
    taken_back: TakenBack | None

    @classmethod
    def of(cls, listed: PublicationSummary, next_from: datetime | None) -> Self:
        taken = listed.taken_back
        return cls(
            version=listed.version,
            at=listed.at,
            by=listed.by,
            why=listed.why,
            valid_from=listed.holds_from,
            valid_until=None if taken else next_from,
            changed=len(listed.changed),
            edits=edits_shown(listed.edits),
            taken_back=TakenBack(version=listed.version, at=taken.at, by=taken.by, why=taken.why) if taken else None,
        )


class PublicationPage(BaseModel):
    items: list[PublicationListed]
    next_cursor: str | None


class PublicationChanges(BaseModel):
    version: int
    differences: tuple[DifferenceShown, ...]


def edits_shown(edits: Sequence[Edit]) -> tuple[EditShown, ...]:
    return tuple(EditShown.model_validate(edit.model_dump()) for edit in edits[: -EDITS_SHOWN - 1 : -1])


def faults_shown(faults: Sequence[Fault], lines: Sequence[int | None] = ()) -> tuple[FaultShown, ...]:
    places = [*lines, *[None] * len(faults)]
    return tuple(
        FaultShown(field=fault.field, message=fault.en, message_ar=fault.ar, line=line)
        for fault, line in zip(faults[:FAULTS_SHOWN], places, strict=False)
    )


def differences_shown(found: Iterable[Difference]) -> tuple[DifferenceShown, ...]:
    return tuple(DifferenceShown.of(each) for each in islice(found, DIFFERENCES_SHOWN))


def with_ends(listed: Sequence[PublicationSummary], ends: Mapping[int, datetime | None]) -> list[PublicationListed]:
    """`ends`: when the one after each began."""
    return [PublicationListed.of(each, ends[each.version]) for each in listed]
