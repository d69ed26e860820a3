"""An entity's own templates of answers: its officials use them, those who lead write them."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Identifier, Name, Role
from shared.http.auth import Caller, SignedIn, refuse
from shared.http.commands import IfMatch, answer_once, cause_of_request, differs, read_command_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import busy, changed_meanwhile, not_found, version_differs
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict, Decision, StoredAggregate

from router.answer_templates.model import unknown_placeholders
from router.answer_templates.store import MOST, EntityTemplate, EntityTemplates
from router.desk.api import etag
from router.directory.model import AnswerTemplate, AnswerText
from router.http.dependencies import in_use
from router.http.problems import enough_templates, unknown_category, unknown_placeholder

router = APIRouter(prefix="/templates", tags=["templates of answers"])

COMMAND = refusals(401, 403, 404, 409, 412, 422, 503)


class WrittenTemplate(BaseModel):
    """For the category and all below it, or for every one. `{reference}`, `{category}` and `{entity}` are filled in."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": {"ar": "شكر", "en": "Thanks"},
                    "category": "roads",
                    "text": {"ar": "شكرًا لكم. {reference}", "en": "Thank you. {reference}"},
                }
            ]
        },
    )

    name: Name
    category: Identifier | None = None
    text: AnswerText


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


def the_templates(request: Request) -> EntityTemplates:
    return cast(EntityTemplates, request.app.state.templates)


TheTemplates = Annotated[EntityTemplates, Depends(the_templates)]


class TemplateDesk:
    """One command of somebody who leads an entity, on one of its templates."""

    def __init__(
        self,
        id: UUID,
        request: Request,
        response: Response,
        caller: SignedIn,
        templates: TheTemplates,
        seen_version: IfMatch,
    ) -> None:
        self.id, self.request, self.response = str(id), request, response
        self.caller, self.templates, self.seen_version = caller, templates, seen_version

    @property
    def entity(self) -> str:
        """Raises a counted 403 for who does not write templates."""
        return writes_for(self.caller)

    async def carry_out(self, state: EntityTemplate | None) -> StoredAggregate[EntityTemplate]:
        """Write it, or (None) remove what is there."""
        entity, now = self.entity, utc_now()

        def decide(kept: StoredAggregate[EntityTemplate]) -> Decision[EntityTemplate]:
            if kept.state is not None and kept.state.entity != entity:
                raise not_found()
            if differs(self.seen_version, kept.version):
                raise version_differs()
            if state is not None:
                return Decision(state)
            if kept.state is None or kept.state.removed:
                raise not_found()
            return Decision(kept.state.model_copy(update={"removed": True, "by": self.caller.subject}))

        asks_once = "idempotency-key" in self.request.headers  # a form, whose body is read already, has its version
        key = await read_command_key(self.request, self.caller.subject) if asks_once else None
        once, remember, _ = answer_once(key, decide, lambda kept: {"version": kept.version + 1})
        try:
            written = await self.templates.change(self.id, once, now, cause_of_request(), remember)
        except Conflict as error:
            raise changed_meanwhile() from error
        self.response.headers.update(etag(written.version))
        return written


AtTemplates = Annotated[TemplateDesk, Depends()]


def writes_for(caller: Caller) -> str:
    """The entity whose templates the caller writes. Raises a counted 403."""
    if not caller.has(Role.SUPERVISOR, Role.HEAD) or not caller.acts_for(caller.entity):
        raise refuse("role")
    return str(caller.entity)


@router.get("", responses=refusals(401, 403, 422, 503))
async def list_templates(caller: SignedIn, templates: TheTemplates) -> KeptTemplates:
    """What the own entity keeps; those of the directory are for everybody beside."""
    if not caller.acts_for(caller.entity):
        raise refuse("role")
    return KeptTemplates(items=[KeptTemplate.of(kept) for kept in await templates.of_entity(caller.entity)])


@router.put("/{id}", responses=COMMAND, openapi_extra=ONCE)
async def put_template(body: JsonBody[WrittenTemplate], desk: AtTemplates) -> KeptTemplate:
    """Write a template, new or instead of the one with this id."""
    entity = desk.entity
    template = AnswerTemplate(id=desk.id, name=body.name, category=body.category, text=body.text)
    directory = in_use(desk.request)
    if directory is None:
        raise busy()
    if body.category is not None and body.category not in directory.categories:
        raise unknown_category(body.category)
    if unknown := unknown_placeholders(template):
        raise unknown_placeholder(unknown[0])
    kept = await desk.templates.of_entity(entity)
    if len(kept) >= MOST and desk.id not in {each.id for each in kept}:
        raise enough_templates(MOST)
    state = EntityTemplate(entity=entity, template=template, by=desk.caller.subject)
    return KeptTemplate.of(await desk.carry_out(state))


@router.delete("/{id}", status_code=204, responses=COMMAND, openapi_extra=ONCE)
async def remove_template(desk: AtTemplates) -> None:
    """It is offered to nobody any more."""
    await desk.carry_out(None)
