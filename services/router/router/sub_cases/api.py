"""Parts of a submission that other entities do: opened, taken back, answered to those who asked for them."""

from collections.abc import Callable, Iterable, Sequence

from fastapi import APIRouter
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import version_differs
from shared.storage.aggregates import Decision, Pair, StoredAggregate

from router.access.policy import visibility_of
from router.cases.life import OPEN, Move
from router.cases.model import Assignment
from router.cases.store import Assignments
from router.cases.visibility import Visibility
from router.casework.api import AtDesk, Desk
from router.casework.command_models import OpenSubCase, TakeBack
from router.http.models import Done
from router.http.problems import enough_sub_cases, same_entity, sub_cases_open, unknown_entity
from router.sub_cases import decisions as sub_cases

router = APIRouter(
    prefix="/assignments/{id}", tags=["officials' work"], responses=refusals(401, 403, 404, 409, 412, 422, 503)
)


@router.post("/sub-cases", openapi_extra=ONCE)
async def open_sub_case(body: JsonBody[OpenSubCase], desk: AtDesk) -> Done:
    """Ask another entity to do a part. It has a case of its own, with a time of its own; yours goes on."""
    directory = desk.directory()
    stored = await desk.assignments.find(desk.id)
    number = stored.state.sub_cases + 1 if stored is not None and stored.state is not None else 1

    def decide(before: Assignment, part: Assignment | None) -> Pair[Assignment]:
        if not directory.routing.serves(body.entity):
            raise unknown_entity(body.entity)
        if body.entity == before.entity:
            raise same_entity()
        if before.sub_cases >= sub_cases.MOST_SUB_CASES:
            raise enough_sub_cases(sub_cases.MOST_SUB_CASES)
        if before.sub_cases + 1 != number:
            raise version_differs()
        return sub_cases.open_sub_case(
            desk.id, before, body.entity, body.question, desk.official, directory.version, desk.now
        )

    return await desk.carry_out_both(Move.OPEN_SUB_CASE, sub_cases.id_of(desk.id, number), decide)


@router.post("/take-back", openapi_extra=ONCE)
async def take_back(body: JsonBody[TakeBack], desk: AtDesk) -> Done:
    """Wait for a part no more: its case ends."""

    def decide(before: Assignment, part: Assignment | None) -> Pair[Assignment]:
        return sub_cases.take_back(desk.id, before, part, body.reason, desk.official, desk.now)

    return await desk.carry_out_both(Move.TAKE_BACK, sub_cases.id_of(desk.id, body.number), decide)


async def finish(
    desk: Desk,
    move: Move,
    despite: str | None,
    decide: Callable[[Assignment], Decision[Assignment]],
) -> Done:
    """What its author, or of a part those who asked for it, read as the end. Raises Problem 422 while parts of it,
    or of what was merged into it, are open, as far as the official may know of them, and nobody said why that is no
    matter."""
    state = await desk.stored()
    if state is not None and state.parent is not None:

        def decide_both(before: Assignment, parent: Assignment | None) -> Pair[Assignment]:
            decision = decide(before)
            said = decision.state.history[-1].why or ""
            return decision, sub_cases.closed(parent, before, said, desk.official, desk.now)

        return await desk.carry_out_both(move, state.parent.id, decide_both)
    duplicates = (state.duplicates if state is not None else None) or ()
    seen = visibility_of(desk.caller, desk.office)
    references = await _open_parts_of_duplicates(duplicates, seen, desk.assignments)

    def decided(before: Assignment) -> Decision[Assignment]:
        if (before.duplicates or ()) != duplicates:
            raise version_differs()
        left = [*_open_parts(before), *references]
        if not left:
            return decide(before)
        if despite is None:
            raise sub_cases_open(left)
        return decide(before.noted("SubCasesLeftOpen", desk.official, desk.now, despite))

    return await desk.carry_out(move, decided)


def _open_parts(parent: Assignment) -> list[str]:
    """Their reference numbers."""
    assert parent.submission is not None
    return [sub_cases.reference_of(parent.submission.reference, number) for number in parent.open_sub_cases or ()]


async def _open_parts_of_duplicates(ids: Sequence[str], seen: Visibility, assignments: Assignments) -> list[str]:
    """The reference numbers of those. Where one of them cannot be read it is not known, and nothing is done."""
    merged = await assignments.load(ids) if ids else {}
    stored = await assignments.sub_cases_of(having_parts(merged.values(), seen))
    parts = [assignments.read_brief(document).state for document in stored]
    return [part.submission.reference for part in parts if part and part.submission and part.state in OPEN]


def having_parts(merged: Iterable[StoredAggregate[Assignment]], seen: Visibility) -> list[str]:
    """Those of what was merged into another one that have parts, as far as they are not confidential to others."""
    return [each.id for each in merged if each.state and each.state.sub_cases and seen.is_confided(each.state)]
