"""The transitions of which the notifier says that they can happen are those that their owners allow."""

from intake.submissions.life import COMMANDS, FACTS, Status
from notifier.cases.transitions import POSSIBLE, STATES
from router.cases.life import State
from sla_monitor.timekeeping.custody import State as ClockState


def test_the_notifiers_transitions_are_those_of_the_lives_that_their_owners_keep() -> None:
    closed: set[tuple[str, str]] = set(COMMANDS["close"].items()) | set(FACTS["AppealDecided:dismissed"].items())
    allowed: dict[str, set[tuple[str, str]]] = {
        "AttachmentsAdded": set(COMMANDS["attach"].items()),
        "SubmissionReopened": set(COMMANDS["reopen"].items()),
        "AppealDecided": set(FACTS["AppealDecided:upheld"].items()) | set(FACTS["AppealDecided:dismissed"].items()),
        # Whoever rates what has closed by itself closes it once more.
        "SubmissionClosed": closed | {("closed", "closed")},
    }
    assert {event: set(transitions) for event, transitions in POSSIBLE.items()} == {
        event: {(str(before), str(after)) for before, after in transitions} for event, transitions in allowed.items()
    }


def test_the_states_that_the_table_may_name_are_those_that_events_carry() -> None:
    inside = {State.EXPECTED, ClockState.ARMED}
    """Seen by nobody: no event carries them."""
    published = {str(state) for states in (Status, State, ClockState) for state in states if state not in inside}
    assert set(STATES) == published
