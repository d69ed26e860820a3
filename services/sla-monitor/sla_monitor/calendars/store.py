"""The published rulebooks, each a document that is never changed."""

from collections.abc import Sequence

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError
from shared.http.commands import CommandKey
from shared.http.idempotency_store import IdempotencyStore, answer_fields
from shared.storage.aggregates import Conflict, Document

from sla_monitor.calendars.rulebook import Rulebook

RULEBOOKS = "rulebooks"


def stored(rulebook: Rulebook) -> Document:
    """What somebody has said, without what holds where nothing is said.

    Definitions refuse fields that they do not know, and the version before must be able to read what uses nothing new:
    without its rules it would stand still when it is rolled back to. A default that were to change must be written.
    """
    return rulebook.model_dump(mode="json", exclude_defaults=True)


class RulebookStore:
    def __init__(self, rulebooks: AsyncCollection[Document]) -> None:
        self.collection = rulebooks
        self.answers = IdempotencyStore(rulebooks)

    async def ensure_indexes(self) -> None:
        await self.answers.ensure_indexes()

    async def after(self, version: int) -> Sequence[Rulebook]:
        found = self.collection.find({"_id": {"$gt": version}}, sort=[("_id", 1)])
        return [Rulebook.model_validate(document["rulebook"]) async for document in found]

    async def publish(self, rulebook: Rulebook, key: CommandKey | None, answer: Document | None = None) -> None:
        """Raises Conflict where another rulebook took this version first, or this command published it."""
        document = {"_id": rulebook.version, "rulebook": stored(rulebook), **answer_fields(key, answer)}
        try:
            await self.collection.insert_one(document)
        except DuplicateKeyError as error:
            raise Conflict("rulebooks: another was published meanwhile") from error
