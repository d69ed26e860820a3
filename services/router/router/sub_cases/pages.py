"""The parts of a submission as its page shows them: who does them, where they stand, what they were asked and say."""

from dataclasses import dataclass
from datetime import datetime

from shared.web.catalogues import N_

from router.cases.life import OPEN, State
from router.cases.model import Assignment
from router.cases.store import Assignments
from router.cases.visibility import Visibility
from router.desk.view import DueShown, Reader, due_shown, named
from router.http.words import STATES
from router.sub_cases.queries import with_sub_cases

TAKEN_BACK = (N_("Taken back"), "ended")


@dataclass(frozen=True)
class PartShown:
    """`answer` is absent until it is there. `of` is the reference number of the submission that it is a part of."""

    number: int
    of: str
    reference: str
    entity: str
    state: tuple[str, str]
    due: DueShown | None
    question: str
    asked_by: str
    asked_at: datetime
    answer: str | None
    answered_by: str
    is_open: bool


async def parts_of(
    id: str, assignment: Assignment, seen: Visibility, assignments: Assignments, reader: Reader
) -> list[PartShown]:
    """Its own, and those of what was merged into it."""
    own = await assignments.sub_cases_of([id] if assignment.sub_cases else [])
    merged = await assignments.shown_beside(assignment.duplicates or ())
    others = await assignments.sub_cases_of(with_sub_cases(merged.values(), seen))
    return [_shown(part.state, reader) for part in assignments.read_each([*own, *others]) if part.state is not None]


def _shown(part: Assignment, reader: Reader) -> PartShown:
    assert part.parent is not None
    assert part.submission is not None
    said = next((entry for entry in reversed(part.history) if entry.what == "SubmissionAnswered"), None)
    is_open = part.state in OPEN
    return PartShown(
        number=part.parent.number,
        of=part.parent.reference,
        reference=part.submission.reference,
        entity=reader.names.entity(part.entity),
        state=STATES[part.state] if part.state is not State.WITHDRAWN else TAKEN_BACK,
        due=due_shown(part, reader) if is_open else None,
        question=part.parent.question,
        asked_by=named(part.parent.official, reader),
        asked_at=part.submission.received_at,
        answer=said.why if said is not None else None,
        answered_by=named(said.who, reader) if said is not None else "",
        is_open=is_open,
    )
