"""The directory: read by everybody, published whole by an administrator."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request, Response
from shared.events.directory import CategoryQuestion, Elsewhere, Words
from shared.events.model import Role
from shared.http.auth import Caller, require
from shared.http.commands import IfMatch, cause_of_request, read_command_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import changed_meanwhile, version_differs
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict

from router.directory.commands import AnotherWaits, Faulty, Overtaken, publish
from router.directory.example import example
from router.directory.model import Country
from router.directory.store import Publications
from router.http.dependencies import InUse, etag
from router.http.models import CategoryListed, CategoryPage, EntityListed, EntityPage, Published
from router.http.problems import another_waits, faulty_directory

router = APIRouter(tags=["directory"])

CACHED = {"Cache-Control": "public, max-age=60"}
NOT_YET = {"Cache-Control": "no-store"}


@router.put("/directory", responses=refusals(401, 403, 409, 412, 422, 503), openapi_extra=ONCE)
async def publish_directory(
    request: Request,
    response: Response,
    country: Annotated[JsonBody[Country], Body(openapi_examples={"small": {"value": example()}})],
    caller: Annotated[Caller, Depends(require(Role.ADMINISTRATOR))],
    seen: IfMatch,
) -> Published:
    """The whole directory as one document: checked whole, refused whole. Only what changed is told to the others."""
    state: Any = request.app.state
    publications: Publications = state.publications
    key = await read_command_key(request, caller.subject)
    who, now, cause = caller.subject, utc_now(), cause_of_request()
    try:
        answer = await publications.answers.once(
            key, lambda: publish(publications, state.items, country, who, now, cause, key, seen)
        )
    except Faulty as error:
        raise faulty_directory(list(error.faults)) from error
    except AnotherWaits as error:
        raise another_waits(error.version) from error
    except Overtaken as error:
        raise version_differs() from error
    except Conflict as error:
        raise changed_meanwhile() from error
    await state.directory.refresh()
    response.headers.update(etag(answer["version"]))
    return Published.model_validate(answer)


@router.get("/entities", responses=refusals(503))
async def list_entities(directory: InUse, response: Response) -> EntityPage:
    """Every entity, with its names."""
    entities = directory.country.entities if directory else ()
    response.headers.update(CACHED | etag(directory.version) if directory else NOT_YET)
    return EntityPage(
        items=[
            EntityListed.model_validate(entity.model_dump(include=set(EntityListed.model_fields)))
            for entity in entities
        ]
    )


@router.get("/categories", responses=refusals(503))
async def list_categories(directory: InUse, response: Response) -> CategoryPage:
    """The catalogue: headings and what is below them, with names."""
    categories = directory.country.categories if directory else ()
    response.headers.update(CACHED | etag(directory.version) if directory else NOT_YET)
    return CategoryPage(
        items=[
            CategoryListed(
                id=category.id,
                name=category.name,
                parent=category.parent,
                priority=category.priority,
                kinds=category.kinds,
                is_group=not category.entity and not category.entity_by_area and not category.elsewhere,
                needs_place=bool(category.entity_by_area),
                description=category.description,
                keywords=Words.model_validate(category.words.model_dump()),
                questions=tuple(CategoryQuestion.model_validate(each.model_dump()) for each in category.questions),
                elsewhere=Elsewhere.model_validate(category.elsewhere.model_dump()) if category.elsewhere else None,
                publication=category.publication,
                needs_evidence=category.needs_evidence,
            )
            for category in categories
        ]
    )
