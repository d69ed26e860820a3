"""The directory: read by everybody, published whole by an administrator."""

from typing import Annotated, Any, cast

from fastapi import APIRouter, Body, Depends, Request, Response
from shared.aggregates import Conflict
from shared.auth import Caller, require
from shared.clock import utc_now
from shared.commands import cause_of_request
from shared.events.model import Role
from shared.problems import changed_meanwhile

from router.api.models import CategoryListed, CategoryPage, EntityListed, EntityPage, Published
from router.api.problems import faulty_directory, refusals
from router.directory import Directory, DirectoryInUse
from router.domain.country import Country, example
from router.use_cases.publish import Faulty, publish

router = APIRouter(tags=["directory"])

CACHED = {"Cache-Control": "public, max-age=60"}
NOT_YET = {"Cache-Control": "no-store"}


def in_use(request: Request) -> Directory | None:
    return cast(DirectoryInUse, request.app.state.directory).current


InUse = Annotated[Directory | None, Depends(in_use)]


@router.put("/directory", responses=refusals(401, 403, 409, 422, 503))
async def publish_directory(
    request: Request,
    country: Annotated[Country, Body(openapi_examples={"small": {"value": example()}})],
    caller: Annotated[Caller, Depends(require(Role.ADMINISTRATOR))],
) -> Published:
    """The whole directory as one document: checked whole, refused whole. Only what changed is told to the others."""
    state: Any = request.app.state
    try:
        version, counts = await publish(
            state.publications, state.items, country, caller.subject, utc_now(), cause_of_request()
        )
    except Faulty as error:
        raise faulty_directory(list(error.faults)) from error
    except Conflict as error:
        raise changed_meanwhile() from error
    await state.directory.refresh()
    return Published(version=version, published=counts)


@router.get("/entities")
async def list_entities(directory: InUse, response: Response) -> EntityPage:
    """Every entity, with its names."""
    entities = directory.country.entities if directory else ()
    response.headers.update(CACHED if directory else NOT_YET)
    return EntityPage(
        items=[
            EntityListed(id=entity.id, name=entity.name, kind=entity.kind, parent=entity.parent, areas=entity.areas)
            for entity in entities
        ]
    )


@router.get("/categories")
async def list_categories(directory: InUse, response: Response) -> CategoryPage:
    """The catalogue: headings and what is below them, with names."""
    categories = directory.country.categories if directory else ()
    response.headers.update(CACHED if directory else NOT_YET)
    return CategoryPage(
        items=[
            CategoryListed(
                id=category.id,
                name=category.name,
                parent=category.parent,
                priority=category.priority,
                kinds=category.kinds,
                is_group=not category.entity and not category.entity_by_area,
                needs_place=bool(category.entity_by_area),
            )
            for category in categories
        ]
    )
