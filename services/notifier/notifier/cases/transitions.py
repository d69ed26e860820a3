"""Which states there are, and which transitions of an event can happen as far as the table of who is told asks.

The owners of these lives say so in their own tables; `tests/contract/test_who_is_told.py` holds this against them.
"""

from collections.abc import Mapping

Transition = tuple[str, str]

TAKES_FILES = (
    *("received", "assigned", "in_progress", "awaiting_citizen", "reopened", "appealed", "evaluating"),
    "merged",  # what its author adds is read with the one it was merged into
)

POSSIBLE: Mapping[str, frozenset[Transition]] = {
    "AttachmentsAdded": frozenset((state, state) for state in TAKES_FILES),
    "SubmissionClosed": frozenset({("answered", "closed"), ("closed", "closed"), ("appealed", "closed")}),
    "AppealDecided": frozenset({("appealed", "assigned"), ("appealed", "closed")}),
    "SubmissionReopened": frozenset({("answered", "reopened"), ("closed", "reopened")}),
}
"""By event. Another event is told whatever its states are, or has rows for the one state that it leads to."""

OF_SUBMISSIONS = (
    *("received", "assigned", "in_progress", "awaiting_citizen", "answered", "closed", "reopened", "appealed"),
    *("withdrawn", "declined", "merged", "evaluating", "accepted", "rejected", "implemented"),
    *("in_triage", "acknowledged", "transferred"),
)
"""The states of a submission, then the states that only its assignment has."""
STATES = (*OF_SUBMISSIONS, *("running", "paused", "met", "stopped", "unknown"))
"""With those of a clock."""
