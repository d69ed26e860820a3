"""`/desk/<reference>`: a submission as its officials see it, and everything that they may do with it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from shared.http.auth import Caller
from shared.http.problems import Problem, not_found
from shared.privacy.audit import audit_of
from shared.storage.aggregates import StoredAggregate
from shared.web.catalogues import N_
from shared.web.forms import Fields, posted
from shared.web.pages import PRIVATE
from starlette.responses import RedirectResponse, Response

from router.access.policy import (
    as_seen_by,
    by_what_right,
    can_be_confided_to,
    can_have,
    leads,
    possible,
    readers_of,
    visibility_of,
)
from router.cases.life import Move, target
from router.cases.model import Assignment
from router.casework.actions import (
    ACTIONS,
    ANSWERING,
    InvalidForm,
    command,
    fingerprint,
    form_field,
    leads_to,
    offered,
    ticked,
    values,
    with_template,
)
from router.casework.official_files import official_files
from router.desk.view import Reader, case, desk_page, history_line
from router.directory import model as country
from router.directory.model import AnswerTemplate
from router.duplicates.related_pages import beside, of_the_same_author
from router.http.case_requests import command_of_form
from router.http.dependencies import TheAssignments, the_templates
from router.http.refusals import as_problems
from router.http.sign_in import Official, check_is_here
from router.http.words import (
    ANSWER_CODES,
    CHANNELS,
    DECISIONS,
    DECLINE_CODES,
    DONE,
    FILES_PUT,
    KINDS,
    LANGUAGES,
    PART_CONFIDED,
    PRIORITIES,
    VERDICTS,
)
from router.replies.evidence import needs_evidence
from router.replies.suggestions import MOVES
from router.sub_cases.pages import parts_of
from router.sub_cases.queries import parent_of, with_authors_additions

router = APIRouter(include_in_schema=False)

Form = Annotated[dict[str, str], Depends(posted)]

SENT_BEFORE = N_("You have sent this form before. If you want to send this as well, check it and send it again.")
CHANGED = N_("This changed since you opened the page. Nothing was sent; read what is new and decide again.")
NOT_ADDED = N_("The files that you chose are not added yet. Choose them again and add them, or send without them.")
OF_AN_OLDER_PAGE = ("key", "version", "entries", "step", "file")
LOOK_EVERY_SECONDS, WAIT_FOR_FILE = 0.1, 20
CHOSEN = ("entity", "category", "mentions", "expected_on", "official", "officials", "evidence", "files", "despite_open")
"""Fields that only the directory can judge."""


@router.get("/desk/{reference}")
async def show(
    request: Request,
    reference: str,
    caller: Official,
    assignments: TheAssignments,
    did: Annotated[str, Query(max_length=20)] = "",
    file: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """`file` was just put to it at intake, which leads here: what says so may be on its way."""
    aggregate, assignment = await _with_file(request, reference, caller, assignments, file)
    return await page(request, caller, aggregate, assignment, did=did)


async def _with_file(
    request: Request, reference: str, caller: Caller, assignments: TheAssignments, file: str
) -> tuple[StoredAggregate[Assignment], Assignment]:
    """The submission as soon as this file is known to be put to it, or after a short wait without it. Raises Problem
    403 or 404."""
    for attempt in range(WAIT_FOR_FILE + 1 if file else 1):
        if attempt:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        aggregate, assignment = await the_case(assignments, reference)
        check_is_here(caller, assignment, Reader.of(request).office)
        if any(each.id == file for each in assignment.official_files):
            break
    return aggregate, assignment


@router.get("/desk/{reference}/{action}")
async def back(reference: str, action: str) -> Response:
    """Where a form was sent to there is no page: another language, or a reload, leads to the submission."""
    return RedirectResponse(f"/desk/{quote(reference, safe='')}", 303, PRIVATE)


@router.post("/desk/{reference}/{action}")
async def act(
    request: Request, reference: str, action: str, form: Form, caller: Official, assignments: TheAssignments
) -> Response:
    """Do it once, and show what became of it; otherwise the page again, with everything that was typed."""
    if action not in ACTIONS:
        raise not_found()
    reader = Reader.of(request)
    aggregate, assignment = await the_case(assignments, reference)
    if action in ANSWERING and form.get("step") == "go-on":
        return await _go_on(request, reference, action, form, caller, assignments)
    if action in ANSWERING and form.get("files"):
        check_is_here(caller, assignment, reader.office)
        faults = {form_field(action, "evidence"): NOT_ADDED}
        return await page(request, caller, aggregate, assignment, form, faults, 422, action)
    if action in ANSWERING and form.get("step") == "insert":
        check_is_here(caller, assignment, reader.office)
        own = await _own_templates(request, assignment)
        begun = with_template(action, form, assignment, reader.directory, own)
        return await page(request, caller, aggregate, assignment, begun, action=action)
    try:
        sent = command(action, form, assignment, reader)
    except InvalidForm as faulty:
        check_is_here(caller, assignment, reader.office)
        return await page(request, caller, aggregate, assignment, form, faulty.faults, 422, action)
    seen = seen_version(form, aggregate, assignment)
    at = command_of_form(request, caller, aggregate.id, seen, form, action, fingerprint(sent))
    try:
        with as_problems():
            result = await ACTIONS[action].run(at, sent)
    except Problem as problem:
        return await _refused(request, caller, assignments, reference, form, action, problem, reader)
    next_page = leads_to(action, quote(reference, safe=""), form.get("from") == "triage", result.done)
    return RedirectResponse(next_page, 303, PRIVATE)


async def _go_on(
    request: Request, reference: str, action: str, form: dict[str, str], caller: Caller, assignments: TheAssignments
) -> Response:
    """The page with the answer as it was typed, once files were added to it at intake."""
    file = form.get("file", "")[:64]
    aggregate, assignment = await _with_file(request, reference, caller, assignments, file)
    typed = {name: value for name, value in form.items() if name not in OF_AN_OLDER_PAGE}
    did = "files" if file else ""
    return await page(request, caller, aggregate, assignment, typed, action=action, did=did)


async def the_case(assignments: TheAssignments, reference: str) -> tuple[StoredAggregate[Assignment], Assignment]:
    """Raises Problem 404."""
    aggregate = await assignments.by_reference(reference[:40].upper())
    if aggregate is None or aggregate.state is None or not aggregate.state.is_anyones:
        raise not_found()
    return aggregate, aggregate.state


def seen_version(form: dict[str, str], aggregate: StoredAggregate[Assignment], assignment: Assignment) -> int | None:
    """The version that the form was made from. Where only its due time changed since, the newest: nothing happened
    that the official has not seen."""
    version, entries = form.get("version", ""), form.get("entries", "")
    if entries == str(len(assignment.history)):
        return aggregate.version
    return int(version) if version.isdecimal() and len(version) < 10 else 0


async def _refused(
    request: Request,
    caller: Caller,
    assignments: TheAssignments,
    reference: str,
    form: dict[str, str],
    action: str,
    problem: Problem,
    reader: Reader,
) -> Response:
    """Nothing was done. What was typed comes back, into its form or, where that is not offered any more, to be read."""
    aggregate, assignment = await the_case(assignments, reference)
    seen = visibility_of(caller, reader.office)
    if not seen.is_confided(assignment):
        raise not_found()
    if problem.status == 403 or not seen.holds(assignment):
        return desk_page(request, reader, "not_done.html", 403, problem=problem, unsent=_unsent(action, form))
    said = problem.ar if reader.lang == "ar" else problem.en
    errors = {form_field(action, fault["field"]): said for fault in problem.errors if fault["field"] in CHOSEN}
    errors = errors or {"form": CHANGED if problem.code in ("version-differs", "not-possible-now") else said}
    if problem.code == "idempotency-key-reused":
        form, errors = form | {"key": str(uuid4())}, {"form": SENT_BEFORE}
    return await page(request, caller, aggregate, assignment, form, errors, problem.status, action)


async def page(
    request: Request,
    caller: Caller,
    aggregate: StoredAggregate[Assignment],
    assignment: Assignment,
    form: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
    action: str = "",
    did: str = "",
) -> Response:
    """The submission, recorded as read. `action` is what was tried."""
    why = by_what_right(caller, assignment.entity)
    await audit_of(request).record(request, caller, "read", "assignment", [aggregate.id], why)
    reader, typed = Reader.of(request), form or {}
    actions = offered(caller, assignment, reader)
    others = await beside(request, caller, aggregate.id, assignment, request.app.state.assignments, reader)
    files = official_files(assignment, reader)
    parent = await parent_of(assignment, request.app.state.assignments)
    read = with_authors_additions(assignment, parent)
    of = assignment.submission.reference if assignment.submission else ""
    seen = visibility_of(caller, reader.office)
    parts = await parts_of(aggregate.id, assignment, seen, request.app.state.assignments, reader)
    earlier = await of_the_same_author(request, caller, aggregate.id, assignment, request.app.state.assignments, reader)
    entries = typed.get("entries", "")
    newer = assignment.history[int(entries) :] if entries.isdecimal() and len(entries) < 6 else ()
    return desk_page(
        request,
        reader,
        "case.html",
        status,
        # Forms go by what happened to this one.
        case=replace(case(as_seen_by(caller, read), reader, files), assignment=as_seen_by(caller, assignment)),
        puts_files=assignment.parent is None and Move.NOTE in possible(caller, assignment, reader.office),
        sub_cases=parts,
        open_sub_cases=[part for part in parts if part.is_open],
        own_sub_cases=[part for part in parts if part.is_open and part.of == of],
        needs_evidence=needs_evidence(reader.directory, assignment),
        ticked={box: ticked(action, box, typed) for box in ("evidence", "public", "files")} if action else {},
        id=aggregate.id,
        version=aggregate.version,
        live_version=aggregate.version + (parent.version if parent else 0),
        form=Fields(typed),
        errors=Fields(errors or {}),
        actions=actions,
        tried=action,
        newer=[history_line(entry, reader, files) for entry in newer],
        unsent=_unsent(action, typed) if action and action not in actions else {},
        key=typed.get("key") or str(uuid4()),
        files_key=str(uuid4()),
        done=_done(did, assignment),
        kinds=KINDS,
        priorities=PRIORITIES,
        channels=CHANNELS,
        languages=LANGUAGES,
        answer_codes=ANSWER_CODES,
        decline_codes=DECLINE_CODES,
        decisions=DECISIONS,
        verdicts={each: VERDICTS[each] for each in MOVES if target(assignment.state, MOVES[each])},
        templates=reader.names.templates(assignment, await _own_templates(request, assignment)),
        team=_team(caller, assignment, reader),
        mentionable=_mentionable(caller, assignment, reader),
        mentioned=ticked("note", "mentions", typed),
        confidable=_others(caller, can_be_confided_to(reader.directory, assignment), reader),
        confided=ticked("confidential", "officials", typed) if action == "confidential" else _confided(assignment),
        readers=_readers(assignment, reader),
        earlier=earlier,
        tomorrow=reader.tonight.date().isoformat(),
        **others,
    )


async def _own_templates(request: Request, assignment: Assignment) -> list[AnswerTemplate]:
    kept = await the_templates(request).of_entity(assignment.entity)
    return [each.state.template for each in kept if each.state is not None]


def _team(caller: Caller, assignment: Assignment, reader: Reader) -> list[tuple[str, str]]:
    """List whom the caller may put in charge: everybody of the entity, or only themselves."""
    if reader.directory is None:
        return []
    team = can_have(reader.directory, assignment)
    if not leads(caller, assignment, reader.office):
        team = [official for official in team if official.id == caller.subject]
    held_by = assignment.charge.official if assignment.charge else None
    return [(official.id, reader.names.staff(official, reader.today)) for official in team if official.id != held_by]


def _mentionable(caller: Caller, assignment: Assignment, reader: Reader) -> list[tuple[str, str]]:
    return _others(caller, readers_of(reader.directory, assignment), reader)


def _others(caller: Caller, officials: Sequence[country.Official], reader: Reader) -> list[tuple[str, str]]:
    return [(official.id, reader.names.of(official.name)) for official in officials if official.id != caller.subject]


def _done(did: str, assignment: Assignment) -> str | None:
    if did == "files":
        return FILES_PUT
    return PART_CONFIDED if did == "confidential" and assignment.parent is not None else DONE.get(did)


def _confided(assignment: Assignment) -> Sequence[str]:
    """Return the officials whom the entity of this case or sub-case has named."""
    return (assignment.named if assignment.parent is None else assignment.named_here) or ()


def _readers(assignment: Assignment, reader: Reader) -> str:
    """Name the readers of a confidential case."""
    return reader.names.listed([reader.names.official(each) or each for each in assignment.named or ()])


def _unsent(name: str, form: dict[str, str]) -> dict[str, str]:
    """The texts that were typed for it."""
    return {field: typed for field, typed in values(name, form).items() if field in ("text", "reason")}
