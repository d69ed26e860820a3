"""Answers that go out when a supervisor has approved them. Raises NotPossible where the table says no.

The clock goes on meanwhile: what counts is when the author is answered.
"""

from datetime import datetime

from shared.events.assignments import AnswerProposed, AnswerSentBack, Evidence
from shared.events.envelope import OutgoingEvent
from shared.storage.aggregates import Decision

from router.cases.life import Move
from router.cases.model import Assignment, NotPossible, Proposed
from router.casework.decisions import answered, facts


def propose(
    id: str,
    before: Assignment,
    text: str,
    reason_code: str,
    official: str,
    now: datetime,
    evidence: tuple[Evidence, ...] = (),
) -> Decision[Assignment]:
    """It takes the place of one that was proposed before."""
    after = before.moved(
        Move.PROPOSE, "AnswerProposed", official, now, text, code=reason_code, files=tuple(each.id for each in evidence)
    ).changed(proposed=Proposed(text=text, reason_code=reason_code, official=official, at=now, evidence=evidence))
    return Decision(after, [OutgoingEvent(AnswerProposed(**facts(id, before, after, official)))])


def approve(id: str, before: Assignment, official: str, now: datetime) -> Decision[Assignment]:
    """The author reads it as it was proposed."""
    proposed = _proposed(before, Move.APPROVE)
    return answered(id, before, Move.APPROVE, proposed, official, now, approved_by=official)


def send_back(id: str, before: Assignment, reason: str, official: str, now: datetime) -> Decision[Assignment]:
    """Return a proposed answer to its writer, who reads the reason and writes it anew."""
    proposed = _proposed(before, Move.SEND_BACK)
    after = before.moved(Move.SEND_BACK, "AnswerSentBack", official, now, reason)
    event = AnswerSentBack(**facts(id, before, after, official), officials=(proposed.official,))
    return Decision(after, [OutgoingEvent(event)])


def _proposed(before: Assignment, move: Move) -> Proposed:
    if before.proposed is None:
        raise NotPossible(before.state, move)
    return before.proposed
