"""Endpoints for everybody: submissions whose authors agreed and that a moderator published."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from shared.http.cursors import Cursor
from shared.http.openapi import refusals

from intake.http.bodies import BoundedRoute
from intake.public_register.dependencies import Filters, ThePublications
from intake.public_register.json_view import PublishedPage, PublishedShown, published_json
from intake.public_register.use_cases import find_published
from intake.public_register.use_cases import list_published as published_page

router = APIRouter(route_class=BoundedRoute, prefix="/published", tags=["published"])

MOST_AT_ONCE = 100


@router.get("", summary="Published submissions, the newest first", responses=refusals(422, 503))
async def list_published(
    request: Request,
    filters: Filters,
    publications: ThePublications,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = 50,
) -> PublishedPage:
    directory = request.app.state.directory
    return await published_page(publications, directory, filters.database_query(directory), cursor, limit)


@router.get("/{reference}", summary="A published submission", responses=refusals(404, 422, 503))
async def read_published(request: Request, reference: str, publications: ThePublications) -> PublishedShown:
    return published_json(await find_published(publications, reference), request.app.state.directory)
