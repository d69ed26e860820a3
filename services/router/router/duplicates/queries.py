"""Find cases that may be about the same matter as another one."""

from shared.http.auth import Caller
from shared.reference.working_time import utc_now

from router.access.policy import Office, by_what_right, sees_the_spot, visibility_of
from router.cases.model import Assignment
from router.cases.store import Assignments
from router.casework.case_command import Record
from router.directory.snapshot import Directory
from router.duplicates.likeness import Similar, open_ones, traits_of


def parents_of(directory: Directory | None) -> dict[str, str | None]:
    return {id: category.parent for id, category in directory.categories.items()} if directory else {}


async def similar_for(
    caller: Caller, id: str, assignment: Assignment, office: Office, assignments: Assignments, record: Record
) -> list[Similar]:
    """Return open cases that may be about the same, recorded as listed; none for a sub-case or an erased text."""
    if assignment.submission is None or assignment.erased or assignment.parent is not None:
        return []
    seen, parents = visibility_of(caller, office), parents_of(office.directory)
    of = traits_of(assignment, parents)
    found = await open_ones(assignments, of, utc_now(), parents, seen, besides=_known(id, assignment))
    if found:
        why = by_what_right(caller, seen.entity)
        await record("list", "assignment", [each.id for each in found], why)
    return found if sees_the_spot(caller, assignment) else [each.without_metres() for each in found]


def _known(id: str, assignment: Assignment) -> tuple[str, ...]:
    """Return the ids of the case itself and of those that its page shows already."""
    parent = (assignment.merged.parent,) if assignment.merged else ()
    return (id, *assignment.related, *parent)
