"""A suggestion's own middle: looked into, accepted or rejected, put into practice. Raises NotPossible."""

from datetime import datetime
from typing import Literal

from shared.events.assignments import SuggestionDecided, SuggestionImplemented
from shared.events.envelope import OutgoingEvent
from shared.storage.aggregates import Decision

from router.cases.life import Move
from router.cases.model import Assignment
from router.casework.decisions import facts

Verdict = Literal["evaluating", "accepted", "rejected"]
MOVES: dict[Verdict, Move] = {"evaluating": Move.EVALUATE, "accepted": Move.ACCEPT, "rejected": Move.REJECT}


def decide(
    id: str, before: Assignment, decision: Verdict, text: str, official: str, now: datetime
) -> Decision[Assignment]:
    """Its author reads the text, which is the entity's answer."""
    after = before.moved(MOVES[decision], "SuggestionDecided", official, now, text, code=decision)
    if decision != "evaluating":
        after = after.changed(answered_at=now)
    event = SuggestionDecided(**facts(id, before, after, official), decision=decision, text=text)
    return Decision(after, [OutgoingEvent(event)])


def implement(id: str, before: Assignment, text: str, official: str, now: datetime) -> Decision[Assignment]:
    after = before.moved(Move.IMPLEMENT, "SuggestionImplemented", official, now, text)
    return Decision(after, [OutgoingEvent(SuggestionImplemented(**facts(id, before, after, official), text=text))])
