"""Templates of answers that an entity keeps for itself, beside those of the directory."""

from pydantic import BaseModel
from pymongo.asynchronous.collection import AsyncCollection
from shared.storage.aggregates import Aggregates, Document, StoredAggregate

from router.cases.store import SOURCE
from router.directory.model import AnswerTemplate

ENTITY_TEMPLATES = "entity_templates"
MOST = 200
"""Of one entity."""


class EntityTemplate(BaseModel):
    """`by`: who wrote it last. One that was removed is kept, and offered to nobody."""

    entity: str
    template: AnswerTemplate
    by: str
    removed: bool = False


class EntityTemplates(Aggregates[EntityTemplate]):
    """Under their own ids (UUIDs)."""

    def __init__(self, collection: AsyncCollection[Document]) -> None:
        super().__init__(collection, EntityTemplate, SOURCE)

    async def ensure_indexes(self) -> None:
        await super().ensure_indexes()
        await self.collection.create_index(["state.entity", "state.removed"], name="of_an_entity")

    async def of_entity(self, entity: str | None) -> list[StoredAggregate[EntityTemplate]]:
        """List the templates of an entity in the order of their Arabic names."""
        query = {"state.entity": entity, "state.removed": False}
        found = self.collection.find(query, {"outbox": 0}).sort("state.template.name.ar", 1).limit(MOST)
        return [self.read(document) async for document in found]
