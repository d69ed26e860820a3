"""What was published: when each version held, who made it and why, what it changed; and taking one back in time."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from shared.events.model import Identifier
from shared.http.commands import differs
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import version_differs
from shared.privacy.audit import audit_of
from shared.storage.aggregates import Document

from router.desk.api import etag
from router.directory.differences import differences
from router.directory.store import Taken
from router.directory_drafts.api import FILES, READING, as_file
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
from router.directory_drafts.draft_commands import AtDirectory, AtTheDirectory, Commanding

router = APIRouter(prefix="/directory/publications", tags=["publications of the directory"])

Version = Annotated[int, Path(ge=1, le=2**31)]


@router.get("", responses=refusals(401, 403, 422, 503))
async def list_publications(
    at: AtTheDirectory,
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


@router.get("/{version}/changes", responses=READING)
async def show_changes(at: AtTheDirectory, version: Version) -> PublicationChanges:
    """How it differs from the one that held before, field by field."""
    publications = at.drafting.publications
    publication = await at.carry_out(lambda: publications.read(version))
    before = await publications.before(version)
    found = differences(before.country if before else None, publication.country)
    return PublicationChanges(version=version, differences=differences_shown(found))


@router.get("/{version}/export", responses=READING | FILES, response_class=Response)
async def export_publication(
    at: AtTheDirectory, version: Version, format: Format, name: Annotated[ListName | None, Query(alias="list")] = None
) -> Response:
    """The version as a file: all of it as YAML, one list as YAML or CSV, the areas as GeoJSON."""
    publication = await at.carry_out(lambda: at.drafting.publications.read(version))
    return await at.carry_out(lambda: as_file(publication.country, format, name, str(version)))


@router.post("/{version}/take-back", responses=refusals(401, 403, 404, 409, 412, 422, 503), openapi_extra=ONCE)
async def take_back(at: Commanding, version: Version, body: JsonBody[TakeBack]) -> TakenBack:
    """Before it begins to hold; what it had is the draft again where none is begun. `If-Match` is its number."""
    return TakenBack.model_validate(await taken_back(at, version, body.why))


async def taken_back(at: AtDirectory, version: int, why: str) -> Document:
    if differs(at.seen, version):
        raise version_differs()
    taken, key = Taken(at.now, at.caller.subject, why), await at.command_key()

    async def command() -> Document:
        return await at.drafting.publications.answers.once(
            key, lambda: at.drafting.take_back(version, taken, at.cause, key)
        )

    answer = await at.carry_out(command)
    things = [f"publication-{version}"]
    await audit_of(at.request).record(at.request, at.caller, "take-back", "directory", things, "administrator")
    at.response.headers.update(etag(version))
    return answer
