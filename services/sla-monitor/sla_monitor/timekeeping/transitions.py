"""The effect of a fact on a clock, by the clock's state. A pair that is missing here changes nothing."""

from enum import StrEnum

from sla_monitor.timekeeping.custody import State


class Step(StrEnum):
    NOTE = "note"
    TRIAGE = "triage"  # the central office's own part begins, or is known to everybody now
    HAND_OVER = "hand over"  # another custodian, with an own target
    APPEAL = "appeal"  # the central office has it, with a target of its own
    DECIDE = "decide"  # the appeal that it has
    RESTART = "restart"  # the same custodian begins anew
    REJUDGE = "rejudge"  # another policy may hold, from the same beginning
    EXTEND = "extend"  # an interim reply: more time, where the policy gives any
    PAUSE = "pause"
    ASK_WITHHELD = "ask what was withheld"  # a pause from now on, where a question waits for its author to be reached
    ASK_AGAIN = "ask again"  # the newest question is the open one; the waiting goes on
    RESUME = "resume"
    MEET = "meet"
    STOP = "stop"
    MERGE = "merge"
    UNMERGE = "unmerge"


_OPEN = (State.ARMED, State.RUNNING, State.PAUSED)
_WITH_CUSTODIAN = (State.RUNNING, State.PAUSED)
_ENDED = (State.MET, State.STOPPED)

TRANSITIONS: dict[str, dict[State, Step]] = {
    "SubmissionReceived": {},
    "SubCaseReceived": {},
    "SubCaseTakenBack": dict.fromkeys(_OPEN, Step.STOP),
    "TriageRequested": dict.fromkeys(_OPEN, Step.TRIAGE),
    "SubmissionAssigned": dict.fromkeys(_OPEN, Step.HAND_OVER),
    "SubmissionTransferred": dict.fromkeys(_OPEN, Step.HAND_OVER),
    "AssignmentAcknowledged": {},
    "InterimReplyGiven": dict.fromkeys(_WITH_CUSTODIAN, Step.EXTEND),
    "SubmissionRecategorised": dict.fromkeys(_OPEN, Step.REJUDGE),
    "PriorityChanged": dict.fromkeys(_OPEN, Step.REJUDGE),
    "InformationRequested": {State.RUNNING: Step.PAUSE, State.PAUSED: Step.ASK_AGAIN},
    "AuthorConfirmed": {State.RUNNING: Step.ASK_WITHHELD},
    "InformationAdded": {State.PAUSED: Step.RESUME},
    "SubmissionAnswered": dict.fromkeys(_OPEN, Step.MEET),
    "SubmissionDeclined": dict.fromkeys(_OPEN, Step.MEET),
    "SuggestionDecided": dict.fromkeys(_WITH_CUSTODIAN, Step.MEET),
    "SuggestionImplemented": {},
    "SubmissionWithdrawn": dict.fromkeys((*_OPEN, State.MERGED), Step.STOP),
    "SubmissionClosed": dict.fromkeys((*_OPEN, State.MERGED), Step.STOP),
    "SubmissionMerged": dict.fromkeys(_OPEN, Step.MERGE),
    "SubmissionUnmerged": {State.MERGED: Step.UNMERGE},
    # Merged, it was answered with another one, whose clock that met; reopened, it is one of its own.
    "SubmissionReopened": dict.fromkeys((*_ENDED, State.MERGED), Step.RESTART),
    "SubmissionRated": {},
    "AppealFiled": dict.fromkeys((*_ENDED, State.MERGED), Step.APPEAL),
    "AppealDecided": dict.fromkeys((*_ENDED, State.MERGED), Step.RESTART) | dict.fromkeys(_WITH_CUSTODIAN, Step.DECIDE),
    "OfficialPutInCharge": {},
    "ConfidentialityChanged": {},
}


def step(state: State, fact_type: str) -> Step:
    return TRANSITIONS.get(fact_type, {}).get(state, Step.NOTE)
