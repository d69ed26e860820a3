"""Models of the answers of the officials' endpoints."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field
from shared.events.directory import CategoryQuestion, Elsewhere, Publicity, Words
from shared.events.model import Channel, Kind, Location, Name, Priority, Window
from shared.storage.aggregates import StoredAggregate
from shared.storage.paging import Paged

from router.cases.life import State
from router.cases.model import (
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

AN_ID = "0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11"


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
    due_unknown_since: datetime | None = Field(
        default=None, description="while the SLA monitor cannot compute it: since when"
    )
    erased: bool = Field(default=False, description="its author was erased, and with it everybody's words")

    @classmethod
    def of(cls, aggregate: StoredAggregate[Assignment]) -> Self:
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
            due_unknown_since=state.due_unknown_since,
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
    def of(cls, aggregate: StoredAggregate[Assignment]) -> Self:
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


class ListedPage(Paged):
    items: list[Listed]


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
