"""The draft of the next directory: changed item by item or by files, compared, checked, published."""

import asyncio
from collections.abc import Awaitable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Response
from fastapi.openapi.models import Example
from shared.events.model import Identifier
from shared.http.json_bodies import JsonBody, from_json
from shared.http.openapi import ONCE, refusals
from shared.http.problems import not_found
from shared.storage.aggregates import Document

from router.directory.commands import Reason
from router.directory.differences import differences
from router.directory.example import example
from router.directory.model import MODELS, items_in
from router.directory.store import Draft
from router.directory_drafts import draft_commands
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
from router.directory_drafts.draft_commands import DraftResult
from router.http.dependencies import etag
from router.http.draft_requests import FILES, Commanding, Reading, directory_file, draft_problems

COMMAND = refusals(401, 403, 409, 412, 413, 422, 503)
router = APIRouter(prefix="/directory/draft", tags=["draft of the directory"])

AN_ITEM: dict[str, Example] = {"an entity": {"value": example()["entities"][1]}}
OfList = Annotated[ListName, Path(alias="list")]


@router.get("", responses=refusals(401, 403, 422, 503))
async def show_draft(at: Reading, response: Response) -> DraftShown:
    """Show how the draft differs from what is published, its faults, and who changed it."""
    current, latest = await at.drafting.current(), await at.drafting.latest()
    draft = current.state or Draft()
    country, published = draft.read(), latest.country if latest else None
    response.headers.update(etag(current.version))
    found = await asyncio.to_thread(lambda: list(differences(published, country)) if country else [])
    return DraftShown(
        is_begun=country is not None,
        based_on=draft.based_on,
        latest=latest.version if latest else 0,
        differences=differences_shown(found),
        faults=faults_shown(await asyncio.to_thread(faults_of, country)) if country else (),
        edits=edits_shown(draft.edits),
    )


@router.get("/export", responses=refusals(401, 403, 404, 422, 503) | FILES, response_class=Response)
async def export_draft(
    at: Reading, format: Format, name: Annotated[ListName | None, Query(alias="list")] = None
) -> Response:
    """The draft as a file: all of it as YAML, one list as YAML or CSV, the areas as GeoJSON."""
    country = ((await at.drafting.current()).state or Draft()).read()
    if country is None:
        raise not_found()
    return await directory_file(country, format, name, "draft")


@router.get("/trial", responses=refusals(401, 403, 404, 409, 422, 503))
async def try_rules(at: Reading, most: Annotated[int, Query(ge=1, le=10_000)] = draft_commands.TRIED) -> TrialShown:
    """Compare the draft's rules with those in force on the newest submissions: how many would go
    elsewhere, from where and to where, and whether that is nearer to where they were in the end."""
    with draft_problems():
        return TrialShown.model_validate(asdict(await draft_commands.try_rules(at, most)))


@router.get("/{list}/{id}", responses=refusals(401, 403, 404, 422, 503))
async def show_item(at: Reading, name: OfList, id: Identifier, response: Response) -> dict[str, Any]:
    """One thing as the draft has it, or as it is published where no draft is begun."""
    current, latest = await at.drafting.current(), await at.drafting.latest()
    country = (current.state or Draft()).read() or (latest.country if latest else None)
    items = items_in(country, name) if country else ()
    item = next((item for item in items if item.id == id), None)
    if item is None:
        raise not_found()
    response.headers.update(etag(current.version))
    return item.model_dump(mode="json", exclude_defaults=True)


@router.post("/import", responses=COMMAND, openapi_extra=ONCE)
async def import_file(at: Commanding, body: JsonBody[ImportFile], response: Response) -> Imported:
    """Read whole or refused whole, with the line of each fault. What the check says of the draft stands beside."""
    return Imported.model_validate(await _answer(response, draft_commands.import_file(at, body)))


@router.post("/rebase", responses=COMMAND, openapi_extra=ONCE)
async def rebase(at: Commanding, response: Response) -> Rebased:
    """Do the draft's changes again on what was published since it was begun."""
    return Rebased.model_validate(await _answer(response, draft_commands.rebase(at)))


@router.post("/publish", responses=COMMAND, openapi_extra=ONCE)
async def publish_draft(at: Commanding, body: JsonBody[PublishDraft], response: Response) -> DraftPublished:
    """Publish the draft whole, at once or from a day on. 422 lists what the check found; then nothing is published."""
    reason = Reason(body.why, body.valid_from)
    return DraftPublished.model_validate(await _answer(response, draft_commands.publish(at, reason)))


@router.put("/{list}/{id}", responses=COMMAND, openapi_extra=ONCE)
async def put_item(
    at: Commanding,
    name: OfList,
    id: Identifier,
    item: Annotated[JsonBody[dict[str, Any]], Body(openapi_examples=AN_ITEM)],
    response: Response,
    before: Annotated[Identifier | None, Query(description="the item that it shall stand in front of")] = None,
) -> DraftDone:
    """Put one thing into the draft, new or in place of the one with this id. The order of rules is theirs."""
    with draft_problems():
        read = from_json(MODELS[name], item | {"id": id})
    return DraftDone.model_validate(await _answer(response, draft_commands.put_item(at, name, read, before)))


@router.delete("/{list}/{id}", responses=COMMAND | refusals(404), openapi_extra=ONCE)
async def remove_item(at: Commanding, name: OfList, id: Identifier, response: Response) -> DraftDone:
    """Take one thing out of the draft. What names it shows up in the check."""
    return DraftDone.model_validate(await _answer(response, draft_commands.remove_item(at, name, id)))


@router.delete("", responses=COMMAND, openapi_extra=ONCE)
async def discard_draft(at: Commanding, response: Response) -> DraftDone:
    """Throw the draft away."""
    return DraftDone.model_validate(await _answer(response, draft_commands.discard(at)))


async def _answer(response: Response, command: Awaitable[DraftResult]) -> Document:
    """Run the command; the version that it makes goes into `ETag`."""
    with draft_problems():
        result = await command
    response.headers.update(etag(result.version))
    return result.answer
