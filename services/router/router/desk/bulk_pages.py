"""`/desk/bulk`: one thing done with several submissions of a list, after a look at which that would be."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID, uuid4, uuid5

from fastapi import APIRouter, Depends, Request
from shared.http.auth import Caller
from shared.http.problems import Problem, not_found
from shared.privacy.audit import audit_of
from shared.web.catalogues import N_
from shared.web.forms import Fields, posted
from shared.web.pages import PRIVATE
from starlette.responses import RedirectResponse, Response

from router.access.policy import by_what_right, visibility_of
from router.casework.actions import ACTIONS, InvalidForm, command, fingerprint, offered
from router.casework.case_command import CaseCommand
from router.desk.view import Line, Reader, desk_page, line
from router.http.case_requests import command_of_form
from router.http.dependencies import TheAssignments
from router.http.refusals import as_problems
from router.http.sign_in import Official
from router.http.words import KINDS, PRIORITIES
from router.staffing.model import colleagues

router = APIRouter(include_in_schema=False)

Form = Annotated[dict[str, str], Depends(posted)]
BOX = "case:"
MOST = 100
"""Chosen at once; a page of the list has fewer."""

BULK = {
    "acknowledge": N_("Acknowledge"),
    "in-charge": N_("Put somebody in charge"),
    "transfer": N_("Transfer to another entity"),
    "note": N_("Internal note"),
}
"""By the action: what can be done with several at once. What an author reads as an answer is written for each."""

CHOOSE = N_("Choose submissions of the list, and what to do with them.")
NOT_NOW = N_("It cannot be done with this one now.")


@dataclass(frozen=True)
class Chosen:
    """One submission that was ticked. `version`: as it was shown before it is done; `why_not`: what hinders it."""

    id: str
    version: int
    line: Line
    why_not: str = ""


@router.get("/desk/bulk")
async def back() -> Response:
    return RedirectResponse("/desk", 303, PRIVATE)


@router.post("/desk/bulk")
async def bulk(request: Request, form: Form, caller: Official, assignments: TheAssignments) -> Response:
    """First what would be done; with `step=do` it is done, once, and what could not be is said."""
    reader, action = Reader.of(request), form.get("what", "")
    chosen = await _chosen(request, form, action, caller, assignments, reader)
    if action not in BULK or not chosen:
        return desk_page(request, reader, "bulk.html", 422, action="", title="", errors=Fields({}), nothing=CHOOSE)
    if form.get("step") != "do":
        return _preview(request, reader, caller, action, chosen, {})
    state = (await assignments.load([chosen[0].id]))[chosen[0].id].state
    assert state is not None
    try:
        sent = command(action, form, state, reader)
    except InvalidForm as faulty:
        return _preview(request, reader, caller, action, chosen, form, faulty.faults)
    key = _key(form)
    results = []
    for each in chosen:
        own_key = {"key": str(uuid5(key, each.id))}
        at = command_of_form(request, caller, each.id, each.version, own_key, action, fingerprint(sent))
        results.append((each, await _do(action, sent, at, reader)))
    left = [(each, why) for each, why in results if why]
    done = len(results) - len(left)
    return desk_page(request, reader, "bulk_done.html", action=action, title=BULK[action], done=done, left=left)


async def _do(action: str, sent: Any, at: CaseCommand, reader: Reader) -> str:
    """Why it was not done; empty where it was."""
    try:
        with as_problems():
            await ACTIONS[action].run(at, sent)
    except Problem as problem:
        return problem.ar if reader.lang == "ar" else problem.en
    return ""


async def _chosen(
    request: Request, form: dict[str, str], action: str, caller: Caller, assignments: TheAssignments, reader: Reader
) -> list[Chosen]:
    """Return the ticked cases in their order, recorded as listed. Cases that the caller may not see are left out."""
    versions = {
        box.removeprefix(BOX): int(value)
        for box, value in list(form.items())
        if box.startswith(BOX) and value.isdecimal() and len(value) < 10
    }
    if len(versions) > MOST:
        raise not_found()
    loaded, is_done = await assignments.load(list(versions)), form.get("step") == "do"
    found, seen = [], visibility_of(caller, reader.office)
    for id, version in versions.items():
        aggregate = loaded.get(id)
        if aggregate is None or aggregate.state is None or not aggregate.state.is_anyones:
            continue
        if seen.holds(aggregate.state):
            # Sent twice, what was done is not possible any more; its endpoint knows the key and says so again.
            is_possible = is_done or action not in BULK or action in offered(caller, aggregate.state, reader)
            why_not = "" if is_possible else NOT_NOW
            shown_now = version if is_done else aggregate.version
            found.append(Chosen(id, shown_now, line(aggregate.state, reader), why_not))
    if found:
        await audit_of(request).record(
            request, caller, "list", "assignment", [each.id for each in found], by_what_right(caller, caller.entity)
        )
    return found


def _key(form: dict[str, str]) -> UUID:
    try:
        return UUID(form.get("key", ""))
    except ValueError:
        return uuid4()


def _preview(
    request: Request,
    reader: Reader,
    caller: Caller,
    action: str,
    chosen: list[Chosen],
    form: dict[str, str],
    errors: dict[str, str] | None = None,
) -> Response:
    team = colleagues(reader.directory.country.officials, caller.entity) if reader.directory else []
    return desk_page(
        request,
        reader,
        "bulk.html",
        422 if errors else 200,
        action=action,
        title=BULK[action],
        chosen=[each for each in chosen if not each.why_not],
        left=[(each, reader.words.ugettext(each.why_not)) for each in chosen if each.why_not],
        form=Fields(form),
        errors=Fields(errors or {}),
        key=str(uuid4()),
        team=[(each.id, reader.names.staff(each, reader.today)) for each in team],
        own_entity=caller.entity,
        kinds=KINDS,
        priorities=PRIORITIES,
        nothing="",
    )
