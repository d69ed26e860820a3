"""Facts of the router: who has a submission and what they did with it (`tawasul.assignments.v1`)."""

from typing import Annotated, Literal

from pydantic import Field

from shared.events.model import (
    Identifier,
    Kind,
    Moment,
    Number,
    PartNumber,
    Priority,
    SubmissionEvent,
    SubmissionId,
    Text,
    Value,
)

Decider = Literal["rule", "classifier", "person"]


class TriageRequested(SubmissionEvent):
    """No rule was sure: the central office decides."""

    type: Literal["TriageRequested"] = "TriageRequested"
    entity: Identifier
    reason: str


class SubmissionAssigned(SubmissionEvent):
    """`reason` is what a person may read; `rule`, `words` and `probability` are what decided, `model_version` the
    classifier's model where that did. `area`: where it lies, as far as that is known."""

    type: Literal["SubmissionAssigned"] = "SubmissionAssigned"
    entity: Identifier
    category: Identifier | None = None
    priority: Priority = Priority.NORMAL
    decided_by: Decider
    reason: str
    rule: str | None = None
    words: tuple[str, ...] = ()
    probability: float | None = Field(default=None, ge=0, le=1)
    official: str | None = None
    directory_version: Number | None = None
    model_version: Number | None = None
    area: Identifier | None = None


class AssignmentAcknowledged(SubmissionEvent):
    type: Literal["AssignmentAcknowledged"] = "AssignmentAcknowledged"
    entity: Identifier
    official: str


class InformationRequested(SubmissionEvent):
    type: Literal["InformationRequested"] = "InformationRequested"
    entity: Identifier
    question_id: str
    text: Text
    official: str


class InterimReplyGiven(SubmissionEvent):
    type: Literal["InterimReplyGiven"] = "InterimReplyGiven"
    entity: Identifier
    text: Text
    expected_at: Moment | None = None
    official: str


class SubmissionRecategorised(SubmissionEvent):
    type: Literal["SubmissionRecategorised"] = "SubmissionRecategorised"
    entity: Identifier
    from_category: Identifier | None = None
    category: Identifier
    official: str


class PriorityChanged(SubmissionEvent):
    type: Literal["PriorityChanged"] = "PriorityChanged"
    entity: Identifier
    from_priority: Priority
    priority: Priority
    official: str


class SubmissionTransferred(SubmissionEvent):
    """`entity` is the new custodian; the part of `from_entity` ends here."""

    type: Literal["SubmissionTransferred"] = "SubmissionTransferred"
    from_entity: Identifier
    entity: Identifier
    reason: Text
    official: str


class Evidence(Value):
    """A file of an official that shows what was done, by its id at intake. `is_public`: everybody may see it while
    they may read the submission."""

    id: Identifier
    is_public: bool = False


class SubmissionAnswered(SubmissionEvent):
    """`official` wrote it; `approved_by` let it go out, where the entity wants that."""

    type: Literal["SubmissionAnswered"] = "SubmissionAnswered"
    entity: Identifier
    text: Text
    reason_code: Identifier
    official: str
    approved_by: str | None = None
    evidence: tuple[Evidence, ...] = Field(default=(), max_length=20)


class SubmissionDeclined(SubmissionEvent):
    type: Literal["SubmissionDeclined"] = "SubmissionDeclined"
    entity: Identifier
    text: Text
    reason_code: Identifier
    official: str


class SuggestionDecided(SubmissionEvent):
    type: Literal["SuggestionDecided"] = "SuggestionDecided"
    entity: Identifier
    decision: Literal["evaluating", "accepted", "rejected"]
    text: Text
    official: str


class SuggestionImplemented(SubmissionEvent):
    type: Literal["SuggestionImplemented"] = "SuggestionImplemented"
    entity: Identifier
    text: Text
    official: str


class SubCaseOpened(SubmissionEvent):
    """Another entity takes part, and is asked `text`. `sub_case` is the number of its part, whose own life is told of
    under an id of its own, from SubCaseReceived on."""

    type: Literal["SubCaseOpened"] = "SubCaseOpened"
    sub_case: PartNumber
    entity: Identifier
    text: Text
    official: str


class SubCaseClosed(SubmissionEvent):
    """A part has ended; `officials` asked for it, and are told. Neither its question nor its answer is the author's to
    read."""

    type: Literal["SubCaseClosed"] = "SubCaseClosed"
    sub_case: PartNumber
    entity: Identifier
    text: Text
    official: str
    outcome: Literal["answered", "taken_back"] = "answered"
    officials: tuple[str, ...] = ()


class SubCaseMoved(SubmissionEvent):
    """A part was with `from_entity` and is with `entity` now, for the reason that `text` gives; `officials` asked for
    it, and are told. Its author does not read why."""

    type: Literal["SubCaseMoved"] = "SubCaseMoved"
    sub_case: PartNumber
    from_entity: Identifier
    entity: Identifier
    text: Text
    official: str
    officials: tuple[str, ...] = ()


class SubCaseConfided(SubmissionEvent):
    """Of what is confidential: `officials` of the entity that does a part, beside its head, read the part and the files
    of the submission; none of them named, its head alone does. Why is said at the desk alone."""

    type: Literal["SubCaseConfided"] = "SubCaseConfided"
    sub_case: PartNumber
    entity: Identifier
    officials: tuple[str, ...] = ()
    official: str


class SubCaseReceived(SubmissionEvent):
    """The beginning of a sub-case's own life, under its own id: what SubmissionReceived is to a submission. `parent` is
    the submission that it is a part of, whose author, contact and text are not told here."""

    type: Literal["SubCaseReceived"] = "SubCaseReceived"
    parent: SubmissionId
    sub_case: PartNumber
    reference: str
    entity: Identifier
    kind: Kind
    language: str
    category: Identifier | None = None
    priority: Priority = Priority.NORMAL
    official: str


class SubCaseTakenBack(SubmissionEvent):
    """Under the id of the sub-case: nobody waits for its answer any more."""

    type: Literal["SubCaseTakenBack"] = "SubCaseTakenBack"
    parent: SubmissionId
    entity: Identifier
    official: str


class SubCaseInformed(SubmissionEvent):
    """Under the id of the sub-case: the author of `parent` added something there, which who does the part reads too."""

    type: Literal["SubCaseInformed"] = "SubCaseInformed"
    parent: SubmissionId
    entity: Identifier


class SubmissionMerged(SubmissionEvent):
    type: Literal["SubmissionMerged"] = "SubmissionMerged"
    parent: SubmissionId
    official: str


class SubmissionUnmerged(SubmissionEvent):
    type: Literal["SubmissionUnmerged"] = "SubmissionUnmerged"
    parent: SubmissionId
    official: str


class AppealDecided(SubmissionEvent):
    type: Literal["AppealDecided"] = "AppealDecided"
    entity: Identifier
    decision: Literal["upheld", "dismissed"]
    text: Text
    official: str


class OfficialsMentioned(SubmissionEvent):
    """An internal note names `officials`. What it says stays at the desk."""

    type: Literal["OfficialsMentioned"] = "OfficialsMentioned"
    entity: Identifier
    officials: tuple[str, ...]
    official: str


class ConfidentialityChanged(SubmissionEvent):
    """Confidential: of the entity's people only `officials` and its head read it; none of them named, everybody does.
    Why is said at the desk alone."""

    type: Literal["ConfidentialityChanged"] = "ConfidentialityChanged"
    entity: Identifier
    officials: tuple[str, ...] = ()
    official: str


class AnswerProposed(SubmissionEvent):
    """An answer waits for a supervisor of the entity. What it says stays at the desk until it is approved."""

    type: Literal["AnswerProposed"] = "AnswerProposed"
    entity: Identifier
    official: str


class AnswerSentBack(SubmissionEvent):
    """It was not approved; `officials` is who had written it. Why stays at the desk."""

    type: Literal["AnswerSentBack"] = "AnswerSentBack"
    entity: Identifier
    officials: tuple[str, ...]
    official: str


class OfficialPutInCharge(SubmissionEvent):
    """Somebody of the entity has it now: `in_charge`. `officials` are who is told of it, `official` who decided, absent
    where that was the router; `way`: by hand, load, skill or turn. `relieved`: who had it before, and did not give it
    away themselves."""

    type: Literal["OfficialPutInCharge"] = "OfficialPutInCharge"
    entity: Identifier
    officials: tuple[str, ...] = ()
    in_charge: str
    way: str
    official: str | None = None
    relieved: tuple[str, ...] = ()


AssignmentsEvent = Annotated[
    TriageRequested
    | SubmissionAssigned
    | AssignmentAcknowledged
    | InformationRequested
    | InterimReplyGiven
    | SubmissionRecategorised
    | PriorityChanged
    | SubmissionTransferred
    | SubmissionAnswered
    | SubmissionDeclined
    | SuggestionDecided
    | SuggestionImplemented
    | SubCaseOpened
    | SubCaseClosed
    | SubCaseMoved
    | SubCaseConfided
    | SubCaseReceived
    | SubCaseInformed
    | SubCaseTakenBack
    | SubmissionMerged
    | SubmissionUnmerged
    | AppealDecided
    | OfficialsMentioned
    | AnswerProposed
    | AnswerSentBack
    | OfficialPutInCharge
    | ConfidentialityChanged,
    Field(discriminator="type"),
]
