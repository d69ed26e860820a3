"""Who may see and do what: an official within the own entity, the central office everywhere it must."""

from shared.auth import Caller, refuse
from shared.events.model import Role

from router.domain.assignment import Assignment
from router.domain.life import Move

READERS_OF_ALL = (Role.CENTRAL, Role.AUDITOR)
FOR_CENTRAL_ALONE = (Move.TRIAGE, Move.UPHOLD, Move.DISMISS)


def entity_listed(caller: Caller) -> str | None:
    """The entity whose assignments the caller sees; None for all. Raises a counted 403."""
    if caller.has(*READERS_OF_ALL):
        return None
    if not caller.acts_for(caller.entity):
        raise refuse("role")
    return caller.entity


def check_may_read(caller: Caller, assignment: Assignment) -> None:
    if not caller.has(*READERS_OF_ALL) and not caller.acts_for(assignment.entity):
        raise refuse("entity")


def by_what_right(caller: Caller, entity: str | None) -> str:
    """Why the caller may see what an entity has, for the audit trail."""
    if caller.acts_for(entity):
        return "custodian"
    return "central office" if caller.has(Role.CENTRAL) else "auditor"


def check_may(caller: Caller, move: Move, assignment: Assignment) -> None:
    """Triage and appeals are the central role's alone, and it may transfer anything; all else is the custodian's."""
    if move in FOR_CENTRAL_ALONE:
        if not caller.has(Role.CENTRAL):
            raise refuse("role")
        return
    if caller.has(Role.CENTRAL) and (move is Move.TRANSFER or caller.entity == assignment.entity):
        return
    if not caller.acts_for(assignment.entity):
        raise refuse("entity")
