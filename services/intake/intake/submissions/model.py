"""The stored state of a submission: its content, its status and its timeline."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Channel, Kind, Location, Priority, Window
from shared.events.personal import place_kept

from intake.abuse.hold import Hold
from intake.catalogue.category_answers import Answer
from intake.publication.model import Publication
from intake.submissions.contact_confirmation import Address, Confirmation
from intake.submissions.life import Status
from intake.tracking.rating import Reason


class StoredModel(BaseModel):
    model_config = ConfigDict(extra="ignore", use_enum_values=True)


SAID_IN_FIXED_WORDS = frozenset(
    {
        *("reason_code", "question_id", "due_at", "expected_at", "in_time"),
        *("audience", "channel", "decision", "outcome", "score", "reasons", "by"),
    }
)
"""Details of a timeline entry that are kept when the author is erased."""


class TimelineEntry(StoredModel):
    """An entry of the timeline. `id` is the event's id, so an event is entered once; `text` is what people wrote."""

    id: str
    at: datetime
    type: str
    from_status: Status
    to_status: Status
    entity: str | None = None
    text: str | None = None
    details: dict[str, Any] = Field(default_factory=dict)

    def without_words(self) -> "TimelineEntry":
        """Removes texts. A deadline's reason is kept, as it is one of a few fixed words that later events depend on."""
        kept = SAID_IN_FIXED_WORDS | {"reason"} if self.type.startswith("Deadline") else SAID_IN_FIXED_WORDS
        details = {name: value for name, value in self.details.items() if name in kept}
        return self.model_copy(update={"text": None, "details": details})


class Follower(StoredModel):
    """A follower of a published submission.

    `subject` is a signed-in person, or the contact id of a follower by mail, whose address only the notifier has.
    `confirmation` is the state of that address, and None where nothing is to be confirmed.
    """

    subject: str
    language: str
    at: datetime
    by_mail: bool = False
    confirmation: Confirmation | None = None

    @property
    def follows(self) -> bool:
        return self.confirmation in (None, Confirmation.CONFIRMED)


class Question(StoredModel):
    id: str
    text: str
    asked_at: datetime


class Rating(StoredModel):
    score: int
    comment: str | None = None
    reasons: list[Reason] = Field(default_factory=list)
    at: datetime


class Attachment(StoredModel):
    """A file of the submission; the attachments store has its content under the same id."""

    id: str
    media_type: str
    size: int
    name: str
    at: datetime


class OfficialFile(Attachment):
    """A file that `official` of `entity` added. Its author sees it once an answer names it (`is_evidence`), and
    everybody if the answer says so and the submission is published."""

    official: str
    entity: str
    is_evidence: bool = False
    is_public: bool = False


ErasureReason = Literal["asked", "court_order", "filed_in_error", "about_another"]
"""The reason for an erasure: the person asked, a court ordered it, it should not have been filed, or it exposes others.

A fixed word, as a sentence would contain personal data again.
"""


Eraser = Literal["citizen", "central", "administrator", "retention"]
"""The actor of an erasure; `retention` is the retention period."""


class Erasure(StoredModel):
    """`is_complete` says that files and dead letters were deleted as well."""

    at: datetime
    by: Eraser
    reason: ErasureReason | Literal["retention"]
    is_complete: bool = False


OF_CLOCKS_AND_MESSAGES = ("Deadline", "Notification")
"""Prefixes of event types that fill the timeline without changing the case."""


class Submission(StoredModel):
    """A submission.

    `author` is a signed-in citizen; `filed_by` is the official who filed it for somebody else. `fingerprint` is the
    hash of the request; `close_at` is the time at which an answered submission is closed. `area` is the router's
    result, which also uses the text.

    `entity` is responsible; `taking_part` are the entities that contribute, and `parts` their parts by number, as far
    as known. `confided` lists the officials who may read a confidential submission; `confided_parts` lists, by part,
    those of the contributing entity.

    `answers` are by question code. `due_unknown_since` is set while the due time cannot be computed; `windows` are the
    opening hours up to `due_at`, from which the remaining working time is computed. `updated_at` is the newest timeline
    entry apart from deadlines and messages, and None before the first. `publication` is None where nobody agreed to
    one.

    `confirmation` is the state of the mail address (or of the phone number, without one), and None where nothing is to
    be confirmed; `asked_of` are the addresses to confirm, `confirmed` the confirmed ones, `asked_again` the times of
    repeated messages. `request_open_since` is the oldest unconfirmed request to follow by mail.
    """

    reference: str
    kind: Kind
    text: str
    language: str
    channel: Channel
    category: str | None = None
    answers: dict[str, Answer] | None = None
    location: Location | None = None
    received_at: datetime
    author: str | None = None
    filed_by: str | None = None
    contact_id: str | None = None
    confirmation: Confirmation | None = None
    asked_of: list[Address] = Field(default_factory=list)
    confirmed: list[Address] = Field(default_factory=list)
    asked_again: list[datetime] = Field(default_factory=list)
    fingerprint: str = ""
    status: Status = Status.RECEIVED
    status_before_merge: Status | None = None
    entity: str | None = None
    area: str | None = None
    taking_part: list[str] = Field(default_factory=list)
    parts: dict[str, str] = Field(default_factory=dict)
    priority: Priority = Priority.NORMAL
    due_at: datetime | None = None
    windows: list[Window] = Field(default_factory=list)
    due_unknown_since: datetime | None = None
    question: Question | None = None
    answered_at: datetime | None = None
    close_at: datetime | None = None
    rating: Rating | None = None
    reopenings: int = 0
    appealed_at: datetime | None = None
    publication: Publication | None = None
    hold: Hold | None = None
    followers: list[Follower] | None = None
    request_open_since: datetime | None = None
    attachments: list[Attachment] = Field(default_factory=list)
    official_files: list[OfficialFile] = Field(default_factory=list)
    updated_at: datetime | None = None
    timeline: list[TimelineEntry] = Field(default_factory=list)
    erasure: Erasure | None = None
    confided: list[str] | None = None
    confided_parts: dict[str, list[str]] = Field(default_factory=dict)

    def confided_at(self, entity: str | None) -> list[str] | None:
        """`confided` and the officials of this entity's parts. Where the entity is responsible, officials whom it named
        for an earlier part read only that part."""
        if self.confided is None or entity == self.entity:
            return self.confided
        theirs = (names for part, names in self.confided_parts.items() if self.parts.get(part) == entity)
        return [*self.confided, *(name for names in theirs for name in names)]

    @property
    def can_be_asked(self) -> bool:
        """Whether a question reaches the author: in the inbox, at a confirmed address, or, without any contact, on the
        tracking page. An unconfirmed address gets no question."""
        return self.author is not None or self.confirmation in (None, Confirmation.CONFIRMED)

    @property
    def is_held(self) -> bool:
        return self.hold is not None and self.hold.is_open

    @property
    def file_ids(self) -> set[str]:
        """Ids of all files in the attachments store: the author's, the officials', and public copies of photos."""
        photos = self.publication.photos if self.publication else []
        return {file.id for file in (*self.attachments, *self.official_files)} | {photo.id for photo in photos}

    @property
    def evidence(self) -> list[OfficialFile]:
        """The officials' files that the author may see."""
        return [file for file in self.official_files if file.is_evidence]

    @property
    def follower_count(self) -> int:
        return sum(follower.follows for follower in self.followers or [])

    @property
    def additions(self) -> int:
        return sum(entry.type == "InformationAdded" for entry in self.timeline)

    def is_waited_out(self, question_id: str) -> bool:
        """Whether the waiting limit of this question has passed; it may be read before the question."""
        return any(
            entry.type == "DeadlineResumed"
            and entry.details.get("reason") == "limit"
            and entry.details.get("question_id") == question_id
            for entry in self.timeline
        )

    def without_person(self) -> "Submission":
        """Keeps events, times and entities; removes everybody's words and everything that identifies the author."""
        kept = self.model_dump(include=set(STATISTICS))
        question = Question(id=self.question.id, text="", asked_at=self.question.asked_at) if self.question else None
        rating = self.rating.model_copy(update={"comment": None}) if self.rating else None
        return Submission(
            **kept,
            text="",
            location=place_kept(self.location),
            question=question,
            rating=rating,
            timeline=[entry.without_words() for entry in self.timeline],
        )

    def with_entry(self, entry: TimelineEntry, **changes: Any) -> "Submission":
        """The submission with one more entry in its timeline."""
        changed: dict[str, Any] = {"status": Status(entry.to_status), "timeline": [*self.timeline, entry]}
        if entry.to_status != entry.from_status or not entry.type.startswith(OF_CLOCKS_AND_MESSAGES):
            changed["updated_at"] = max(
                self.updated_at or entry.at, entry.at
            )  # topics are read independently, so an event may arrive late
        return self.model_copy(update=changed | changes)


STATISTICS = frozenset(
    {
        *("reference", "kind", "language", "channel", "category", "received_at", "status", "status_before_merge"),
        *(
            "entity",
            "area",
            "taking_part",
            "parts",
            "priority",
            "due_at",
            "windows",
            "due_unknown_since",
            "answered_at",
            "close_at",
            "reopenings",
            "appealed_at",
        ),
        "updated_at",
        *("filed_by", "erasure", "confided", "confided_parts"),
    }
)
"""Fields that an erasure keeps."""

REDUCED = frozenset({"text", "location", "question", "rating", "timeline"})
"""Fields that an erasure keeps in part."""

FORGOTTEN = frozenset(
    {
        "answers",
        "author",
        "contact_id",
        "confirmation",
        "asked_of",
        "confirmed",
        "asked_again",
        "fingerprint",
        "publication",
        "hold",
        "followers",
        "request_open_since",
        "attachments",
        "official_files",
    }
)
"""Fields that an erasure deletes. A test checks that every field is in one of the three sets."""
