"""The case that an endpoint is asked for, where the caller may read it."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from shared.http.auth import SignedIn
from shared.storage.aggregates import StoredAggregate

from router.access.policy import NotVisible, check_may_read
from router.cases.model import Assignment
from router.http.dependencies import TheAssignments, TheOffice


async def readable(
    id: UUID, caller: SignedIn, assignments: TheAssignments, office: TheOffice
) -> tuple[StoredAggregate[Assignment], Assignment]:
    """Read the case that is asked for, with its state. Raises NotVisible and AccessDenied."""
    aggregate = await assignments.find(str(id))
    if aggregate is None or aggregate.state is None or not aggregate.state.is_anyones:
        raise NotVisible
    check_may_read(caller, aggregate.state, office)
    return aggregate, aggregate.state


Readable = Annotated[tuple[StoredAggregate[Assignment], Assignment], Depends(readable)]
