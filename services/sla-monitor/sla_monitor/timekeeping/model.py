"""Computes the clock of a submission: a pure function of its facts, the published rulebooks, and the time of reading.

Nothing is counted up. The facts are put in order and applied one by one; each custodian's share is a `Run` with a
target of its own, and due, consumed and remaining time follow from the intervals. The rules:
- From receipt the central office is the custodian under the triage policy, silently until triage is requested.
- A new custodian (assigned after triage, or by transfer) gets its own policy's whole target from when it got the case.
- An appeal is decided by the central office, with its own policy's target for an answer.
- Reopening, or an upheld appeal, restarts the last custodian's target, continues with the rest of it, or has a target
  of its own, as the policy says; the closed time counts for nobody, and the first result stays.
- Another category or priority applies its policy from the same beginning.
- A pause needs a question that reaches its author, and ends with the answer or with the policy's waiting limit.
- A run that has ended is computed by the rulebook in force at its end, the last run by the newest.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from shared.events.model import Kind, Priority

from sla_monitor.calendars.model import CalendarVersion
from sla_monitor.calendars.policies import PolicyVersion, TargetName
from sla_monitor.calendars.rulebook import Rulebook, Rules
from sla_monitor.timekeeping.custody import OPEN, Mark, Run, State
from sla_monitor.timekeeping.facts import Fact, in_order
from sla_monitor.timekeeping.transitions import Step, step

UNROUTED_AFTER = timedelta(seconds=60)
WORDS = frozenset({"InformationRequested", "InterimReplyGiven"})
"""Messages to the citizen before the answer."""
WORK = WORDS | {"AssignmentAcknowledged", "SuggestionDecided"}
"""Events that show that the custodian has the case."""


@dataclass
class Clock:
    """A clock as of the time for which it was read."""

    received_at: datetime
    state: State
    runs: list[Run]
    routed_at: datetime | None = None
    question: str | None = None
    waiting_until: datetime | None = None
    noted: list[str] = field(default_factory=list)
    kind: Kind | None = None
    category: str | None = None
    priority: Priority | None = None
    is_imported: bool = False
    is_part: bool = False
    """Set for a duplicate: its author's other submission has the clock."""
    area: str | None = None
    confided: tuple[str, ...] | None = None
    """Its only readers, with the head of the custodian; None where the case is not confidential."""
    reminded_at: datetime | None = None
    """The moments of the reminders of the open question."""

    @property
    def run(self) -> Run:
        return self.runs[-1]

    @cached_property
    def due_at(self) -> datetime:
        """Valid after all facts were applied. While waiting for the citizen: the due time if no answer comes; without a
        limit, the one when the question was asked."""
        runs_from = self.run.ended
        if self.state is State.PAUSED:
            runs_from = self.waiting_until or self.run.intervals[-1].start
        due_at = self.run.due_at(runs_from)
        assert due_at is not None, "what runs reaches its target, what does not run has a time to run from"
        return due_at

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def consumed_by(self, now: datetime) -> dict[str, timedelta]:
        held: dict[str, timedelta] = {}
        for run in self.runs:
            held[run.entity] = held.get(run.entity, timedelta()) + run.consumed(now)
        return held

    def remaining(self, now: datetime) -> timedelta:
        return max(self.run.span - self.run.consumed(now), timedelta())


def read_clock(facts: Iterable[Fact], rules: Rules, now: datetime) -> Clock | None:
    """Read a clock from its facts; None while the receipt is not known."""
    ordered = in_order(facts)
    if not ordered:
        return None
    clock = _walk(ordered, lambda part: rules.newest, now)
    # When a part ends is for its facts alone to say, so a second walk, under other rules, has the same ends.
    held = {run.id: rules.at(run.ended) for run in clock.runs if run.ended is not None}
    if any(rulebook is not rules.newest for rulebook in held.values()):
        clock = _walk(ordered, lambda part: held.get(part, rules.newest), now)
    return clock


RulebookOf = Callable[[str], Rulebook]
"""By the id of the run."""


def _walk(ordered: Sequence[tuple[datetime, Fact]], rulebook_of: RulebookOf, now: datetime) -> Clock:
    walk = _Walk(rulebook_of, ordered[0][1])
    for at, fact in ordered[1:]:
        walk.wait_until(at)
        walk.take(at, fact)
    walk.wait_until(now)
    return walk.clock


class _Walk:
    """Applies the facts one after the other."""

    def __init__(self, rulebook_of: RulebookOf, receipt: Fact) -> None:
        self.rulebook_of = rulebook_of
        self.custodian: Fact | None = None
        self.answered: set[str | None] = set()
        self.unconfirmed = receipt.unconfirmed is True
        self.withheld: tuple[str, str | None] | None = None
        """The run in which it was asked, and the question that has not reached its author."""
        self.merged_from = State.ARMED
        self.clock = Clock(
            receipt.time,
            State.ARMED,
            [],
            kind=receipt.kind,
            category=receipt.category,
            priority=receipt.priority,
            is_imported=receipt.imported is True,
            is_part=receipt.type == "SubCaseReceived",
            area=receipt.area,
        )
        self._begin("triage", rulebook_of(receipt.id).central, receipt, receipt.time, State.ARMED)

    def wait_until(self, moment: datetime) -> None:
        """Let the limit of waiting end a pause, if it did before `moment`."""
        ends = self.clock.waiting_until
        if self.clock.state is State.PAUSED and ends is not None and ends <= moment:
            self._enter(State.RUNNING, ends, "limit")

    def take(self, at: datetime, fact: Fact) -> None:
        if fact.type in ("SubmissionAssigned", "SubmissionTransferred"):
            self.custodian = fact
        if fact.type == "AuthorConfirmed":
            self.unconfirmed = False
        if fact.type == "InformationAdded":
            self.answered.add(fact.question)
        if fact.score is not None:
            self._rate(at, fact.score)
        if fact.type == "ConfidentialityChanged":
            # A version before this one writes the fact back without its officials: it is the head's alone then.
            self.clock.confided = None if fact.officials == () else fact.officials or ()
        self._note_work(at, fact)
        self.clock.category = fact.category or self.clock.category
        self.clock.priority = fact.priority or self.clock.priority
        match step(self.clock.state, fact.type):
            case Step.TRIAGE:
                self._triage(at, fact)
            case Step.HAND_OVER:
                self._hand_over(at, fact)
            case Step.APPEAL:
                self._appeal(at, fact)
            case Step.DECIDE if Mark.APPEAL in self.clock.run.marks:
                self._decide(at, fact)
            case Step.RESTART if fact.decision != "dismissed":
                self._restart(at, fact)
            case Step.REJUDGE:
                self._judge(self.clock.run)
            case Step.EXTEND if self.clock.run.policy.definition.interim_extension is not None:
                self._extend(at)
            case Step.PAUSE if self.unconfirmed and fact.question not in self.answered:
                self.withheld = (self.clock.run.id, fact.question)
            case Step.ASK_WITHHELD if self._is_withheld():
                assert self.withheld is not None
                self._pause(at, self.withheld[1], fact)
            case Step.PAUSE if fact.question not in self.answered:
                self._pause(at, fact.question, fact)
            case Step.ASK_AGAIN if fact.question not in self.answered:
                self.clock.question = fact.question
            case Step.RESUME if fact.question == self.clock.question:
                self._enter(State.RUNNING, at, fact.type)
            case Step.MEET if fact.decision != "evaluating":
                self.clock.run.marks[Mark.ANSWERED] = at
                if fact.decision == "accepted":
                    self.clock.run.marks[Mark.ACCEPTED] = at
                self._end(State.MET, at)
            case Step.STOP:
                self._end(State.STOPPED, at)
            case Step.MERGE:
                self.merged_from = self.clock.state
                self._end(State.MERGED, at)
            case Step.UNMERGE if self.merged_from is State.PAUSED and self.clock.question not in self.answered:
                self._pause(at, self.clock.question, fact)
            case Step.UNMERGE:
                self._enter(State.RUNNING if self.merged_from is State.PAUSED else self.merged_from, at, fact.type)
            case _:
                self.clock.noted.append(fact.id)

    def _is_withheld(self) -> bool:
        if self.withheld is None:
            return False
        part, question = self.withheld
        return part == self.clock.run.id and question not in self.answered

    def _triage(self, at: datetime, fact: Fact) -> None:
        """The first triage is the run that began at receipt; later, the case comes back to the central office."""
        run = self.clock.run
        if self.clock.state is State.ARMED:
            run.entity = fact.entity or run.entity
            self._judge(run, fact.calendar)
            self._enter(State.RUNNING, at, fact.type)
            self.clock.routed_at = at
        elif run.target == "triage":
            self.clock.noted.append(fact.id)
        else:
            run.marks[Mark.PASSED_ON] = at
            self._begin("triage", fact.entity or self.rulebook_of(fact.id).central, fact, at, State.RUNNING)

    def _hand_over(self, at: datetime, fact: Fact) -> None:
        run = self.clock.run
        if self.clock.state is State.ARMED:
            self.clock.routed_at = at
        if run.target == "answer" and run.entity == fact.entity:
            self._judge(run, fact.calendar)
        else:
            run.marks[Mark.PASSED_ON] = at
            self._begin("answer", fact.entity or run.entity, fact, at, State.RUNNING)

    def _appeal(self, at: datetime, fact: Fact) -> None:
        """Begin a run of the central office under its own policy."""
        central = self.rulebook_of(fact.id).central
        self._begin("answer", central, fact, at, State.RUNNING, fact.calendar)
        self.clock.run.marks[Mark.APPEAL] = at

    def _decide(self, at: datetime, fact: Fact) -> None:
        if fact.decision == "dismissed":
            self._end(State.MET, at)
        else:
            self._restart(at, fact)

    def _restart(self, at: datetime, fact: Fact) -> None:
        last = self.custodian
        mark = Mark.REOPENED if fact.type == "SubmissionReopened" else Mark.APPEAL_UPHELD
        before = next(run for run in reversed(self.clock.runs) if Mark.APPEAL not in run.marks)
        before.marks[mark] = at
        if last is not None and last.entity is not None:
            self._begin("answer", last.entity, fact, at, State.RUNNING, last.calendar)
        else:
            self._begin("triage", before.entity, fact, at, State.RUNNING, before.own_calendar)
        run = self.clock.run
        run.marks[Mark.BEGAN_ANEW] = at
        is_same = (before.entity, before.target) == (run.entity, run.target)
        run.spent_before = before.consumed(at) + (before.spent_before or timedelta()) if is_same else timedelta()

    def _extend(self, at: datetime) -> None:
        """Extend the target once, before the due time: an interim reply does not excuse a late case."""
        passed = self.clock.run.passes(self.clock.run.span)
        if passed is None or passed > at:
            self.clock.run.is_extended = True

    def _note_work(self, at: datetime, fact: Fact) -> None:
        """Note the custodian's other work, which changes no state of the clock."""
        run = self.clock.run
        if fact.type == "SuggestionImplemented":
            done = next((each for each in reversed(self.clock.runs) if Mark.ACCEPTED in each.marks), None)
            if done is not None:
                done.marks.setdefault(Mark.IMPLEMENTED, at)
        if not self.clock.is_open or fact.entity not in (None, run.entity):
            return
        if fact.type == "OfficialPutInCharge":
            run.in_charge = fact.official
        if fact.type in WORK:
            run.marks.setdefault(Mark.ACKNOWLEDGED, at)
            run.official = fact.official or run.official
        if fact.type in WORDS:
            run.words.append((at, fact.id))

    def _rate(self, at: datetime, score: int) -> None:
        """Rate the answer that was there; a rating without an answer counts for nobody."""
        answered = [run for run in self.clock.runs if Mark.ANSWERED in run.marks]
        if answered:
            answered[-1].rating = (at, score)

    def _begin(
        self,
        target: TargetName,
        entity: str,
        fact: Fact,
        at: datetime,
        state: State,
        calendar: str | None = None,
    ) -> None:
        if self.clock.runs:
            self._end(state, at)
        own = calendar or fact.calendar
        policy, hours = self._terms(fact.id, target, entity, own, at)
        was_transferred = fact.type == "SubmissionTransferred"
        run = Run(fact.id, target, entity, policy, hours, own, was_transferred=was_transferred, given_due=fact.due)
        run.enter(state, at, fact.type)
        self.clock.runs.append(run)
        self.clock.state = state

    def _judge(self, run: Run, calendar: str | None = None) -> None:
        run.own_calendar = calendar or run.own_calendar
        run.policy, run.calendar = self._terms(run.id, run.target, run.entity, run.own_calendar, run.began)

    def _terms(
        self, part: str, target: TargetName, entity: str, calendar: str | None, at: datetime
    ) -> tuple[PolicyVersion, CalendarVersion]:
        rulebook = self.rulebook_of(part)
        # The triage policy holds for whoever does the triage, should the directory name another central office.
        judged = rulebook.central if target == "triage" else entity
        policy = rulebook.policy(target, (judged, self.clock.category, self.clock.priority, self.clock.kind), at)
        return policy, rulebook.calendar(policy.definition.calendar, calendar)

    def _pause(self, at: datetime, question: str | None, fact: Fact) -> None:
        self._enter(State.PAUSED, at, fact.type, fact.id)
        self.clock.question = question
        self.clock.waiting_until = self.clock.run.waiting_ends(at)
        self.clock.reminded_at = self.clock.run.reminds(at)

    def _enter(self, state: State, at: datetime, because: str, fact: str | None = None) -> None:
        self.clock.run.enter(state, at, because, fact)
        self._stand(state)

    def _end(self, state: State, at: datetime) -> None:
        self.clock.run.end(at)
        self._stand(state)

    def _stand(self, state: State) -> None:
        self.clock.state = state
        if state is not State.MERGED:
            self.clock.question = None
        self.clock.waiting_until = self.clock.reminded_at = None
