"""Commands that decide which entity has a case: placed by the central office, or transferred by its custodian."""

from shared.events.model import Role
from shared.storage.aggregates import Decision, Pair

from router.access.policy import NotVisible
from router.cases.life import Move, State, target
from router.cases.model import Assignment
from router.casework import decisions
from router.casework.case_command import CaseCommand, CommandResult, Decide
from router.casework.command_models import Transfer, Triage
from router.casework.errors import AskingEntity, SameEntity, UnknownCategory, UnknownEntity
from router.sub_cases import decisions as sub_cases


async def triage(at: CaseCommand, sent: Triage) -> CommandResult:
    """Give the case to the entity that the central office names."""
    directory = at.directory
    category = directory.routing.leaf(sent.category)

    def decide(before: Assignment) -> Decision[Assignment]:
        if not directory.routing.serves(sent.entity):
            raise UnknownEntity(sent.entity)
        if sent.category is not None and category is None:
            raise UnknownCategory(sent.category)
        return decisions.triage(
            at.id, before, sent.entity, category, sent.reason, at.official, directory.version, at.now
        )

    return await _place(at, Move.TRIAGE, sent.reason, decide)


async def transfer(at: CaseCommand, sent: Transfer) -> CommandResult:
    """Move the case on. In place of a third transfer by entities the central office gets it, which may always
    transfer."""
    directory = at.directory
    is_central = at.caller.has(Role.CENTRAL)

    def decide(before: Assignment) -> Decision[Assignment]:
        if not directory.routing.serves(sent.entity):
            raise UnknownEntity(sent.entity)
        if sent.entity == before.entity:
            raise SameEntity
        if before.transfers >= decisions.MOST_TRANSFERS and not is_central and target(before.state, Move.GIVE_UP):
            central = directory.routing.central
            return decisions.give_up(
                at.id, before, central, sent.entity, sent.reason, at.official, directory.version, at.now
            )
        return decisions.transfer(at.id, before, sent.entity, sent.reason, at.official, directory.version, at.now)

    return await _place(at, Move.TRANSFER, sent.reason, decide)


async def _place(at: CaseCommand, move: Move, reason: str, decide: Decide) -> CommandResult:
    """For a sub-case, note the move in the parent case in the same transaction."""
    parent_id = await at.parent_id()
    if parent_id is None:
        return await at.carry_out(move, decide)

    def decide_both(before: Assignment, parent: Assignment | None) -> Pair[Assignment]:
        if parent is None:
            raise NotVisible
        decision = decide(before)
        if decision.state.state is State.ASSIGNED and decision.state.entity == parent.entity:
            raise AskingEntity
        moved = sub_cases.moved_on(parent, before, decision.state, reason, at.official, at.now)
        return sub_cases.handed_over(at.id, decision, parent, at.official), moved

    return await at.carry_out_both(move, parent_id, decide_both)
