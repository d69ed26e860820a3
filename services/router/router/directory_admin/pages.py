"""`/desk/directory`: the draft beside what is published, what the check says, files, publishing, and the history."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import ValidationError
from shared.http.auth import check_own_page
from shared.http.problems import Problem, not_found
from shared.web.catalogues import N_
from shared.web.forms import Fields, faults, posted
from starlette.datastructures import UploadFile
from starlette.responses import Response

from router.desk.view import Reader
from router.directory.commands import Reason
from router.directory.differences import Difference, differences
from router.directory.faults import Fault
from router.directory.model import Country
from router.directory_admin.form_pages import Drafted, page, refusal_of, said, sent_by, to
from router.directory_admin.words import CHANGES, EDITS, FIELDS
from router.directory_drafts import draft_commands
from router.directory_drafts.api_models import ImportFile, PublishDraft, TakeBack
from router.directory_drafts.checks import faults_of
from router.http.draft_requests import directory_file, draft_problems
from router.http.sign_in import Administrator

router = APIRouter(prefix="/desk/directory", include_in_schema=False)

Version = Annotated[int, Path(ge=1, le=2**31)]
Form = Annotated[dict[str, str], Depends(posted)]
Did = Annotated[str, Query(max_length=20)]
SHOWN = 200
BETTER = {
    "why": N_("Say why."),
    "text": N_("Choose a file."),
    "text:string_too_long": N_("The file is too large."),
    "format": N_("The file's name ends in .yaml, .csv or .geojson."),
    "valid_from": N_("This is no date and time."),
}


@router.get("")
async def overview(request: Request, caller: Administrator, did: Did = "") -> Response:
    return await _overview(request, caller, did=did)


@router.get("/export")
async def export(
    request: Request,
    caller: Administrator,
    format: Annotated[str, Query(max_length=10)] = "yaml",
    list: Annotated[str, Query(max_length=20)] = "",
    version: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> Response:
    """The draft, or what is published; or a version by its number."""
    drafted = await Drafted.of(request, caller)
    country = drafted.country
    if version:
        with draft_problems():
            country = (await drafted.at.drafting.publications.read(version)).country
    if country is None:
        raise not_found()
    of = str(version) if version else ("draft" if drafted.written else "published")
    return await directory_file(country, format, list or None, of)


@router.get("/history")
async def history(
    request: Request, caller: Administrator, before: Annotated[int, Query(ge=0, le=2**31)] = 0
) -> Response:
    """Every version: who made it, when, why, and how long it held."""
    drafted = await Drafted.of(request, caller)
    publications = drafted.at.drafting.publications
    found = await publications.page(before or None, 21)
    ends = {each.version: await publications.ends(each.version) for each in found[:20]}
    return page(
        request,
        "directory_history.html",
        drafted,
        versions=found[:20],
        ends=ends,
        older=found[19].version if len(found) > 20 else 0,
        is_first=not before,
    )


@router.get("/history/{version}")
async def version(request: Request, version: Version, caller: Administrator) -> Response:
    """Show what a version changed, field by field, and who changed its draft."""
    drafted = await Drafted.of(request, caller)
    publications = drafted.at.drafting.publications
    with draft_problems():
        publication = await publications.read(version)
    before = await publications.before(version)
    found = await _differences(before.country if before else None, publication.country)
    return page(
        request,
        "directory_version.html",
        drafted,
        publication=publication,
        ends=await publications.ends(version),
        edits=publication.edits[::-1][:SHOWN],
        **_compared(found),
    )


@router.get("/trial")
async def trial(request: Request, caller: Administrator) -> Response:
    """Show what the draft's rules would do with the newest submissions: "these 37 would move"."""
    drafted, reader = await Drafted.of(request, caller), Reader.of(request)
    names = {entity.id: entity.name for entity in drafted.country.entities} if drafted.country else {}
    try:
        with draft_problems():
            tried, refusal, status = await draft_commands.try_rules(drafted.at, draft_commands.TRIED), [], 200
    except Problem as problem:
        tried, refusal, status = None, said(problem, reader), problem.status

    def names_there(id: str) -> str:
        return reader.names.of(names[id]) if id in names else reader.names.entity(id)

    return page(request, "directory_trial.html", drafted, status, trial=tried, refusal=refusal, names_there=names_there)


@router.get("/import")
@router.get("/publish")
@router.get("/rebase")
@router.get("/discard")
@router.get("/take-back")
async def back(caller: Administrator) -> Response:
    """Where a form was sent to there is no page: another language, or a reload, leads to the draft."""
    return to("")


@router.post("/import")
async def import_file(request: Request, caller: Administrator) -> Response:
    """One file, whole, into the draft; or why not, with the lines."""
    check_own_page(request)
    form = await request.form()
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    upload = form.get("file")
    name = upload.filename or "" if isinstance(upload, UploadFile) else ""
    octets = await upload.read() if isinstance(upload, UploadFile) else b""
    at = sent_by(request, caller, fields, octets + fields.get("list", "").encode())
    try:
        body = ImportFile.model_validate(
            {"format": _format(name), "list": fields.get("list") or None, "text": octets.decode(errors="strict")}
        )
    except ValidationError as error:
        return await _overview(request, caller, 422, errors=faults(error, BETTER), form=fields)
    except UnicodeDecodeError:
        return await _overview(request, caller, 422, errors={"format": N_("The file is not in UTF-8.")}, form=fields)
    problem = await refusal_of(draft_commands.import_file(at, body))
    if problem is None:
        return to("", "imported")
    return await _overview(request, caller, problem.status, form=fields, problem=problem)


@router.post("/publish")
async def publish(request: Request, form: Form, caller: Administrator) -> Response:
    at = sent_by(request, caller, form, repr(sorted(form.items())).encode())
    reader = Reader.of(request)
    try:
        body = PublishDraft.model_validate({"why": form.get("why", ""), "valid_from": _moment(form, reader)})
    except ValidationError as error:
        return await _overview(request, caller, 422, errors=faults(error, BETTER), form=form)
    problem = await refusal_of(draft_commands.publish(at, Reason(body.why, body.valid_from)))
    if problem is not None:
        return await _overview(request, caller, problem.status, form=form, problem=problem)
    is_later = body.valid_from is not None and body.valid_from > at.now
    return to("", "scheduled" if is_later else "published")


@router.post("/rebase")
async def rebase(request: Request, form: Form, caller: Administrator) -> Response:
    at = sent_by(request, caller, form, b"rebase")
    problem = await refusal_of(draft_commands.rebase(at))
    return to("", "rebased") if problem is None else await _overview(request, caller, problem.status, problem=problem)


@router.post("/discard")
async def discard(request: Request, form: Form, caller: Administrator) -> Response:
    at = sent_by(request, caller, form, b"discard")
    problem = await refusal_of(draft_commands.discard(at))
    return to("", "discarded") if problem is None else await _overview(request, caller, problem.status, problem=problem)


@router.post("/take-back")
async def take_back(request: Request, form: Form, caller: Administrator) -> Response:
    at = sent_by(request, caller, form, repr(sorted(form.items())).encode())
    waiting = form.get("waiting", "")
    try:
        body = TakeBack.model_validate({"why": form.get("why", "")})
    except ValidationError as error:
        back = {f"back-{field}": message for field, message in faults(error, BETTER).items()}
        return await _overview(request, caller, 422, errors=back)
    if not waiting.isdecimal() or len(waiting) > 9:
        raise not_found()
    problem = await refusal_of(draft_commands.take_back(replace(at, seen=None), int(waiting), body.why))
    return (
        to("", "taken-back") if problem is None else await _overview(request, caller, problem.status, problem=problem)
    )


async def _overview(
    request: Request,
    caller: Administrator,
    status: int = 200,
    did: str = "",
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
    problem: Problem | None = None,
) -> Response:
    drafted, reader = await Drafted.of(request, caller), Reader.of(request)
    country, latest = drafted.written, drafted.latest
    found = await _differences(latest.country if latest else None, country) if country else []
    wrong: list[Fault] = await asyncio.to_thread(faults_of, country) if country else []
    waiting = latest if latest is not None and latest.holds_from > drafted.at.now else None
    holds = await drafted.at.drafting.publications.before(waiting.version) if waiting else latest
    return page(
        request,
        "directory.html",
        drafted,
        status,
        did,
        **_compared(found),
        wrong=[fault.ar if reader.lang == "ar" else fault.en for fault in wrong[:SHOWN]],
        wrong_count=len(wrong),
        edits=drafted.draft.edits[::-1][:20],
        holds=holds,
        waiting=waiting,
        errors=Fields(errors or {}),
        form=Fields(form or {}),
        refusal=said(problem, reader) if problem is not None else [],
    )


async def _differences(before: Country | None, after: Country) -> list[Difference]:
    return await asyncio.to_thread(lambda: list(differences(before, after)))


def _compared(found: list[Difference]) -> dict[str, Any]:
    """For the template `changes` of directory_parts."""
    by_list: dict[str, list[Difference]] = {}
    for each in found[:SHOWN]:
        by_list.setdefault(each.list, []).append(each)
    return {
        "changes": by_list,
        "change_count": len(found),
        "change_words": CHANGES,
        "fields": FIELDS,
        "edit_words": EDITS,
    }


def _format(filename: str) -> str:
    ending = filename.rpartition(".")[2].lower()
    return {"yml": "yaml", "json": "geojson"}.get(ending, ending)


def _moment(form: dict[str, str], reader: Reader) -> object:
    """Read date and time from a browser's field, in the reader's zone; return anything else unchanged."""
    typed = form.get("valid_from", "")
    if not typed:
        return None
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=reader.formats.zone)
    except ValueError:
        return typed
