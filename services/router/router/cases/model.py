"""An assignment as the router keeps it: the submission, who has it, and everything that happened to it."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from shared.events.assignments import Evidence
from shared.events.model import Channel, Kind, Location, Priority, Window

from router.cases.life import FOR_SUGGESTIONS, HELD, LOOKED_INTO, OF_SUB_CASES, OPEN, OVER, Move, State, target


class Refusal(Exception):
    """Base of everything that the domain refuses; `http/refusals.py` makes a problem of each."""


class NotPossible(Exception):
    """The table has no such move from this state, or there is nothing that it could move."""

    def __init__(self, state: State, move: Move) -> None:
        super().__init__(f"{move} from {state}")
        self.state = state
        self.move = move


ROUTER = "router"
"""Who did what no official did."""

WORDS_TO_ITS_AUTHOR = ("SubmissionAnswered", "SubmissionDeclined", "SuggestionDecided")
LEAVES_NO_PROPOSAL = ("AnswerSentBack", "SubmissionTransferred", "TriageRequested")

ADDED_BY_ITS_AUTHOR = ("InformationAdded", "AttachmentsAdded")
WORDS_WITH_ITS_AUTHOR = ("InformationRequested", *ADDED_BY_ITS_AUTHOR)


class CaseValue(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Entry(CaseValue):
    """One thing that happened. `who` is an official, an entity's system or `citizen`; `why` is what they said,
    `code` the reason code of an answer, `mentions` the officials that a note names, `until` the day that was named,
    `files` those of officials that came, or that it is about."""

    at: datetime
    what: str
    who: str
    from_state: State
    to_state: State
    why: str | None = None
    entity: str | None = None
    code: str | None = None
    mentions: tuple[str, ...] = ()
    until: datetime | None = None
    files: tuple[str, ...] = ()


class Custodian(CaseValue):
    entity: str
    since: datetime
    until: datetime | None = None


class Question(CaseValue):
    id: str
    text: str
    asked_at: datetime


class Proposed(CaseValue):
    """An answer that a supervisor has to approve before its author reads it."""

    text: str
    reason_code: str
    official: str
    at: datetime
    evidence: tuple[Evidence, ...] = ()


class Charge(CaseValue):
    """The official in charge, since when, and how they were chosen: by hand, load, skill or turn."""

    official: str
    since: datetime
    way: str


class Submission(CaseValue):
    """The citizen's submission, as far as officials need it. `category`: the one that its author chose.
    `needs_confirmation`: no question reaches them yet."""

    reference: str
    kind: Kind
    text: str
    language: str
    channel: Channel
    received_at: datetime
    answers: dict[str, str | tuple[str, ...]] | None = None
    location: Location | None = None
    category: str | None = None
    needs_confirmation: bool = False


class Suggestion(CaseValue):
    """A category that the classifier holds for likely, who answers for it at this place (None where that is not known,
    or nobody here does), and the words that spoke for it."""

    category: str
    entity: str | None = None
    probability: float
    words: tuple[str, ...] = ()


class Suggested(CaseValue):
    """The suggestions of one version of the model for a text that no rule placed, the likeliest first."""

    model_version: int
    items: tuple[Suggestion, ...]


class Decided(CaseValue):
    """How the custodian was chosen: by a rule, the classifier or a person, and why."""

    by: str
    reason: str
    rule: str | None = None
    words: tuple[str, ...] = ()
    probability: float | None = None
    directory_version: int | None = None
    model_version: int | None = None


class Due(CaseValue):
    """`at_risk`: the SLA monitor has said that this due time comes near."""

    at: datetime
    target: str
    windows: tuple[Window, ...] = ()
    at_risk: bool = False


class File(CaseValue):
    """One that the citizen sent. What is in it is intake's, which gives it to the custodian's officials."""

    id: str
    media_type: str
    size: int


class OfficialFile(File):
    """One that an official put to it. Colleagues see it; its author, once an answer named it."""

    official: str
    entity: str
    at: datetime


class Merged(CaseValue):
    """Merged into `parent`, whose answer is its answer too. The rest is what it was before."""

    parent: str
    reference: str
    at: datetime
    by: str
    state: State
    question: Question | None = None
    proposed: Proposed | None = None
    unstaffed: bool | None = None


class Parent(CaseValue):
    """The parent of a sub-case: its submission, who asked for the part, and what was asked. `number` is its
    place among the parts, from 1."""

    id: str
    reference: str
    number: int
    entity: str
    official: str
    question: str


class Public(CaseValue):
    """Everybody may read it."""


class Assignment(CaseValue):
    """Without `submission` it is a shell: a fact came first. `list_at` orders lists: what is due first, on top.

    `proposed`: an answer that waits for approval. `expected_at`: when its author was last told to expect the answer.
    `charge`: who of the entity has it; `unstaffed` is set, and never false, while nobody has what just came.
    `erased`: its author was, and nobody's words are kept of it any more. `understood`: where it
    is, by what its author wrote, where nothing more exact was said; `area`: where it lies, empty where that is not
    known. `like`: the keys by which what is alike is found (`shared.reference.likeness`), `found_by`: the
    signs by which
    the desk's search finds it (`domain.finding`) while it is under way; once it is over they are its `found_over`.
    `author_key`: the same for all that one signed-in author sent, and says nothing else of them.
    `named`: who reads it, where it is confidential; beside them only the head of the entity that has it does;
    `named_here`: of a part, those among them whom the entity that does it named.
    `duplicates`: those merged into it that have not had its answer yet; `related`: those that officials linked with it.
    `parent` is set where it is a sub-case; `sub_cases`: how many were opened for it, of which `open_sub_cases` are not
    ended, by number; `tells_sub_cases`: they are to follow what became of it, or those merged into it to hear of an
    interim reply. `heard`: of a sub-case, of how many additions of its parent's author its officials were told;
    versions before told of none.
    """

    state: State = State.EXPECTED
    submission: Submission | None = None
    entity: str | None = None
    category: str | None = None
    priority: Priority = Priority.NORMAL
    decided: Decided | None = None
    suggested: Suggested | None = None
    question: Question | None = None
    proposed: Proposed | None = None
    expected_at: datetime | None = None
    charge: Charge | None = None
    unstaffed: bool | None = None
    due: Due | None = None
    due_unknown_since: datetime | None = None
    list_at: datetime | None = None
    answered_at: datetime | None = None
    files: tuple[File, ...] = ()
    official_files: tuple[OfficialFile, ...] = ()
    custodians: tuple[Custodian, ...] = ()
    history: tuple[Entry, ...] = ()
    erased: bool = False
    understood: Location | None = None
    like: tuple[str, ...] = ()
    area: str | None = None
    found_by: tuple[str, ...] | None = None
    found_over: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None
    named_here: tuple[str, ...] | None = None
    author_key: str | None = None
    merged: Merged | None = None
    duplicates: tuple[str, ...] | None = None
    related: tuple[str, ...] = ()
    public: Public | None = None
    parent: Parent | None = None
    sub_cases: int = 0
    open_sub_cases: tuple[int, ...] | None = None
    tells_sub_cases: bool | None = None
    heard: int | None = None

    @property
    def language(self) -> str:
        return self.submission.language if self.submission else "ar"

    @property
    def is_anyones(self) -> bool:
        """Someone was made responsible, or must be: a submission withdrawn before it came here is nobody's."""
        return self.submission is not None and self.decided is not None

    @property
    def signs(self) -> tuple[str, ...]:
        return self.found_by or self.found_over or ()

    def changed(self, **values: Any) -> "Assignment":
        after = self.model_copy(update=values)
        return after.filed() if values.keys() & {"state", "found_by"} else after

    def filed(self) -> "Assignment":
        """With its signs where its state has them: in one of two fields, so that no index has the state in its keys."""
        signs, is_over = self.signs or None, self.state in OVER
        return self.model_copy(
            update={"found_by": None if is_over else signs, "found_over": signs if is_over else None}
        )

    def noted(self, what: str, who: str, at: datetime, why: str | None = None, **more: Any) -> "Assignment":
        """The same state, with something more in the history."""
        entry = Entry(at=at, what=what, who=who, from_state=self.state, to_state=self.state, why=why, **more)
        return self.changed(history=(*self.history, entry))

    def moved(
        self,
        move: Move,
        what: str,
        who: str,
        at: datetime,
        why: str | None = None,
        entity: str | None = None,
        **more: Any,
    ) -> "Assignment":
        """The state the table leads to, with its history entry; a question ends with the waiting for it, a proposed
        answer with the part of the entity in which it was written. `more` goes into the entry.

        Raises NotPossible.
        """
        to = target(self.state, move)
        if to is None or not self.allows(move):
            raise NotPossible(self.state, move)
        entry = Entry(at=at, what=what, who=who, from_state=self.state, to_state=to, why=why, entity=entity, **more)
        question = self.question if to is State.AWAITING_CITIZEN else None
        proposed = self.proposed if to in HELD and move is not Move.SEND_BACK else None
        unstaffed = self.unstaffed if to in LOOKED_INTO else None
        values = {"state": to, "question": question, "proposed": proposed, "unstaffed": unstaffed}
        parts_follow = self.open_sub_cases and (to not in OPEN or move is Move.PRIORITISE)
        all_parts_follow = self.sub_cases and move is Move.CONFIDE  # also those that have ended tell of it
        if parts_follow or all_parts_follow or (self.duplicates and move is Move.INTERIM):
            values["tells_sub_cases"] = True
        return self.changed(**values, history=(*self.history, entry))

    @property
    def transfers(self) -> int:
        """How often it was moved on from one entity to another."""
        return sum(entry.what == "SubmissionTransferred" for entry in self.history)

    def with_its_authors(self, parent: "Assignment") -> "Assignment":
        """A part as it is read: with the files of its parent, and what its author was asked and added there."""
        theirs = (entry for entry in parent.history if entry.what in WORDS_WITH_ITS_AUTHOR)
        return self.changed(
            files=parent.files, history=tuple(sorted((*self.history, *theirs), key=lambda entry: entry.at))
        )

    def added_by_its_author(self, since: datetime | None = None) -> int:
        """How often, at all or after this moment."""
        return sum(entry.what in ADDED_BY_ITS_AUTHOR and (since is None or entry.at > since) for entry in self.history)

    @property
    def answered_by(self) -> set[str]:
        """The officials whose word its author had, also those who proposed it, as far as it was not sent back."""
        found, proposed = set[str](), set[str]()
        for entry in self.history:
            if entry.what == "AnswerProposed":
                proposed = {entry.who}
            elif entry.what in LEAVES_NO_PROPOSAL:
                proposed = set()
            elif entry.what in WORDS_TO_ITS_AUTHOR:
                found |= {entry.who} | proposed
        return found

    def allows(self, move: Move) -> bool:
        """Check what the table cannot: only suggestions are accepted, only what was proposed is approved, a sub-case
        has a shorter life: it is confidential where its parent is."""
        if self.parent is not None and (move not in OF_SUB_CASES or (move is Move.CONFIDE and self.named is None)):
            return False
        if move is Move.TAKE_BACK:
            return bool(self.open_sub_cases)
        if move in FOR_SUGGESTIONS:
            return self.submission is not None and self.submission.kind is Kind.SUGGESTION
        return move not in (Move.APPROVE, Move.SEND_BACK) or self.proposed is not None

    @property
    def showable(self) -> tuple[OfficialFile, ...]:
        """The officials' files that an answer may show: not those that a note keeps among colleagues."""
        kept = {id for entry in self.history if entry.what == "NoteWritten" for id in entry.files}
        return tuple(file for file in self.official_files if file.id not in kept)

    @property
    def withholds_question(self) -> bool:
        """Whether the open question reaches nobody, as its author has confirmed no address: the time runs on."""
        unconfirmed = self.submission is not None and self.submission.needs_confirmation
        return self.state is State.AWAITING_CITIZEN and unconfirmed

    def given_to(self, entity: str, at: datetime) -> "Assignment":
        """With another custodian, of whom nobody has it yet, or the same one once more."""
        before = [
            custodian if custodian.until else custodian.model_copy(update={"until": at})
            for custodian in self.custodians
        ]
        charge = self.charge if entity == self.entity else None
        unstaffed = True if charge is None and self.state is not State.IN_TRIAGE else None
        staff = {"charge": charge, "unstaffed": unstaffed}
        return self.changed(entity=entity, **staff, custodians=(*before, Custodian(entity=entity, since=at)))

    def due_at(self, due: Due) -> "Assignment":
        return self.changed(due=due, list_at=due.at, due_unknown_since=None)

    def due_unknown(self, since: datetime) -> "Assignment":
        """Listed as what has no due time yet."""
        list_at = self.submission.received_at if self.submission is not None else self.list_at
        return self.changed(due=None, list_at=list_at, due_unknown_since=since)
