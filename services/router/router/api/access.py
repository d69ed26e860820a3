"""Who may see and do what: an official within the own entity, the central office everywhere it must."""

from shared.auth import Caller, refuse
from shared.events.model import Role

from router.domain.assignment import Assignment
from router.domain.life import Move, target

READERS_OF_ALL = (Role.CENTRAL, Role.AUDITOR)
FOR_CENTRAL_ALONE = (Move.TRIAGE, Move.UPHOLD, Move.DISMISS)
FOR_CENTRAL_TOO = (Move.TRANSFER, Move.NOTE)
LEADERS = (Role.SUPERVISOR, Role.HEAD, *READERS_OF_ALL)
"""They see how much there is to do, not only what."""

COMMANDS = (*FOR_CENTRAL_ALONE, Move.ACKNOWLEDGE, Move.ANSWER, Move.ASK, Move.TRANSFER, Move.DECLINE, Move.NOTE)
"""What officials do."""


def entity_listed(caller: Caller) -> str | None:
    """The entity whose assignments the caller sees; None for all. Raises a counted 403."""
    if caller.has(*READERS_OF_ALL):
        return None
    if not caller.acts_for(caller.entity):
        raise refuse("role")
    return caller.entity


def has_desk(caller: Caller) -> bool:
    """Whether there is anything that the caller may see."""
    return caller.has(*READERS_OF_ALL) or caller.acts_for(caller.entity)


def may_read(caller: Caller, assignment: Assignment) -> bool:
    return caller.has(*READERS_OF_ALL) or caller.acts_for(assignment.entity)


def check_may_read(caller: Caller, assignment: Assignment) -> None:
    if not may_read(caller, assignment):
        raise refuse("entity")


def by_what_right(caller: Caller, entity: str | None) -> str:
    """Why the caller may see what an entity has, for the audit trail."""
    if caller.acts_for(entity):
        return "custodian"
    return "central office" if caller.has(Role.CENTRAL) else "auditor"


def check_may(caller: Caller, move: Move, assignment: Assignment) -> None:
    """Raises a counted 403 where `hindrance` names one."""
    reason = hindrance(caller, move, assignment)
    if reason is not None:
        raise refuse(reason)


def hindrance(caller: Caller, move: Move, assignment: Assignment) -> str | None:
    """Triage and appeals are the central role's alone; it may also transfer and note anything. All else is the
    custodian's."""
    if move in FOR_CENTRAL_ALONE:
        return None if caller.has(Role.CENTRAL) else "role"
    if caller.has(Role.CENTRAL) and (move in FOR_CENTRAL_TOO or caller.entity == assignment.entity):
        return None
    return None if caller.acts_for(assignment.entity) else "entity"


def possible(caller: Caller, assignment: Assignment) -> list[Move]:
    """What this official can do with it now: by the table, and by who they are."""
    return [
        move
        for move in COMMANDS
        if target(assignment.state, move) is not None and hindrance(caller, move, assignment) is None
    ]
