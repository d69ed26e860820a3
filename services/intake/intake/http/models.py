"""Request and response bodies that several capabilities share."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator
from shared.events.directory import Code
from shared.events.model import Channel, Identifier, Kind, Name
from shared.reference.spelling import DIGIT, ascii_digits
from shared.reference.texts import free_text
from shared.storage.paging import Paged

from intake.tracking.rating import Reason

LongText = free_text(4_000)
ShortText = free_text(500)
LONGEST_ADDRESS = 498
"""Leaves room for the place and a comma in front of the address."""

AnswerText = Annotated[str, Field(max_length=4_000)]


class Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class NothingSent(Sent):
    """An empty form: the button alone is the command."""


MailAddress = Annotated[
    str, Field(max_length=254, pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")
]


PhoneNumber = Annotated[str, Field(pattern=rf"^\+?[{DIGIT}][{DIGIT} ()-]{{4,20}}$"), AfterValidator(ascii_digits)]
BlockNumber = Annotated[str, Field(pattern=rf"^[{DIGIT}]{{1,5}}$"), AfterValidator(ascii_digits)]


def _a_text(name: str) -> dict[str, JsonValue]:
    return {"required": [name], "properties": {name: {"type": "string"}}}


class ContactSent(Sent):
    model_config = ConfigDict(json_schema_extra={"anyOf": [_a_text("email"), _a_text("phone")]})

    name: free_text(200) | None = None  # type: ignore[valid-type]
    email: MailAddress | None = None
    phone: PhoneNumber | None = None

    @model_validator(mode="after")
    def _reachable(self) -> "ContactSent":
        if not self.email and not self.phone:
            raise ValueError("a contact needs an email or a phone")
        return self


class FollowingSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "yusuf@citizens.example", "language": "en"}]})

    email: MailAddress
    language: Literal["ar", "en"] = Field(default="ar", description="in which one is told")


_POINT: dict[str, JsonValue] = {
    "required": ["lat", "lon"],
    "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}},
}
_NO_POINT: dict[str, JsonValue] = {"properties": {"lat": {"type": "null"}, "lon": {"type": "null"}}}


_ELSEWHERE: list[JsonValue] = [{"allOf": [_NO_POINT, _a_text(name)]} for name in ("block", "address", "place")]


class LocationSent(Sent):
    """Coordinates, a block, a place or an address; a place and an address are 498 characters together at most."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_POINT, *_ELSEWHERE]})

    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    block: BlockNumber | None = None
    address: ShortText | None = None  # type: ignore[valid-type]
    place: free_text(100) | None = Field(  # type: ignore[valid-type]
        default=None,
        description="name or id of a place of the directory, or a block; what is not understood joins the address",
    )

    @model_validator(mode="after")
    def _somewhere(self) -> "LocationSent":
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat and lon come together")
        if self.lat is None and self.block is None and self.address is None and self.place is None:
            raise ValueError("a location needs coordinates, a block, a place or an address")
        if len(self.place or "") + len(self.address or "") > LONGEST_ADDRESS:
            raise ValueError("place and address are too long together")
        return self


class SubmissionSent(Sent):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "complaint",
                    "text": "The street light at the corner of Road 2825 has been out for two weeks.",
                    "language": "en",
                    "location": {"block": "428"},
                    "contact": {"name": "Maryam", "email": "maryam@citizens.example"},
                },
                {
                    "kind": "complaint",
                    "text": "The lamp in front of the school flickers.",
                    "language": "en",
                    "category": "roads.lighting",
                    "answers": {"pole": "A-117", "lamps": "1", "when": "flickers"},
                },
                {"kind": "suggestion", "text": "أقترح توفير مظلات في مواقف الحافلات.", "language": "ar"},
            ]
        }
    )

    kind: Kind
    text: LongText  # type: ignore[valid-type]
    language: Literal["ar", "en"]
    category: Identifier | None = None
    location: LocationSent | None = None
    contact: ContactSent | None = None
    channel: Channel = Channel.WEB
    publish: bool = Field(
        default=False,
        description="whether its text, and photos that a moderator chooses, may be published after a look at them",
    )
    answers: dict[Code, AnswerText | list[Code]] | None = Field(
        default=None,
        max_length=20,
        description="to what the category asks, by question; who sends any sends all that are required",
    )


class InformationSent(Sent):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "It is the third lamp from the corner.", "answers": "q-7f3a"}]}
    )

    text: LongText  # type: ignore[valid-type]
    answers: str | None = Field(
        default=None,
        max_length=64,
        description="id of the official's open question; absent: of the one that is open, if one is",
    )


class FilesSent(Sent):
    """Files without a text."""


class WithdrawalSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "It shines again."}]})

    reason: LongText | None = None  # type: ignore[valid-type]


class RatingSent(Sent):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"score": 4, "reasons": ["quick", "clear"], "comment": "It was explained to me."}]
        }
    )

    score: int = Field(ge=1, le=5)
    reasons: list[Reason] = Field(default=[], max_length=len(Reason))
    comment: LongText | None = None  # type: ignore[valid-type]


class ReopeningSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "It went out again the same evening."}]})

    reason: LongText  # type: ignore[valid-type]


class AppealSent(Sent):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "Twice I was told that it shines, and twice it does not."}]}
    )

    reason: LongText  # type: ignore[valid-type]


class PublicationSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"publish": False}]})

    publish: bool


class ReceiptShown(BaseModel):
    """The reference number is public; the secret opens the submission's private page and is shown only here."""

    id: str
    reference: str
    secret: str
    tracking_url: str
    received_at: datetime


class EntryShown(BaseModel):
    at: datetime
    type: str
    from_status: str
    to_status: str
    entity: str | None = None
    entity_name: Name | None = None
    text: str | None = None
    details: dict[str, Any] = {}


class QuestionShown(BaseModel):
    id: str
    text: str
    asked_at: datetime


class AttachmentShown(BaseModel):
    """`url` is relative to the public address; `thumbnail_url` is a small JPEG of an image."""

    id: str
    name: str
    media_type: str
    size: int
    added_at: datetime
    url: str
    thumbnail_url: str | None = None


class AttachmentsShown(BaseModel):
    items: list[AttachmentShown]


class AnswerShown(BaseModel):
    """`question` is None where the category no longer asks it; `words` names the chosen options of a list."""

    code: str
    question: Name | None
    answer: str | list[str]
    words: Name | None


class SubmissionShown(BaseModel):
    reference: str
    kind: str
    text: str
    language: str
    status: str
    received_at: datetime
    category: str | None = None
    category_name: Name | None = None
    answers: list[AnswerShown] = []
    entity: str | None = None
    entity_name: Name | None = None
    taking_part: list[str] = Field(default=[], description="other entities that were asked for a part of it")
    due_at: datetime | None = None
    due_unknown_since: datetime | None = Field(default=None, description="while it cannot be computed: since when")
    question: QuestionShown | None = None
    answered_at: datetime | None = None
    rating: int | None = None
    publication: str | None = Field(default=None, description="awaiting, published, hidden or revoked")
    is_held: bool = Field(default=False, description="a person looks at it before the entity hears of it")
    confirmation: str | None = Field(
        default=None,
        description="of the mail address, or of the only number: awaited, confirmed, refused; null: none is asked for",
    )
    attachments: list[AttachmentShown] = []
    evidence: list[AttachmentShown] = Field(default=[], description="the officials' files that answers named")
    erased_at: datetime | None = None
    timeline: list[EntryShown]


class OwnSubmissionShown(BaseModel):
    """One line of a person's own submissions."""

    reference: str
    kind: str
    excerpt: str = Field(description="the beginning of its text")
    status: str
    received_at: datetime
    category: str | None = None
    category_name: Name | None = None
    entity: str | None = None
    entity_name: Name | None = None
    due_at: datetime | None = None
    is_asked: bool = Field(description="an official's question waits for an answer")


class OwnSubmissionsPage(Paged):
    items: list[OwnSubmissionShown]


class CommandShown(BaseModel):
    """The result of a command; a repeated Idempotency-Key returns the same."""

    reference: str
    status: str
    recorded_at: datetime
