"""What the officials' endpoints take and give."""

from datetime import date, datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from shared.aggregates import Aggregate
from shared.events.directory import CategoryQuestion, Elsewhere, Publicity, Words
from shared.events.model import Channel, Identifier, Kind, Location, Name, Priority, Window
from shared.texts import free_text

from router.domain.assignment import (
    Assignment,
    Charge,
    Custodian,
    Entry,
    File,
    OfficialFile,
    Parent,
    Proposed,
    Question,
    Suggested,
)
from router.domain.life import State

AN_ID = "0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11"

Sentence = free_text(4_000)


def _command(example: JsonDict) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class Acknowledge(BaseModel):
    model_config = _command({})


class Triage(BaseModel):
    model_config = _command({"entity": "works", "category": "roads.pothole", "reason": "It describes a broken kerb."})

    entity: Identifier
    category: Identifier | None = None
    reason: Sentence  # type: ignore[valid-type]


class Ask(BaseModel):
    model_config = _command({"text": "في أي مجمع تقع الحفرة؟"})

    text: Sentence  # type: ignore[valid-type]


class EvidenceSent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Identifier
    is_public: bool = False


class Final(BaseModel):
    """`despite_open`: why it ends although entities that were asked for a part have not answered; their parts end."""

    despite_open: free_text(4_000) | None = None  # type: ignore[valid-type]


class Answer(Final):
    """`evidence`: files of officials that show what was done, by their ids at intake. Its author sees them with the
    answer; everybody those that are public, where the submission is published."""

    model_config = _command({"text": "The hole was filled this morning.", "reason_code": "resolved"})

    text: Sentence  # type: ignore[valid-type]
    reason_code: Identifier
    evidence: tuple[EvidenceSent, ...] = Field(default=(), max_length=20)


class Decline(Final):
    model_config = _command({"text": "This is an advertisement.", "reason_code": "not-a-submission"})

    text: Sentence  # type: ignore[valid-type]
    reason_code: Identifier


class Transfer(BaseModel):
    model_config = _command({"entity": "ewa", "reason": "The lamp post belongs to the electricity authority."})

    entity: Identifier
    reason: Sentence  # type: ignore[valid-type]


class Note(BaseModel):
    """`mentions`: officials of the custodian or of the central office, who are told that the note is there; `files`:
    those of officials that it is about, which no answer shows from then on."""

    model_config = _command({"text": "The contractor promised to come on Sunday.", "mentions": ["supervisor.works"]})

    text: Sentence  # type: ignore[valid-type]
    mentions: tuple[Identifier, ...] = Field(default=(), max_length=20)
    files: tuple[Identifier, ...] = Field(default=(), max_length=20)


class Approve(Final):
    model_config = _command({})


class SendBack(BaseModel):
    model_config = _command({"reason": "Name the day on which the work begins."})

    reason: Sentence  # type: ignore[valid-type]


class InterimReply(BaseModel):
    """`expected_on`: the day by which the author may expect the answer."""

    model_config = _command({"text": "The material is ordered.", "expected_on": "2026-12-20"})

    text: Sentence  # type: ignore[valid-type]
    expected_on: date


class DecideSuggestion(Final):
    model_config = _command({"decision": "accepted", "text": "It is in next year's plan."})

    decision: Literal["evaluating", "accepted", "rejected"]
    text: Sentence  # type: ignore[valid-type]


class Implement(BaseModel):
    model_config = _command({"text": "The crossing is open since this morning."})

    text: Sentence  # type: ignore[valid-type]


class OpenSubCase(BaseModel):
    model_config = _command({"entity": "traffic", "question": "When can the lane be closed for the repair?"})

    entity: Identifier
    question: Sentence  # type: ignore[valid-type]


class TakeBack(BaseModel):
    model_config = _command({"number": 1, "reason": "The contractor closed the lane without it."})

    number: int = Field(ge=1, le=100)
    reason: Sentence  # type: ignore[valid-type]


class PutInCharge(BaseModel):
    model_config = _command({"official": "officer.works"})

    official: Identifier


class Recategorise(BaseModel):
    model_config = _command({"category": "roads.pothole", "reason": "The text describes a hole."})

    category: Identifier
    reason: Sentence  # type: ignore[valid-type]


class Prioritise(BaseModel):
    model_config = _command({"priority": "high", "reason": "A school is next to it."})

    priority: Priority
    reason: Sentence  # type: ignore[valid-type]


class Confide(BaseModel):
    """`officials` alone read it from now on, with whoever says so and the head of the entity; nobody named: everybody
    of the entity reads it again."""

    model_config = _command({"officials": ["officer.works"], "reason": "It names a member of the staff."})

    officials: tuple[Identifier, ...] = Field(default=(), max_length=20)
    reason: Sentence  # type: ignore[valid-type]


class DecideAppeal(BaseModel):
    model_config = _command({"decision": "upheld", "text": "The entity is to name a date within two working days."})

    decision: Literal["upheld", "dismissed"]
    text: Sentence  # type: ignore[valid-type]


class Done(BaseModel):
    """What a command led to. The version it made is in `ETag`."""

    id: str = Field(examples=[AN_ID])
    reference: str = Field(examples=["7K3MX-QPA42"])
    state: State = Field(examples=["acknowledged"])
    entity: str = Field(examples=["works"])
    category: str | None = None
    question_id: str | None = Field(default=None, description="the open question")

    @classmethod
    def of(cls, aggregate: Aggregate[Assignment]) -> Self:
        state = aggregate.state
        assert state is not None
        assert state.submission is not None
        return cls(
            id=aggregate.id,
            reference=state.submission.reference,
            state=state.state,
            entity=str(state.entity),
            category=state.category,
            question_id=state.question.id if state.question else None,
        )


class Listed(BaseModel):
    """One line of a list."""

    id: str = Field(examples=[AN_ID])
    version: int
    reference: str = Field(examples=["7K3MX-QPA42"])
    kind: Kind
    category: str | None = Field(examples=["roads.pothole"])
    entity: str = Field(examples=["works"])
    state: State = Field(examples=["assigned"])
    priority: Priority
    received_at: datetime
    text: str = Field(examples=["There is a pothole in front of my house."])
    language: str = Field(examples=["en"])
    decided_by: str = Field(examples=["rule"], description="rule, classifier or person")
    reason: str = Field(examples=["Rule “Potholes”: the text mentions “pothole”."])
    rule: str | None = Field(examples=["potholes"])
    words: tuple[str, ...] = Field(examples=[["pothole"]])
    due_at: datetime | None
    erased: bool = Field(default=False, description="its author was erased, and with it everybody's words")

    @classmethod
    def of(cls, aggregate: Aggregate[Assignment]) -> Self:
        state = aggregate.state
        assert state is not None
        assert state.submission is not None
        assert state.decided is not None
        submission, decided = state.submission, state.decided
        return cls(
            id=aggregate.id,
            version=aggregate.version,
            reference=submission.reference,
            kind=submission.kind,
            category=state.category,
            entity=str(state.entity),
            state=state.state,
            priority=state.priority,
            received_at=submission.received_at,
            text=submission.text,
            language=submission.language,
            decided_by=decided.by,
            reason=decided.reason,
            rule=decided.rule,
            words=decided.words,
            due_at=state.due.at if state.due else None,
            erased=state.erased,
        )


class Detailed(Listed):
    """One assignment whole, with everything that happened to it."""

    channel: Channel
    answers: dict[str, str | tuple[str, ...]] | None = Field(description="to what the category asks, by question")
    location: Location | None
    probability: float | None
    directory_version: int | None
    model_version: int | None = Field(description="of the classifier, where that decided")
    suggested: Suggested | None = Field(description="what the classifier held for likely where no rule matched")
    question: Question | None
    charge: Charge | None = Field(description="who of the entity has it")
    proposed: Proposed | None = Field(description="an answer that waits for approval")
    expected_at: datetime | None = Field(description="when its author was last told to expect the answer")
    due_target: str | None
    windows: tuple[Window, ...]
    files: tuple[File, ...] = Field(description="what is in them is read at intake")
    official_files: tuple[OfficialFile, ...] = Field(description="those of officials; read there, too")
    custodians: tuple[Custodian, ...]
    history: tuple[Entry, ...]
    parent: Parent | None = Field(default=None, description="where it is a sub-case: what it is a part of")
    open_sub_cases: tuple[int, ...] = Field(default=(), description="the parts that are not answered, by number")

    @classmethod
    def of(cls, aggregate: Aggregate[Assignment]) -> Self:
        state = aggregate.state
        assert state is not None
        assert state.submission is not None
        assert state.decided is not None
        return cls(
            **Listed.of(aggregate).model_dump(),
            channel=state.submission.channel,
            answers=state.submission.answers,
            location=state.submission.location,
            probability=state.decided.probability,
            directory_version=state.decided.directory_version,
            model_version=state.decided.model_version,
            suggested=state.suggested,
            question=state.question,
            charge=state.charge,
            proposed=state.proposed,
            expected_at=state.expected_at,
            due_target=state.due.target if state.due else None,
            windows=state.due.windows if state.due else (),
            files=state.files,
            official_files=state.official_files,
            custodians=state.custodians,
            history=state.history,
            parent=state.parent,
            open_sub_cases=state.open_sub_cases or (),
        )


class ListedPage(BaseModel):
    items: list[Listed]
    next_cursor: str | None


class EntityListed(BaseModel):
    id: str
    name: Name
    kind: str
    parent: str | None
    areas: tuple[str, ...] = Field(description="those it serves; none means the whole country")
    email: str | None
    phone: str | None
    website: str | None
    address: Name | None


class EntityPage(BaseModel):
    items: list[EntityListed]
    next_cursor: str | None = None


class CategoryListed(BaseModel):
    id: str
    name: Name
    parent: str | None
    priority: Priority
    kinds: tuple[Kind, ...] = Field(description="the kinds it is offered for; none means all")
    is_group: bool = Field(description="a heading, never chosen")
    needs_place: bool = Field(description="who answers depends on where it is")
    description: Name | None
    keywords: Words = Field(description="other words for it")
    questions: tuple[CategoryQuestion, ...] = Field(description="asked of who chooses it, in this order")
    elsewhere: Elsewhere | None = Field(description="not for this system: what to do instead")
    publication: Publicity = Field(description="asked: its author is asked whether everybody may read it")
    needs_evidence: bool = Field(description="an answer comes with a file that shows what was done")


class CategoryPage(BaseModel):
    items: list[CategoryListed]
    next_cursor: str | None = None


class Published(BaseModel):
    version: int = Field(examples=[3])
    published: dict[str, int] = Field(
        examples=[{"entities": 26, "officials": 80, "categories": 63, "areas": 4, "places": 70}]
    )
