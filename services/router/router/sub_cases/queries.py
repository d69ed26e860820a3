"""Questions about a case and its sub-cases, or its parent, that pages and endpoints ask."""

from collections.abc import Iterable

from shared.storage.aggregates import StoredAggregate

from router.cases.model import Assignment
from router.cases.store import Assignments
from router.cases.visibility import Visibility


async def parent_of(assignment: Assignment, assignments: Assignments) -> StoredAggregate[Assignment] | None:
    """Read the case that this sub-case is a part of; None for a case of its own."""
    return await assignments.find(assignment.parent.id) if assignment.parent is not None else None


def with_authors_additions(assignment: Assignment, parent: StoredAggregate[Assignment] | None) -> Assignment:
    """Add to a sub-case what the author added to its parent; every other case stays as it is."""
    return assignment if parent is None or parent.state is None else assignment.with_its_authors(parent.state)


def with_sub_cases(merged: Iterable[StoredAggregate[Assignment]], visibility: Visibility) -> list[str]:
    """Return the ids of those merged cases that have sub-cases and are not confidential to others."""
    return [each.id for each in merged if each.state and each.state.sub_cases and visibility.is_confided(each.state)]
