"""The draft of the next directory: changed item by item or by files, compared, checked, published."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Response
from fastapi.openapi.models import Example
from shared.events.model import Identifier
from shared.http.json_bodies import JsonBody, from_json
from shared.http.openapi import ONCE, refusals
from shared.http.problems import not_found
from shared.privacy.audit import audit_of
from shared.storage.aggregates import Document

from router.desk.api import etag
from router.directory.commands import Reason
from router.directory.differences import differences
from router.directory.example import example
from router.directory.model import MODELS, Country, Item, items_in
from router.directory.snapshot import Directory
from router.directory.store import Draft
from router.directory_drafts.api_models import (
    DraftDone,
    DraftPublished,
    DraftShown,
    Format,
    Imported,
    ImportFile,
    ListName,
    PublishDraft,
    Rebased,
    TrialShown,
    differences_shown,
    edits_shown,
    faults_shown,
)
from router.directory_drafts.checks import faults_of
from router.directory_drafts.commands import NoDirectory
from router.directory_drafts.draft_commands import AtDirectory, AtTheDirectory, Commanding
from router.directory_drafts.exchange import MEDIA_TYPES, read_file, write_file
from router.directory_drafts.model import AlreadyThere, with_item, without_item
from router.directory_drafts.trial import Trial, trial
from router.http.problems import faulty_directory, no_draft

READING = refusals(401, 403, 404, 422, 503)
COMMAND = refusals(401, 403, 409, 412, 413, 422, 503)
router = APIRouter(prefix="/directory/draft", tags=["draft of the directory"])

TRIED = 2_000
"""Of the newest submissions, where nothing else is said."""

AN_ITEM: dict[str, Example] = {"an entity": {"value": example()["entities"][1]}}
OfList = Annotated[ListName, Path(alias="list")]
FILES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {media_type: {} for media_type in MEDIA_TYPES.values()}}
}


@router.get("", responses=refusals(401, 403, 422, 503))
async def show_draft(at: AtTheDirectory) -> DraftShown:
    """What would be published: how it differs from what is, what is wrong with it, and who changed it."""
    current, latest = await at.drafting.current(), await at.drafting.latest()
    draft = current.state or Draft()
    country, published = draft.read(), latest.country if latest else None
    at.response.headers.update(etag(current.version))
    found = await asyncio.to_thread(lambda: list(differences(published, country)) if country else [])
    return DraftShown(
        is_begun=country is not None,
        based_on=draft.based_on,
        latest=latest.version if latest else 0,
        differences=differences_shown(found),
        faults=faults_shown(await asyncio.to_thread(faults_of, country)) if country else (),
        edits=edits_shown(draft.edits),
    )


@router.get("/export", responses=READING | FILES, response_class=Response)
async def export_draft(
    at: AtTheDirectory, format: Format, name: Annotated[ListName | None, Query(alias="list")] = None
) -> Response:
    """The draft as a file: all of it as YAML, one list as YAML or CSV, the areas as GeoJSON."""
    country = ((await at.drafting.current()).state or Draft()).read()
    if country is None:
        raise not_found()
    return await at.carry_out(lambda: as_file(country, format, name, "draft"))


@router.get("/trial", responses=refusals(401, 403, 404, 409, 422, 503))
async def try_rules(at: AtTheDirectory, most: Annotated[int, Query(ge=1, le=10_000)] = TRIED) -> TrialShown:
    """What the draft's rules would do with the newest submissions, beside what those in force do: how many would go
    elsewhere, from where and to where, and whether that is nearer to where they were in the end."""
    return TrialShown.model_validate(asdict(await tried(at, most)))


@router.get("/{list}/{id}", responses=READING)
async def show_item(at: AtTheDirectory, name: OfList, id: Identifier) -> dict[str, Any]:
    """One thing as the draft has it, or as it is published where no draft is begun."""
    current, latest = await at.drafting.current(), await at.drafting.latest()
    country = (current.state or Draft()).read() or (latest.country if latest else None)
    items = items_in(country, name) if country else ()
    item = next((item for item in items if item.id == id), None)
    if item is None:
        raise not_found()
    at.response.headers.update(etag(current.version))
    return item.model_dump(mode="json", exclude_defaults=True)


@router.post("/import", responses=COMMAND, openapi_extra=ONCE)
async def import_file(at: Commanding, body: JsonBody[ImportFile]) -> Imported:
    """Read whole or refused whole, with the line of each fault. What the check says of the draft stands beside."""
    return Imported.model_validate(await at.carry_out(lambda: take_file(at, body)))


@router.post("/rebase", responses=COMMAND, openapi_extra=ONCE)
async def rebase(at: Commanding) -> Rebased:
    """Do the draft's changes again on what was published since it was begun."""
    key = await at.command_key()
    version, answer = await at.carry_out(lambda: at.drafting.rebase(at.caller.subject, at.now, at.cause, key, at.seen))
    at.response.headers.update(etag(version))
    return Rebased.model_validate(answer)


@router.post("/publish", responses=COMMAND, openapi_extra=ONCE)
async def publish_draft(at: Commanding, body: JsonBody[PublishDraft]) -> DraftPublished:
    """Publish the draft whole, at once or from a day on. 422 lists what the check found; then nothing is published."""
    return DraftPublished.model_validate(await publish(at, Reason(body.why, body.valid_from)))


@router.put("/{list}/{id}", responses=COMMAND, openapi_extra=ONCE)
async def put_item(
    at: Commanding,
    name: OfList,
    id: Identifier,
    item: Annotated[JsonBody[dict[str, Any]], Body(openapi_examples=AN_ITEM)],
    before: Annotated[Identifier | None, Query(description="the item that it shall stand in front of")] = None,
) -> DraftDone:
    """Put one thing into the draft, new or in place of the one with this id. The order of rules is theirs."""
    return DraftDone.model_validate(await put(at, name, id, lambda: from_json(MODELS[name], item | {"id": id}), before))


@router.delete("/{list}/{id}", responses=COMMAND | refusals(404), openapi_extra=ONCE)
async def remove_item(at: Commanding, name: OfList, id: Identifier) -> DraftDone:
    """Take one thing out of the draft. What names it shows up in the check."""
    return DraftDone.model_validate(await remove(at, name, id))


@router.delete("", responses=COMMAND, openapi_extra=ONCE)
async def discard_draft(at: Commanding) -> DraftDone:
    """Throw the draft away."""
    key = await at.command_key()
    version, answer = await at.carry_out(lambda: at.drafting.discard(at.now, at.cause, key, at.seen))
    at.response.headers.update(etag(version))
    return DraftDone.model_validate(answer)


async def as_file(country: Country, format: str, name: str | None, of: str) -> Response:
    """Raises NoSuchFile."""
    text = await asyncio.to_thread(write_file, country, format, name)
    filename = f"{name or 'directory'}-{of}.{format}"
    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "private, no-store"}
    return Response(text, media_type=MEDIA_TYPES[format], headers=headers)


async def take_file(at: AtDirectory, body: ImportFile) -> Document:
    """Raises what is said as a problem."""
    file = await asyncio.to_thread(read_file, body.format, body.list, body.text)
    current, latest = await at.drafting.current(), await at.drafting.latest()
    before = (current.state or Draft()).read() or (latest.country if latest else None)
    found = await asyncio.to_thread(faults_of, file.put_into(before))
    shown = faults_shown(found, file.lines_of(found))
    extra = {"faults": [fault.model_dump() for fault in shown]}
    edit, key = at.edit("imported", file.name), await at.command_key()
    version, answer = await at.drafting.change(file.put_into, edit, at.cause, key, at.seen, extra)
    at.response.headers.update(etag(version))
    return answer


async def tried(at: AtDirectory, most: int) -> Trial:
    """Raises Problem: without a draft or something in force, or where the draft has faults."""
    in_force: Directory | None = at.request.app.state.directory.current
    country = ((await at.drafting.current()).state or Draft()).read()
    if country is None or in_force is None:
        raise no_draft()
    found = await asyncio.to_thread(faults_of, country)
    if found:
        raise faulty_directory(found)
    past = await at.request.app.state.assignments.past(most)
    return await asyncio.to_thread(
        lambda: trial(past, in_force, Directory.of(in_force.version, country, in_force.zone))
    )


async def put(
    at: AtDirectory, name: str, id: str, read: Callable[[], Item], before: str | None, is_new: bool = False
) -> Document:
    """Raises AlreadyThere where it shall be new and is not; what `read` raises is said as a problem."""

    async def command() -> Document:
        wanted = read()

        def change(country: Country | None) -> Country:
            if country is None:
                raise NoDirectory
            if is_new and any(each.id == id for each in items_in(country, name)):
                raise AlreadyThere(id)
            return with_item(country, name, wanted, before)

        key = await at.command_key()
        version, answer = await at.drafting.change(change, at.edit("put", name, id), at.cause, key, at.seen)
        at.response.headers.update(etag(version))
        return answer

    return await at.carry_out(command)


async def remove(at: AtDirectory, name: str, id: str) -> Document:
    async def command() -> Document:
        def change(country: Country | None) -> Country:
            if country is None or id not in {item.id for item in items_in(country, name)}:
                raise not_found()
            return without_item(country, name, id)

        key = await at.command_key()
        version, answer = await at.drafting.change(change, at.edit("removed", name, id), at.cause, key, at.seen)
        at.response.headers.update(etag(version))
        return answer

    return await at.carry_out(command)


async def publish(at: AtDirectory, reason: Reason) -> Document:
    async def command() -> Document:
        key = await at.command_key()
        return await at.drafting.publications.answers.once(
            key, lambda: at.drafting.publish(reason, at.caller.subject, at.now, at.cause, key, at.seen)
        )

    answer = await at.carry_out(command)
    things = [f"publication-{answer['version']}"]
    await audit_of(at.request).record(at.request, at.caller, "publish", "directory", things, "administrator")
    await at.request.app.state.directory.refresh()
    at.response.headers.update(etag((await at.drafting.current()).version))
    return answer
