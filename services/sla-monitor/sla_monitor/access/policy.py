"""Decides which entities' cases and figures a caller may see."""

from shared.events.model import Role
from shared.http.auth import Caller

from sla_monitor.access.errors import NotAllowed

SEE_ALL_ENTITIES = (Role.CENTRAL, Role.AUDITOR)


def sees_all_entities(caller: Caller) -> bool:
    return caller.has(*SEE_ALL_ENTITIES)


def require_entity(caller: Caller, entity: str | None) -> None:
    """Let an entity's officials, the central office and auditors pass. Raises NotAllowed for everybody else."""
    if not sees_all_entities(caller) and not caller.acts_for(entity):
        raise NotAllowed("entity")


def own_entity(caller: Caller) -> str:
    """Return the entity that the caller acts for. Raises NotAllowed where there is none."""
    if caller.entity is None:
        raise NotAllowed("entity")
    return caller.entity
