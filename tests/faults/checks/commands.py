"""Checks that an acknowledged command has its effect once, and a refused one has none."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from shared.events.topics import ASSIGNMENTS, SUBMISSIONS

from tests.faults.checks import Difference
from tests.faults.ledger import Fate, LedgerEntry
from tests.faults.observed import Record, World, marks_of

EFFECT: Mapping[str, str] = {
    "intake/file": "SubmissionReceived",
    "intake/information": "InformationAdded",
    "intake/withdraw": "SubmissionWithdrawn",
    "intake/rating": "SubmissionRated",
    "intake/reopen": "SubmissionReopened",
    "router/triage": "SubmissionAssigned",
    "router/acknowledge": "AssignmentAcknowledged",
    "router/question": "InformationRequested",
    "router/answer": "SubmissionAnswered",
    "router/decline": "SubmissionDeclined",
    "router/transfer": "SubmissionTransferred",
}
"""The event that each action leads to."""

FOLLOWED_BY: Mapping[str, str] = {"router/transfer": "SubmissionAssigned", "intake/rating": "SubmissionClosed"}
"""Other events of the same write."""

ONLY_CROSSED = frozenset({409})
"""How a request of this load may be refused: another act was quicker. Any other refusal is not its author's fault."""


def effects_are_there_once(world: World) -> Iterator[Difference]:
    """Each marked text stands in exactly one event of the right type and submission."""
    by_mark: dict[str, list[Record]] = defaultdict(list)
    for event in world.events(SUBMISSIONS, ASSIGNMENTS):
        for mark in marks_of(event):
            by_mark[mark].append(event)
    for asked in _all(world):
        if asked.mark is None:
            continue
        found = [event for event in by_mark[asked.mark] if event.type == EFFECT[asked.action]]
        least, most = _bounds(asked)
        if not least <= len(found) <= most:
            what = f"{asked.fate} after {asked.attempts} attempts, in {len(found)} events"
            yield Difference("effect of a command", f"{asked.action} {asked.submission} {asked.mark}", what)
        for event in found:
            if asked.submission and event.key != asked.submission:
                yield Difference("effect elsewhere", f"{asked.action} {asked.submission}", f"in {event.key}")


def acknowledgements_are_counted(world: World) -> Iterator[Difference]:
    """A bare acknowledgement carries no text: there are as many events as were acknowledged."""
    said = Counter(e.key for e in world.events(ASSIGNMENTS) if e.type == "AssignmentAcknowledged")
    least: Counter[str] = Counter()
    most: Counter[str] = Counter()
    for asked in world.ledger.commands:
        if asked.action == "router/acknowledge":
            bounds = _bounds(asked)
            least[asked.submission] += bounds[0]
            most[asked.submission] += bounds[1]
    for id in said.keys() | most.keys():
        if not least[id] <= said[id] <= most[id]:
            yield Difference("effect of a command", f"router/acknowledge {id}", f"{said[id]} events for {least[id]}")


def answers_are_true(world: World) -> Iterator[Difference]:
    """The same key got the same answer, a receipt names what is there, and nobody was refused without a reason."""
    by_id = world.submissions
    for asked in _all(world):
        about = f"{asked.action} {asked.submission}"
        if asked.other_answers:
            yield Difference("another answer to the same key", about, f"{asked.answer} and {asked.other_answers[0]}")
        if asked.fate is Fate.REFUSED and asked.statuses and asked.statuses[-1] not in ONLY_CROSSED:
            yield Difference("refused", about, f"{asked.statuses}: {asked.answer.get('detail') or asked.answer}")
        if 500 in asked.statuses:
            yield Difference("answered 500", about, f"{asked.statuses}")
    for filed in world.ledger.filed:
        if filed.fate is not Fate.ACKNOWLEDGED:
            continue
        stored = by_id.get(filed.submission)
        if stored is None:
            yield Difference("submission lost", filed.submission, f"acknowledged as {filed.reference}")
        elif stored["state"]["reference"] != filed.reference:
            yield Difference("another reference", filed.submission, f"{filed.reference} was acknowledged")


def questions_keep_their_ids(world: World) -> Iterator[Difference]:
    """The id that the official was told is the one in the event."""
    asked_by_id = {e.data["question_id"]: e for e in world.events(ASSIGNMENTS) if e.type == "InformationRequested"}
    for asked in world.ledger.commands:
        if asked.action == "router/question" and asked.fate is Fate.ACKNOWLEDGED:
            event = asked_by_id.get(str(asked.answer.get("question_id")))
            if event is None or asked.mark not in marks_of(event):
                yield Difference("question id", asked.submission, f"{asked.answer.get('question_id')} is in no event")


def nothing_came_from_nowhere(world: World) -> Iterator[Difference]:
    marks = {filed.mark for filed in world.ledger.filed}
    for event in world.events(SUBMISSIONS):
        if event.type == "SubmissionReceived" and not marks.intersection(marks_of(event)):
            yield Difference("submission of nobody", event.key, event.data["reference"])


def _bounds(asked: LedgerEntry) -> tuple[int, int]:
    """The least and the most effects there may be."""
    if asked.fate is Fate.ACKNOWLEDGED:
        return 1, 1
    return 0, int(asked.may_have_happened)


def _all(world: World) -> Iterator[LedgerEntry]:
    yield from world.ledger.filed
    yield from world.ledger.commands
