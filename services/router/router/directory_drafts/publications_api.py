"""Endpoints of what was published: when each version held, who made it and why, what it changed, taking one back."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from shared.events.model import Identifier
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals

from router.directory.differences import differences
from router.directory_drafts import draft_commands
from router.directory_drafts.api_models import (
    Format,
    ListName,
    PublicationChanges,
    PublicationPage,
    TakeBack,
    TakenBack,
    differences_shown,
    with_ends,
)
from router.http.dependencies import etag
from router.http.draft_requests import FILES, Commanding, Reading, directory_file, draft_problems

router = APIRouter(prefix="/directory/publications", tags=["publications of the directory"])

Version = Annotated[int, Path(ge=1, le=2**31)]


@router.get("", responses=refusals(401, 403, 422, 503))
async def list_publications(
    at: Reading,
    cursor: Annotated[int | None, Query(ge=1, le=2**31)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    name: Annotated[ListName | None, Query(alias="list", description="with `id`: those that changed this")] = None,
    id: Identifier | None = None,
) -> PublicationPage:
    """The newest first; with `list` and `id` the history of one thing."""
    publications = at.drafting.publications
    changed = f"{name}:{id}" if name is not None and id is not None else None
    found = await publications.page(cursor, limit + 1, changed)
    shown = found[:limit]
    ends = {each.version: await publications.ends(each.version) for each in shown}
    return PublicationPage(
        items=with_ends(shown, ends), next_cursor=str(shown[-1].version) if len(found) > limit else None
    )


@router.get("/{version}/changes", responses=refusals(401, 403, 404, 422, 503))
async def show_changes(at: Reading, version: Version) -> PublicationChanges:
    """How it differs from the one that held before, field by field."""
    publications = at.drafting.publications
    with draft_problems():
        publication = await publications.read(version)
    before = await publications.before(version)
    found = differences(before.country if before else None, publication.country)
    return PublicationChanges(version=version, differences=differences_shown(found))


@router.get("/{version}/export", responses=refusals(401, 403, 404, 422, 503) | FILES, response_class=Response)
async def export_publication(
    at: Reading, version: Version, format: Format, name: Annotated[ListName | None, Query(alias="list")] = None
) -> Response:
    """The version as a file: all of it as YAML, one list as YAML or CSV, the areas as GeoJSON."""
    with draft_problems():
        publication = await at.drafting.publications.read(version)
    return await directory_file(publication.country, format, name, str(version))


@router.post("/{version}/take-back", responses=refusals(401, 403, 404, 409, 412, 422, 503), openapi_extra=ONCE)
async def take_back(at: Commanding, version: Version, body: JsonBody[TakeBack], response: Response) -> TakenBack:
    """Before it begins to hold; what it had is the draft again where none is begun. `If-Match` is its number."""
    with draft_problems():
        result = await draft_commands.take_back(at, version, body.why)
    response.headers.update(etag(result.version))
    return TakenBack.model_validate(result.answer)
