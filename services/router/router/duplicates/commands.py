"""Commands that merge and link cases. Each changes two cases in one transaction and raises a Refusal."""

from shared.storage.aggregates import Pair

from router.access.policy import may_read
from router.cases.life import Move
from router.cases.model import Assignment
from router.casework.case_command import CaseCommand, CommandResult
from router.casework.errors import UnknownReference
from router.duplicates import decisions
from router.duplicates.command_models import LinkWith, MergeInto, Unmerge

NO_CASE = "nobody"
"""An id that no case has: the decision then finds nothing beside it."""


async def merge(at: CaseCommand, sent: MergeInto) -> CommandResult:
    other = await _readable_id(at, sent.reference)

    def decide(before: Assignment, parent: Assignment | None) -> Pair[Assignment]:
        return decisions.merge(at.id, before, other, _existing(parent), sent.reason, at.official, at.now)

    return await at.carry_out_both(Move.MERGE, other, decide)


async def unmerge(at: CaseCommand, sent: Unmerge) -> CommandResult:
    stored = await at.stored()
    merged = stored.merged if stored else None

    def decide(before: Assignment, parent: Assignment | None) -> Pair[Assignment]:
        return decisions.unmerge(at.id, before, parent, sent.reason, at.official, at.now)

    return await at.carry_out_both(Move.UNMERGE, merged.parent if merged else NO_CASE, decide)


async def link(at: CaseCommand, sent: LinkWith) -> CommandResult:
    other = await _readable_id(at, sent.reference)

    def decide(before: Assignment, beside: Assignment | None) -> Pair[Assignment]:
        return decisions.link(at.id, before, other, _existing(beside), at.official, at.now)

    return await at.carry_out_both(Move.LINK, other, decide)


async def unlink(at: CaseCommand, sent: LinkWith) -> CommandResult:
    other = await _readable_id(at, sent.reference)

    def decide(before: Assignment, beside: Assignment | None) -> Pair[Assignment]:
        return decisions.unlink(at.id, before, other, _existing(beside), at.official, at.now)

    return await at.carry_out_both(Move.LINK, other, decide)


async def _readable_id(at: CaseCommand, reference: str) -> str:
    """Return the id of another case that the official may read. Raises UnknownReference."""
    other = await at.assignments.by_reference(reference.strip().upper())
    state = other.state if other is not None else None
    if other is None or state is None or not state.is_anyones or not may_read(at.caller, state, at.office):
        raise UnknownReference
    return other.id


def _existing(beside: Assignment | None) -> Assignment:
    if beside is None:
        raise UnknownReference
    return beside
