"""Endpoints of an entity's own templates of answers: its officials use them, supervisors and heads write them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from shared.http.auth import SignedIn, refuse
from shared.http.commands import IfMatch, cause_of_request, read_command_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate

from router.answer_templates import commands
from router.answer_templates.commands import TemplateCommand, WrittenTemplate
from router.answer_templates.store import EntityTemplate
from router.http.dependencies import TheTemplates, etag, in_use

router = APIRouter(prefix="/templates", tags=["templates of answers"])

COMMAND = refusals(401, 403, 404, 409, 412, 422, 503)


class KeptTemplate(WrittenTemplate):
    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "id": "0b9f7d3e-6c1c-4a51-9c59-0a3c1f2f9b10",
                    "version": 1,
                    "entity": "works",
                    "by": "supervisor.works",
                    "name": {"ar": "شكر", "en": "Thanks"},
                    "text": {"ar": "شكرًا لكم. {reference}", "en": "Thank you. {reference}"},
                }
            ]
        },
    )

    id: str
    version: int
    entity: str
    by: str = Field(description="who wrote it last")

    @classmethod
    def of(cls, kept: StoredAggregate[EntityTemplate]) -> "KeptTemplate":
        assert kept.state is not None
        template = kept.state.template
        return cls(
            id=kept.id,
            version=kept.version,
            entity=kept.state.entity,
            by=kept.state.by,
            name=template.name,
            category=template.category,
            text=template.text,
        )


class KeptTemplates(BaseModel):
    items: list[KeptTemplate]
    next_cursor: str | None = None


async def template_command(
    id: UUID, request: Request, caller: SignedIn, templates: TheTemplates, seen_version: IfMatch
) -> TemplateCommand:
    key = await read_command_key(request, caller.subject)
    directory = in_use(request)
    return TemplateCommand(str(id), caller, templates, directory, seen_version, key, cause_of_request(), utc_now())


OnTemplate = Annotated[TemplateCommand, Depends(template_command)]


@router.get("", responses=refusals(401, 403, 422, 503))
async def list_templates(caller: SignedIn, templates: TheTemplates) -> KeptTemplates:
    """List the templates of the own entity. Those of the directory are for everybody and stand there."""
    if not caller.acts_for(caller.entity):
        raise refuse("role")
    return KeptTemplates(items=[KeptTemplate.of(kept) for kept in await templates.of_entity(caller.entity)])


@router.put("/{id}", responses=COMMAND, openapi_extra=ONCE)
async def put_template(body: JsonBody[WrittenTemplate], command: OnTemplate, response: Response) -> KeptTemplate:
    """Write a template, new or instead of the one with this id."""
    written = await commands.put_template(command, body)
    response.headers.update(etag(written.version))
    return KeptTemplate.of(written)


@router.delete("/{id}", status_code=204, responses=COMMAND, openapi_extra=ONCE)
async def remove_template(command: OnTemplate, response: Response) -> None:
    """It is offered to nobody any more."""
    removed = await commands.remove_template(command)
    response.headers.update(etag(removed.version))
