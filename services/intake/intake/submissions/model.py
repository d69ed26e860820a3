"""A submission as intake keeps it: what was sent, where it stands, and everything that happened to it."""

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
"""Details of an entry that stay when its author is erased."""


class TimelineEntry(StoredModel):
    """One thing that happened. `id` is its event's, so it is there once; `text` is what people wrote."""

    id: str
    at: datetime
    type: str
    from_status: Status
    to_status: Status
    entity: str | None = None
    text: str | None = None
    details: dict[str, Any] = Field(default_factory=dict)

    def without_words(self) -> "TimelineEntry":
        """A deadline's reason is one of a few fixed words, and later facts are judged by it; all others are written."""
        kept = SAID_IN_FIXED_WORDS | {"reason"} if self.type.startswith("Deadline") else SAID_IN_FIXED_WORDS
        details = {name: value for name, value in self.details.items() if name in kept}
        return self.model_copy(update={"text": None, "details": details})


class Follower(StoredModel):
    """Somebody who wants to hear what becomes of somebody else's published submission.

    `subject` is who signed in, or the contact id of who follows by mail: the address itself is the notifier's alone.
    `confirmation` is of that address, and absent where there is nothing to confirm.
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
    """A file that belongs to it; what is in it is in the store of attachments, under the same id."""

    id: str
    media_type: str
    size: int
    name: str
    at: datetime


class OfficialFile(Attachment):
    """A file that `official` of `entity` put to it. Its author sees it once an answer named it (`is_evidence`), and
    everybody where that answer said so and the submission is published."""

    official: str
    entity: str
    is_evidence: bool = False
    is_public: bool = False


ErasureReason = Literal["asked", "court_order", "filed_in_error", "about_another"]
"""Why a person is erased: they asked, a court did, it should never have been filed, or it exposes somebody else.

Fixed words: a sentence about it would be the next thing to erase.
"""


Eraser = Literal["citizen", "central", "administrator", "retention"]
"""Who brought an erasure about; `retention`: nobody, its time was over."""


class Erasure(StoredModel):
    """`is_complete` when also what lies beside the submission (files, records set aside) is gone."""

    at: datetime
    by: Eraser
    reason: ErasureReason | Literal["retention"]
    is_complete: bool = False


OF_CLOCKS_AND_MESSAGES = ("Deadline", "Notification")
"""How names of entries begin that are most of a timeline and change nothing in the matter."""


class Submission(StoredModel):
    """`author` is a signed-in citizen, `filed_by` the official who wrote it down for one who is not.

    `fingerprint` is the hash of the request that made it; `close_at` is set while it waits to be closed.

    `area`: where it lies, as the router has it, which also reads the text for it.

    `taking_part`: entities that were asked for a part of it, beside `entity`, which has it; `parts`: which, by the
    number of the part, as far as known: earlier versions did not keep them.

    `due_unknown_since`: while the due time cannot be computed.
    `answers` are those to what its category asked, by the code of the question. `windows` are the opening intervals
    up to `due_at`, by which the remaining working time is told. `updated_at` is the newest moment of its timeline
    apart from what clocks and messages say, absent until something has happened. `publication` is absent where nobody
    agreed to one. `confirmation` says whether the mail address (or the number, without one) is known to be the
    author's, and is absent where there is nothing to confirm; `asked_of` says who is asked, `confirmed` which of them
    are. `request_open_since`: the oldest request to follow by mail that nobody has confirmed yet. `asked_again`: when
    the message that asks for its author's confirmation was sent once more. `confided`: the officials who alone read
    it, where it is confidential; `confided_parts`: by the number of a part, those of the entity that does it.
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
        """As `confided`, with those who do a part at this entity; where it has the whole, whom it named for a part
        before reads no more than that part."""
        if self.confided is None or entity == self.entity:
            return self.confided
        theirs = (names for part, names in self.confided_parts.items() if self.parts.get(part) == entity)
        return [*self.confided, *(name for names in theirs for name in names)]

    @property
    def can_be_asked(self) -> bool:
        """Whether a question reaches its author: in their inbox, at an address that is confirmed, or, where none was
        given, on the page at which they look. Who must confirm an address first is told of nothing before."""
        return self.author is not None or self.confirmation in (None, Confirmation.CONFIRMED)

    @property
    def is_held(self) -> bool:
        return self.hold is not None and self.hold.is_open

    @property
    def file_ids(self) -> set[str]:
        """All that belongs to it in the store of attachments: what was sent, what officials put to it, and copies of
        photos for the public."""
        photos = self.publication.photos if self.publication else []
        return {file.id for file in (*self.attachments, *self.official_files)} | {photo.id for photo in photos}

    @property
    def evidence(self) -> list[OfficialFile]:
        """What its author sees of the officials' files."""
        return [file for file in self.official_files if file.is_evidence]

    @property
    def follower_count(self) -> int:
        return sum(follower.follows for follower in self.followers or [])

    @property
    def additions(self) -> int:
        return sum(entry.type == "InformationAdded" for entry in self.timeline)

    def is_waited_out(self, question_id: str) -> bool:
        """Whether the limit of waiting for this answer has passed; that may be read here before the question."""
        return any(
            entry.type == "DeadlineResumed"
            and entry.details.get("reason") == "limit"
            and entry.details.get("question_id") == question_id
            for entry in self.timeline
        )

    def without_person(self) -> "Submission":
        """What happened, when, and who had it: nobody's words, and nothing that says whose it was."""
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
        """The submission after something happened."""
        changed: dict[str, Any] = {"status": Status(entry.to_status), "timeline": [*self.timeline, entry]}
        if entry.to_status != entry.from_status or not entry.type.startswith(OF_CLOCKS_AND_MESSAGES):
            changed["updated_at"] = max(self.updated_at or entry.at, entry.at)  # facts may be read late
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
"""What stays of an erased submission as it is."""

REDUCED = frozenset({"text", "location", "question", "rating", "timeline"})
"""What stays of it in part."""

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
"""What does not stay. A test asks for every field in which of the three it is."""
