"""Commands on the templates of answers that an entity keeps for itself. Each raises a Refusal."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from shared.events.envelope import Cause
from shared.events.model import Identifier, Name, Role
from shared.http.auth import Caller
from shared.http.commands import CommandKey, SeenVersions, answer_once, differs
from shared.storage.aggregates import Conflict, Decision, StoredAggregate

from router.access.policy import AccessDenied, NotVisible
from router.answer_templates.model import unknown_placeholders
from router.answer_templates.store import MOST, EntityTemplate, EntityTemplates
from router.cases.model import Refusal
from router.casework.errors import ChangedMeanwhile, DirectoryMissing, LimitReached, UnknownCategory, VersionDiffers
from router.directory.model import AnswerTemplate, AnswerText
from router.directory.snapshot import Directory


class UnknownPlaceholder(Refusal):
    """Nothing is filled in for this placeholder."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class TooManyTemplates(LimitReached):
    """An entity keeps at most this many templates."""


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


@dataclass(frozen=True)
class TemplateCommand:
    """One command of `caller`, who leads an entity, on its template `id`."""

    id: str
    caller: Caller
    templates: EntityTemplates
    current_directory: Directory | None
    seen_version: SeenVersions
    key: CommandKey | None
    cause: Cause
    now: datetime


def writes_for(caller: Caller) -> str:
    """Return the entity whose templates the caller writes. Raises AccessDenied."""
    if not caller.has(Role.SUPERVISOR, Role.HEAD) or not caller.acts_for(caller.entity):
        raise AccessDenied("role")
    return str(caller.entity)


async def put_template(at: TemplateCommand, sent: WrittenTemplate) -> StoredAggregate[EntityTemplate]:
    """Write a template, new or in place of the one with this id."""
    entity = writes_for(at.caller)
    template = AnswerTemplate(id=at.id, name=sent.name, category=sent.category, text=sent.text)
    if at.current_directory is None:
        raise DirectoryMissing
    if sent.category is not None and sent.category not in at.current_directory.categories:
        raise UnknownCategory(sent.category)
    if unknown := unknown_placeholders(template):
        raise UnknownPlaceholder(unknown[0])
    stored = await at.templates.of_entity(entity)
    if len(stored) >= MOST and at.id not in {each.id for each in stored}:
        raise TooManyTemplates(MOST)
    return await _write(at, EntityTemplate(entity=entity, template=template, by=at.caller.subject))


async def remove_template(at: TemplateCommand) -> StoredAggregate[EntityTemplate]:
    """Keep the template, and offer it no longer."""
    return await _write(at, None)


async def _write(at: TemplateCommand, template: EntityTemplate | None) -> StoredAggregate[EntityTemplate]:
    """Store the template; None marks the stored one as removed."""
    entity = writes_for(at.caller)

    def decide(stored: StoredAggregate[EntityTemplate]) -> Decision[EntityTemplate]:
        if stored.state is not None and stored.state.entity != entity:
            raise NotVisible
        if differs(at.seen_version, stored.version):
            raise VersionDiffers
        if template is not None:
            return Decision(template)
        if stored.state is None or stored.state.removed:
            raise NotVisible
        return Decision(stored.state.model_copy(update={"removed": True, "by": at.caller.subject}))

    once, remember, _ = answer_once(at.key, decide, lambda stored: {"version": stored.version + 1})
    try:
        return await at.templates.change(at.id, once, at.now, at.cause, remember)
    except Conflict as error:
        raise ChangedMeanwhile from error
