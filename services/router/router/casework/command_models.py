"""Models of the commands of officials, and of their answer."""

from datetime import date
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from shared.events.model import Identifier, Priority
from shared.reference.texts import free_text
from shared.storage.aggregates import StoredAggregate

from router.cases.life import State
from router.cases.model import Assignment

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
    """The case after a command. `ETag` carries the version that the command made."""

    id: str = Field(examples=["0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11"])
    reference: str = Field(examples=["7K3MX-QPA42"])
    state: State = Field(examples=["acknowledged"])
    entity: str = Field(examples=["works"])
    category: str | None = None
    question_id: str | None = Field(default=None, description="the open question")

    @classmethod
    def of(cls, aggregate: StoredAggregate[Assignment]) -> Self:
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
