"""Stores published rulebooks, each as a document that is never changed."""

from collections.abc import Sequence

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError
from shared.http.commands import CommandKey
from shared.http.idempotency_store import IdempotencyStore, answer_fields
from shared.storage.aggregates import Conflict, Document

from sla_monitor.calendars.rulebook import Rulebook

RULEBOOKS = "rulebooks"


def stored(rulebook: Rulebook) -> Document:
    """Serialise a rulebook without fields that have their default.

    Definitions refuse unknown fields, and the previous version of the code must be able to read a rulebook that uses
    nothing new; otherwise a rollback would leave it without rules. A default that changes must therefore be written
    out.
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
        """Raises Conflict where another rulebook got this version first, or this very command published it."""
        document = {"_id": rulebook.version, "rulebook": stored(rulebook), **answer_fields(key, answer)}
        try:
            await self.collection.insert_one(document)
        except DuplicateKeyError as error:
            raise Conflict("rulebooks: another was published meanwhile") from error
