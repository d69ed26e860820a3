"""Facts of intake: what a citizen did with a submission (`tawasul.submissions.v1`)."""

from typing import Annotated, Literal

from pydantic import Field

from shared.events.directory import Code
from shared.events.model import (
    Beginning,
    Channel,
    Count,
    EventData,
    Identifier,
    Kind,
    Language,
    Location,
    SubmissionEvent,
    SubmissionId,
    Text,
    Value,
)

AnswerText = Annotated[str, Field(max_length=4_000)]


class SubmissionReceived(SubmissionEvent):
    """`contact_expected`: a ContactRegistered follows on the contacts topic; `author` is the signed-in subject.

    `answers` are those to what the category asks, by the code of its question: a text, or the keys of options.
    `needs_confirmation`: until AuthorConfirmed comes, no question reaches its author.
    `filed_by` is the official who filed it for a citizen at the counter or on the phone: never its author.
    """

    type: Literal["SubmissionReceived"] = "SubmissionReceived"
    reference: str
    kind: Kind
    text: Text
    language: Language
    channel: Channel
    category: Identifier | None = None
    answers: dict[Code, AnswerText | tuple[Code, ...]] | None = None
    location: Location | None = None
    received_at: Beginning
    contact_expected: bool = False
    contact_id: str | None = None
    author: str | None = None
    filed_by: str | None = None
    needs_confirmation: bool = False


class InformationAdded(SubmissionEvent):
    """`answers` names the official's question that this answers; an addition without it answers none."""

    type: Literal["InformationAdded"] = "InformationAdded"
    text: Text
    answers: str | None = None


class AttachedFile(Value):
    """`id` is part of its address at intake, which alone keeps what is in it and what it is called."""

    id: Identifier
    media_type: str
    size: Count


class AttachmentsAdded(SubmissionEvent):
    """Files that the citizen sent with the submission or later."""

    type: Literal["AttachmentsAdded"] = "AttachmentsAdded"
    attachments: tuple[AttachedFile, ...]


class OfficialFilesAdded(SubmissionEvent):
    """Files that an official of `entity` put to it. Its author sees those alone that an answer names."""

    type: Literal["OfficialFilesAdded"] = "OfficialFilesAdded"
    files: tuple[AttachedFile, ...]
    entity: Identifier
    official: str


class SubmissionWithdrawn(SubmissionEvent):
    type: Literal["SubmissionWithdrawn"] = "SubmissionWithdrawn"
    reason: str | None = None


class SubmissionReopened(SubmissionEvent):
    type: Literal["SubmissionReopened"] = "SubmissionReopened"
    reason: Text


class SubmissionRated(SubmissionEvent):
    """`reasons` are words of intake's own list (`quick`, `unclear`), which may grow."""

    type: Literal["SubmissionRated"] = "SubmissionRated"
    score: int = Field(ge=1, le=5)
    comment: str | None = None
    reasons: tuple[Identifier, ...] = Field(default=(), max_length=20)


class AppealFiled(SubmissionEvent):
    type: Literal["AppealFiled"] = "AppealFiled"
    reason: Text


class SubmissionClosed(SubmissionEvent):
    type: Literal["SubmissionClosed"] = "SubmissionClosed"
    reason: Literal["rated", "time_passed", "appeal_dismissed"]


class SubmissionPublished(SubmissionEvent):
    """Also where what is shown of it changed. `shows_place`: everybody sees where it is, too."""

    type: Literal["SubmissionPublished"] = "SubmissionPublished"
    shows_place: bool = False


class SubmissionHidden(SubmissionEvent):
    type: Literal["SubmissionHidden"] = "SubmissionHidden"
    reason: str


class FollowerAdded(SubmissionEvent):
    """`follower`, who reads `language`, is a signed-in subject; or with `contact_id` that same id, of a contact that is
    told by mail once whoever reads it has confirmed."""

    type: Literal["FollowerAdded"] = "FollowerAdded"
    follower: str
    language: Language | None = None
    contact_id: str | None = None


class FollowerRemoved(SubmissionEvent):
    type: Literal["FollowerRemoved"] = "FollowerRemoved"
    follower: str


class ConfirmationRequested(SubmissionEvent):
    """Its author asks for the mail once more that confirms the address of this contact."""

    type: Literal["ConfirmationRequested"] = "ConfirmationRequested"
    contact_id: str


class AuthorConfirmed(SubmissionEvent):
    """Its author has confirmed where they are reached: what was withheld from them goes out."""

    type: Literal["AuthorConfirmed"] = "AuthorConfirmed"


class PersonErased(EventData):
    """Every service deletes what it holds of this submission's author; the statistics stay."""

    type: Literal["PersonErased"] = "PersonErased"
    submission_id: SubmissionId


SubmissionsEvent = Annotated[
    SubmissionReceived
    | InformationAdded
    | AttachmentsAdded
    | OfficialFilesAdded
    | SubmissionWithdrawn
    | SubmissionReopened
    | SubmissionRated
    | AppealFiled
    | SubmissionClosed
    | SubmissionPublished
    | SubmissionHidden
    | FollowerAdded
    | FollowerRemoved
    | ConfirmationRequested
    | AuthorConfirmed
    | PersonErased,
    Field(discriminator="type"),
]
