"""Commands on sub-cases: open one, take one back, and end a case that may have some or be one."""

from collections.abc import Sequence

from shared.storage.aggregates import Decision, Pair

from router.access.policy import visibility_of
from router.cases.life import OPEN, Move
from router.cases.model import Assignment
from router.cases.store import Assignments
from router.cases.visibility import Visibility
from router.casework.case_command import CaseCommand, CommandResult, Decide
from router.casework.command_models import OpenSubCase, TakeBack
from router.casework.errors import SameEntity, SubCasesOpen, TooManySubCases, UnknownEntity, VersionDiffers
from router.sub_cases import decisions
from router.sub_cases.queries import with_sub_cases


async def open_sub_case(at: CaseCommand, sent: OpenSubCase) -> CommandResult:
    """Ask another entity to do a part. The number of the new sub-case is in its id, so that it is fixed beforehand and
    VersionDiffers is raised where another one took it meanwhile."""
    directory = at.directory
    stored = await at.stored()
    number = stored.sub_cases + 1 if stored is not None else 1

    def decide(before: Assignment, part: Assignment | None) -> Pair[Assignment]:
        if not directory.routing.serves(sent.entity):
            raise UnknownEntity(sent.entity)
        if sent.entity == before.entity:
            raise SameEntity
        if before.sub_cases >= decisions.MOST_SUB_CASES:
            raise TooManySubCases(decisions.MOST_SUB_CASES)
        if before.sub_cases + 1 != number:
            raise VersionDiffers
        return decisions.open_sub_case(
            at.id, before, sent.entity, sent.question, at.official, directory.version, at.now
        )

    return await at.carry_out_both(Move.OPEN_SUB_CASE, decisions.id_of(at.id, number), decide)


async def take_back(at: CaseCommand, sent: TakeBack) -> CommandResult:
    """Wait for a sub-case no longer: it ends."""

    def decide(before: Assignment, part: Assignment | None) -> Pair[Assignment]:
        return decisions.take_back(at.id, before, part, sent.reason, at.official, at.now)

    return await at.carry_out_both(Move.TAKE_BACK, decisions.id_of(at.id, sent.number), decide)


async def end_case(at: CaseCommand, move: Move, despite: str | None, decide: Decide) -> CommandResult:
    """End a case. A sub-case tells its parent in the same transaction.

    Raises SubCasesOpen while sub-cases of it, or of what was merged into it, are open as far as the official may know
    of them, unless `despite` says why it ends without them.
    """
    state = await at.stored()
    if state is not None and state.parent is not None:

        def decide_both(before: Assignment, parent: Assignment | None) -> Pair[Assignment]:
            decision = decide(before)
            answer = decision.state.history[-1].why or ""
            return decision, decisions.closed(parent, before, answer, at.official, at.now)

        return await at.carry_out_both(move, state.parent.id, decide_both)
    duplicates = (state.duplicates if state is not None else None) or ()
    visibility = visibility_of(at.caller, at.office)
    references = await _open_sub_cases_of_duplicates(duplicates, visibility, at.assignments)

    def decide_checked(before: Assignment) -> Decision[Assignment]:
        if (before.duplicates or ()) != duplicates:
            raise VersionDiffers
        still_open = [*_open_sub_cases(before), *references]
        if not still_open:
            return decide(before)
        if despite is None:
            raise SubCasesOpen(still_open)
        return decide(before.noted("SubCasesLeftOpen", at.official, at.now, despite))

    return await at.carry_out(move, decide_checked)


def _open_sub_cases(parent: Assignment) -> list[str]:
    """Return their reference numbers."""
    assert parent.submission is not None
    return [decisions.reference_of(parent.submission.reference, number) for number in parent.open_sub_cases or ()]


async def _open_sub_cases_of_duplicates(
    ids: Sequence[str], visibility: Visibility, assignments: Assignments
) -> list[str]:
    """Return their reference numbers. Raises where one cannot be read: whether it is open is then not known."""
    merged = await assignments.load(ids) if ids else {}
    stored = await assignments.sub_cases_of(with_sub_cases(merged.values(), visibility))
    parts = [assignments.read_brief(document).state for document in stored]
    return [part.submission.reference for part in parts if part and part.submission and part.state in OPEN]
