"""The life of an assignment as one table: which move leads from which state where. Anything else is refused."""

from enum import StrEnum


class State(StrEnum):
    EXPECTED = "expected"
    """A fact came before the submission itself: a shell, seen by nobody."""
    IN_TRIAGE = "in_triage"
    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    AWAITING_CITIZEN = "awaiting_citizen"
    TRANSFERRED = "transferred"
    """Passed through: this custodian's part has ended, the next one's begins in the same write."""
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"
    """Passed through: the entity that answered gets it again in the same write."""
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    EVALUATING = "evaluating"
    """A suggestion that the entity looks into; its author has been told so."""
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IMPLEMENTED = "implemented"
    APPEALED = "appealed"
    """The central office decides whether the entity must look at it once more."""


class Move(StrEnum):
    """Up to `note` the router's own; the others follow from facts of intake and the SLA monitor."""

    SEND_TO_TRIAGE = "send_to_triage"
    ASSIGN = "assign"
    ACKNOWLEDGE = "acknowledge"
    ASK = "question"
    ANSWER = "answer"
    DECLINE = "decline"
    TRANSFER = "transfer"
    GIVE_UP = "give_up"
    INTERIM = "interim"
    PROPOSE = "propose"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    EVALUATE = "evaluate"
    ACCEPT = "accept"
    REJECT = "reject"
    IMPLEMENT = "implement"
    PUT_IN_CHARGE = "put_in_charge"
    RECATEGORISE = "recategorise"
    PRIORITISE = "prioritise"
    TRIAGE = "triage"
    UPHOLD = "uphold_appeal"
    DISMISS = "dismiss_appeal"
    NOTE = "note"
    OPEN_SUB_CASE = "open_sub_case"
    TAKE_BACK = "take_back_sub_case"
    CONFIDE = "confide"
    LINK = "link"
    MERGE = "merge"
    UNMERGE = "unmerge"
    ANSWER_TOGETHER = "answer_together"
    """Those merged into it have its answer with it, or its end."""
    DECLINE_TOGETHER = "decline_together"
    ACCEPT_TOGETHER = "accept_together"
    REJECT_TOGETHER = "reject_together"
    RESUME = "resume"
    REOPEN = "reopen"
    APPEAL = "appeal"
    WITHDRAW = "withdraw"
    CLOSE = "close"


OPEN = (
    State.IN_TRIAGE,
    State.ASSIGNED,
    State.ACKNOWLEDGED,
    State.AWAITING_CITIZEN,
    State.EVALUATING,
    State.APPEALED,
)
"""Somebody in government still has to act, or the citizen was asked something."""

UNDER_WAY = (*OPEN, State.ACCEPTED)
"""Something is still to come of it."""

OVER = (
    *(State.ANSWERED, State.CLOSED, State.DECLINED, State.WITHDRAWN, State.MERGED),
    *(State.REJECTED, State.IMPLEMENTED),
)

TO_DO = tuple(state for state in OPEN if state is not State.APPEALED)
"""At the entity, or at the central office to be placed. What is appealed against is neither's to work on."""

RUNNING = tuple(state for state in TO_DO if state is not State.AWAITING_CITIZEN)
"""The clock runs, so that it can be late."""

HELD = (State.ASSIGNED, State.ACKNOWLEDGED, State.AWAITING_CITIZEN)
"""An entity has it. Asking or answering needs no acknowledgement before it: either is one."""


LOOKED_INTO = (*HELD, State.EVALUATING)
"""What a suggestion can be decided from."""

WORKED_ON = (*TO_DO, State.EVALUATING)
"""An answer is to come of it, so that it can be one for several."""

FOR_SUGGESTIONS = (Move.EVALUATE, Move.ACCEPT, Move.REJECT, Move.IMPLEMENT)
"""Of another kind than a suggestion they are refused in every state."""


OF_SUB_CASES = frozenset(
    {
        *(Move.ASSIGN, Move.TRANSFER, Move.GIVE_UP, Move.TRIAGE),
        *(Move.ACKNOWLEDGE, Move.ANSWER, Move.PROPOSE, Move.APPROVE, Move.SEND_BACK),
        *(Move.PUT_IN_CHARGE, Move.PRIORITISE, Move.NOTE, Move.CONFIDE, Move.WITHDRAW),
    }
)
"""What a part can go through. Its question comes from officials and its answer goes to them, so its author is neither
asked nor told."""


def _to(target: State, *origins: State) -> dict[State, State]:
    return dict.fromkeys(origins, target)


TRANSITIONS: dict[Move, dict[State, State]] = {
    Move.SEND_TO_TRIAGE: _to(State.IN_TRIAGE, State.EXPECTED, State.REOPENED),
    # Sent to and fro, it is the central office's to place.
    Move.GIVE_UP: _to(State.IN_TRIAGE, *LOOKED_INTO),
    Move.ASSIGN: _to(State.ASSIGNED, State.EXPECTED, State.REOPENED, State.TRANSFERRED),
    Move.TRIAGE: _to(State.ASSIGNED, State.IN_TRIAGE),
    Move.ACKNOWLEDGE: _to(State.ACKNOWLEDGED, State.ASSIGNED),
    Move.ASK: _to(State.AWAITING_CITIZEN, State.ASSIGNED, State.ACKNOWLEDGED),
    Move.RESUME: _to(State.ACKNOWLEDGED, State.AWAITING_CITIZEN),
    Move.ANSWER: _to(State.ANSWERED, *HELD),
    Move.DECLINE: _to(State.DECLINED, State.IN_TRIAGE, *HELD),
    Move.TRANSFER: _to(State.TRANSFERRED, *LOOKED_INTO),
    Move.INTERIM: {state: state for state in LOOKED_INTO},
    Move.PROPOSE: {state: state for state in HELD},
    Move.APPROVE: _to(State.ANSWERED, *HELD),
    Move.SEND_BACK: {state: state for state in HELD},
    Move.EVALUATE: _to(State.EVALUATING, *HELD),
    Move.ACCEPT: _to(State.ACCEPTED, *LOOKED_INTO),
    Move.REJECT: _to(State.REJECTED, *LOOKED_INTO),
    Move.IMPLEMENT: _to(State.IMPLEMENTED, State.ACCEPTED),
    Move.PUT_IN_CHARGE: {state: state for state in LOOKED_INTO},
    Move.RECATEGORISE: {state: state for state in LOOKED_INTO},
    Move.PRIORITISE: {state: state for state in HELD},
    Move.REOPEN: _to(State.REOPENED, State.ANSWERED, State.CLOSED),
    Move.APPEAL: _to(State.APPEALED, State.ANSWERED, State.CLOSED),
    Move.UPHOLD: _to(State.ASSIGNED, State.APPEALED),
    Move.DISMISS: _to(State.CLOSED, State.APPEALED),
    Move.OPEN_SUB_CASE: {state: state for state in LOOKED_INTO},
    Move.TAKE_BACK: {state: state for state in LOOKED_INTO},
    Move.CONFIDE: {state: state for state in (*UNDER_WAY, State.ANSWERED, State.CLOSED)},
    Move.LINK: {state: state for state in (*OPEN, State.ANSWERED, State.CLOSED, State.MERGED)},
    Move.MERGE: _to(State.MERGED, *WORKED_ON),
    # Restores what was before; no table can say what that is.
    Move.UNMERGE: _to(State.MERGED, State.MERGED),
    Move.ANSWER_TOGETHER: _to(State.ANSWERED, State.MERGED),
    Move.DECLINE_TOGETHER: _to(State.DECLINED, State.MERGED),
    Move.ACCEPT_TOGETHER: _to(State.ACCEPTED, State.MERGED),
    Move.REJECT_TOGETHER: _to(State.REJECTED, State.MERGED),
    # Moves nothing: officials write to one another while it can still become work.
    Move.NOTE: {state: state for state in (*OPEN, State.ANSWERED, State.CLOSED, State.ACCEPTED)},
    # What ended it here may have crossed with a withdrawal; for the citizen, whose wish it is, it is withdrawn.
    Move.WITHDRAW: _to(State.WITHDRAWN, State.EXPECTED, State.ANSWERED, State.DECLINED, State.MERGED, *OPEN),
    Move.CLOSE: _to(State.CLOSED, State.ANSWERED),
}


def target(state: State, move: Move) -> State | None:
    """Where a move leads from a state; None where it is not possible."""
    return TRANSITIONS[move].get(state)
