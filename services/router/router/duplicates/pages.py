"""`/desk/<reference>/similar`: what may be the same matter, beside it; merging, undoing that, linking."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ValidationError
from shared.http.auth import Caller
from shared.http.problems import Problem, not_found
from shared.privacy.audit import audit_of
from shared.storage.aggregates import StoredAggregate
from shared.web.catalogues import N_
from shared.web.forms import Fields, faults, posted
from shared.web.pages import PRIVATE
from starlette.responses import RedirectResponse, Response

from router.access.policy import as_seen_by, by_what_right, possible
from router.cases.life import Move
from router.cases.model import Assignment
from router.cases.store import Assignments
from router.casework.actions import fingerprint
from router.casework.case_command import CaseCommand, CommandResult
from router.casework.pages import CHANGED, seen_version, the_case
from router.desk.view import Reader, case, desk_page
from router.duplicates import commands
from router.duplicates.command_models import LinkWith, MergeInto, Unmerge
from router.duplicates.related_pages import beside
from router.http.case_requests import command_of_form
from router.http.dependencies import TheAssignments
from router.http.refusals import as_problems
from router.http.sign_in import Official, check_is_here
from router.http.words import CHANNELS, KINDS, LANGUAGES, PRIORITIES

router = APIRouter(include_in_schema=False)

Form = Annotated[dict[str, str], Depends(posted)]

DONE = {
    "merge": N_("Merged. The other submission is worked on for both, and both authors get its answer."),
    "unmerge": N_("Undone. It is again what it was before."),
    "link": N_("Linked. Each shows the other."),
    "unlink": N_("The link is taken away."),
}
BETTER = {
    "reference": N_("Write the reference number of the other submission."),
    "reason": N_("Say why."),
    "reason:string_too_long": N_("The text is too long. At most 4,000 characters fit."),
}


@dataclass(frozen=True)
class Action:
    move: Move
    model: type[BaseModel]
    run: Callable[[CaseCommand, Any], Awaitable[CommandResult]]


ACTIONS = {
    "merge": Action(Move.MERGE, MergeInto, commands.merge),
    "unmerge": Action(Move.UNMERGE, Unmerge, commands.unmerge),
    "link": Action(Move.LINK, LinkWith, commands.link),
    "unlink": Action(Move.LINK, LinkWith, commands.unlink),
}


@router.get("/desk/{reference}/similar")
async def show(
    request: Request,
    reference: str,
    caller: Official,
    assignments: TheAssignments,
    did: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    aggregate, assignment = await the_case(assignments, reference)
    check_is_here(caller, assignment, Reader.of(request).office)
    return await _page(request, caller, assignments, aggregate, assignment, did=did)


@router.post("/desk/{reference}/similar")
async def act(request: Request, reference: str, form: Form, caller: Official, assignments: TheAssignments) -> Response:
    """`do` says what. What is refused comes back with all that was typed."""
    name = form.get("do", "")
    if name not in ACTIONS:
        raise not_found()
    aggregate, assignment = await the_case(assignments, reference)
    check_is_here(caller, assignment, Reader.of(request).office)
    action = ACTIONS[name]
    try:
        sent = action.model.model_validate({field: form.get(field, "") for field in action.model.model_fields})
    except ValidationError as error:
        return await _page(request, caller, assignments, aggregate, assignment, form, faults(error, BETTER), 422)
    seen = seen_version(form, aggregate, assignment)
    at = command_of_form(request, caller, aggregate.id, seen, form, name, fingerprint(sent))
    try:
        with as_problems():
            await action.run(at, sent)
    except Problem as problem:
        aggregate, assignment = await the_case(assignments, reference)
        check_is_here(caller, assignment, Reader.of(request).office)
        return await _page(
            request, caller, assignments, aggregate, assignment, form, _said(request, problem), problem.status
        )
    return RedirectResponse(f"/desk/{quote(reference, safe='')}/similar?did={name}", 303, PRIVATE)


def _said(request: Request, problem: Problem) -> dict[str, str]:
    if problem.code in ("version-differs", "not-possible-now"):
        return {"form": CHANGED}
    said = problem.ar if Reader.of(request).lang == "ar" else problem.en
    return {fault["field"]: said for fault in problem.errors if fault["field"] in BETTER} or {"form": said}


async def _page(
    request: Request,
    caller: Caller,
    assignments: Assignments,
    aggregate: StoredAggregate[Assignment],
    assignment: Assignment,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
    did: str = "",
) -> Response:
    reader, moves, typed = Reader.of(request), possible(caller, assignment, Reader.of(request).office), dict(form or {})
    why = by_what_right(caller, assignment.entity)
    await audit_of(request).record(request, caller, "read", "assignment", [aggregate.id], why)
    return desk_page(
        request,
        reader,
        "similar.html",
        status,
        case=case(as_seen_by(caller, assignment), reader),
        version=aggregate.version,
        form=Fields(typed),
        errors=Fields(dict(errors or {})),
        may=[name for name, action in ACTIONS.items() if action.move in moves],
        key=typed.get("key") or str(uuid4()),
        done=DONE.get(did),
        kinds=KINDS,
        priorities=PRIORITIES,
        channels=CHANNELS,
        languages=LANGUAGES,
        **await beside(request, caller, aggregate.id, assignment, assignments, reader),
    )
