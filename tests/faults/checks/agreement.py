"""Assigned once per custodianship, one deadline, and all services of one mind about where each submission stands."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from shared.events.topics import ASSIGNMENTS, DEADLINES, SUBMISSIONS

from tests.faults.checks import Difference
from tests.faults.ledger import Document, Fate
from tests.faults.observed import Record, World

SAME: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "in_triage": (frozenset({"received", "reopened"}), frozenset({"running"})),
    "assigned": (frozenset({"assigned"}), frozenset({"running"})),
    "acknowledged": (frozenset({"in_progress"}), frozenset({"running"})),
    "awaiting_citizen": (frozenset({"awaiting_citizen"}), frozenset({"paused"})),
    "answered": (frozenset({"answered"}), frozenset({"met"})),
    "closed": (frozenset({"closed"}), frozenset({"met"})),
    # The central office decides an appeal within a time of its own.
    "appealed": (frozenset({"appealed"}), frozenset({"running"})),
    "declined": (frozenset({"declined"}), frozenset({"met"})),
    "evaluating": (frozenset({"evaluating"}), frozenset({"running"})),
    "accepted": (frozenset({"accepted"}), frozenset({"met"})),
    "rejected": (frozenset({"rejected"}), frozenset({"met"})),
    "implemented": (frozenset({"implemented"}), frozenset({"met"})),
    # An answer and a withdrawal may cross: for the clock the answer came first, for the citizen it is withdrawn.
    "withdrawn": (frozenset({"withdrawn"}), frozenset({"stopped", "met"})),
}
"""By the router's state: what intake and the clock call the same."""

UNREACHED = frozenset({"awaited", "refused"})
"""Confirmations of an author whom no question reaches: it stops no clock."""

BEFORE_AN_ASSIGNMENT: Mapping[str | None, frozenset[str]] = {
    "in_triage": frozenset({"TriageRequested"}),
    "transferred": frozenset({"SubmissionTransferred"}),
}
"""By the state an assignment left: the event just before it that opened this custodianship."""


def everything_acknowledged_is_assigned(world: World) -> Iterator[Difference]:
    """Once per custodianship: at the beginning, after triage, after each transfer, after each reopening."""
    assignments, submissions = world.events_by_key(ASSIGNMENTS), world.events_by_key(SUBMISSIONS)
    for filed in world.ledger.filed:
        if filed.fate is Fate.ACKNOWLEDGED and filed.submission not in world.assignments:
            yield Difference("not in the router", filed.submission, filed.reference)
    for id, document in world.assignments.items():
        events = assignments.get(id, [])
        yield from _custodianships(id, events, submissions.get(id, []))
        begun = [event.data["entity"] for event in events if event.type in ("SubmissionAssigned", "TriageRequested")]
        held = [custodian["entity"] for custodian in document["state"]["custodians"]]
        if begun != held:
            yield Difference("custodians", id, f"events say {begun}, the router {held}")


def _custodianships(id: str, events: list[Record], of_citizen: list[Record]) -> Iterator[Difference]:
    begun = [event for event in events if event.type in ("SubmissionAssigned", "TriageRequested")]
    first = [event for event in begun if event.data.get("from_state") is None]
    if len(first) != 1 or first[0].sequence != 1:
        yield Difference("assigned not once", id, f"{len(first)} beginnings, {[event.type for event in events]}")
    for before, event in pairwise(events):
        opened_by = BEFORE_AN_ASSIGNMENT.get(event.data.get("from_state"))
        if event.type == "SubmissionAssigned" and opened_by is not None and before.type not in opened_by:
            yield Difference("assigned not once", id, f"{event.type} {event.sequence} after {before.type}")
    transfers = sum(event.type == "SubmissionTransferred" for event in events)
    after_transfer = sum(event.data.get("from_state") == "transferred" for event in begun)
    if transfers != after_transfer:
        yield Difference("assigned not once", id, f"{transfers} transfers, {after_transfer} assignments after one")
    reopenings = sum(event.type == "SubmissionReopened" for event in of_citizen)
    after_reopening = sum(event.data.get("from_state") == "reopened" for event in begun)
    if reopenings != after_reopening:
        yield Difference("assigned not once", id, f"{reopenings} reopenings, {after_reopening} assignments after one")


def deadlines_are_set_once(world: World) -> Iterator[Difference]:
    """Exactly one; none where it was withdrawn before anyone had it, for then nobody was told of a deadline."""
    deadlines = world.events_by_key(DEADLINES)
    for id in world.assignments:
        number = sum(event.type == "DeadlineSet" for event in deadlines.get(id, ()))
        state = world.submissions.get(id, {}).get("state", {}).get("status")
        if number != 1 and not (number == 0 and state == "withdrawn"):
            yield Difference("DeadlineSet", id, f"{number} times, the submission is {state}")


def all_are_of_one_mind(world: World) -> Iterator[Difference]:
    for id, assignment in world.assignments.items():
        submission, clock = world.submissions.get(id), world.clocks.get(id)
        if submission is None or clock is None:
            yield Difference("known to some", id, f"in intake: {submission is not None}, clock: {clock is not None}")
            continue
        yield from of_one_mind(id, assignment["state"], submission["state"], clock["state"])
    for id in world.submissions.keys() - world.assignments.keys():
        yield Difference("known to some", id, "not in the router")


def of_one_mind(id: str, assignment: Document, submission: Document, clock: Document) -> Iterator[Difference]:
    state, status = assignment["state"], submission["status"]
    standing = clock.get("standing") or {}
    statuses, clocks = SAME.get(state, (frozenset(), frozenset()))
    if state == "awaiting_citizen" and submission.get("confirmation") in UNREACHED:
        clocks = frozenset({"running"})
    if status not in statuses or standing.get("state") not in clocks:
        what = f"router {state}, intake {status}, clock {standing.get('state')}"
        yield Difference("of different minds", id, what)
    if state not in ("withdrawn", "in_triage") and assignment["entity"] != submission["entity"]:
        yield Difference("different custodians", id, f"router {assignment['entity']}, intake {submission['entity']}")
    due = (assignment.get("due") or {}).get("at")
    if due != submission.get("due_at"):
        yield Difference("different due times", id, f"router {due}, intake {submission.get('due_at')}")
    asked, shown = (assignment.get("question") or {}).get("id"), (submission.get("question") or {}).get("id")
    if asked != shown:
        yield Difference("different questions", id, f"router {asked}, intake {shown}")
